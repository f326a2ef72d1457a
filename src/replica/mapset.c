/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mapset.c -- see mapset.h
 */
#include "replica/mapset.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "replica/chain.h"

static int
no_set(const char *path)
{
	return err_set(-EINVAL,
		"'%s' is not a pool set file: expected PMEMPOOLSET as its "
		"first line",
		path);
}

static int
read_text(const char *path, char **text_out, size_t *len_out)
{
	struct stat st;
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(-errno, "pool set '%s'", path);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)POOLSET_SIG_LEN ||
		st.st_size > (off_t)POOLSET_TEXT_MAX)
		return no_set(path);
	size_t len = (size_t)st.st_size;
	CLEANUP(freep) char *text = malloc(len);
	if (text == NULL)
		return err_set(-ENOMEM, "no memory for pool set '%s'", path);
	ssize_t n = pread(fd, text, len, 0);
	if (n != (ssize_t)len)
		return err_sys(n < 0 ? -errno : -EIO, "pool set '%s'", path);
	if (!poolset_is_set(text, len))
		return no_set(path);
	*len_out = len;
	*text_out = TAKE_PTR(text);
	return 0;
}

/* a pool that grows would need its replicas to grow with it */
static int
check_parts(const struct poolset_replica *rep)
{
	struct stat st;
	for (unsigned i = 0; i < rep->nparts; i++)
		if (stat(rep->parts[i].path, &st) == 0 && S_ISDIR(st.st_mode))
			return err_set(-ENOTSUP,
				"pool part '%s' is a directory: pools that "
				"grow cannot be mapped yet, name files",
				rep->parts[i].path);
	return 0;
}

static int
check(const struct poolset *set)
{
	int rc = poolset_check_local(set);
	if (rc == 0 && set->nreplicas > 1 + CHAIN_MAX)
		rc = err_set(-E2BIG, "%u replicas, at most %u are possible",
			set->nreplicas, 1 + CHAIN_MAX);
	for (unsigned i = 0; rc == 0 && i < set->nreplicas; i++)
		rc = check_parts(&set->replicas[i]);
	return rc;
}

int
mapset_read(const char *path, struct poolset **set_out)
{
	CLEANUP(freep) char *text = NULL;
	size_t len = 0;
	*set_out = NULL;
	if (path == NULL)
		return err_set(-EINVAL, "the path of the pool set is NULL");
	int rc = read_text(path, &text, &len);
	if (rc == 0)
		rc = poolset_parse(text, len, path, set_out);
	if (rc < 0)
		return rc;
	rc = check(*set_out);
	if (rc < 0) {
		poolset_free(*set_out);
		*set_out = NULL;
		return err_wrap(rc, "pool set '%s'", path);
	}
	return 0;
}

struct poolset
mapset_one(const struct poolset *set, unsigned idx)
{
	return (struct poolset){.options = set->options,
		.nreplicas = 1,
		.replicas = &set->replicas[idx]};
}
