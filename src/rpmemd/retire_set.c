/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * retire_set.c -- the set file of a copy that is set aside
 *
 * It names the parts as they will be called, and is written before they are
 * renamed: a set file whose parts are not there is dropped by the next
 * attempt, parts that no set file names would be nobody's.
 */
#include "rpmemd/retire_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "poolset/poolset.h"
#include "rpmemd/pooldir.h"

static int
add_suffix(struct poolset_replica *rep)
{
	for (unsigned i = 0; i < rep->nparts; i++) {
		char *path = NULL;
		if (asprintf(&path, "%s" POOLDIR_OLD_SUFFIX,
			    rep->parts[i].path) < 0)
			return err_set(-ENOMEM, "no memory");
		free(rep->parts[i].path);
		rep->parts[i].path = path;
	}
	return 0;
}

/* complete or not there: half a set file could not be dropped again */
static int
write_file(int dir, const char *name, const char *text)
{
	char tmp[OOB_DESC_MAX + 32];
	(void)snprintf(tmp, sizeof(tmp), "%s~", name);
	CLEANUP(closep)
	int fd = openat(
		dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	if (fd >= 0)
		errno = 0;
	retire_step();
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || fsync(fd) != 0 ||
		renameat(dir, tmp, dir, name) != 0 || fsync(dir) != 0) {
		int rc = errno != 0 ? -errno : -EIO;
		(void)unlinkat(dir, tmp, 0);
		return err_sys(rc, "cannot write '%s'", name);
	}
	retire_step();
	return 0;
}

/* is the pool a file without a set, whose new name is all that is needed? */
static bool
is_own_set(const struct rpmemd_cfg *cfg, const char *old,
	const struct poolset *set)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", cfg->poolset_dir, old);
	return n > 0 && (size_t)n < sizeof(path) &&
	       strcmp(set->replicas[0].parts[0].path, path) == 0;
}

int
retire_restore_set(int dirfd, const struct poolset *set, const char *name)
{
	CLEANUP(freep) char *text = NULL;
	const char *base = NULL;
	CLEANUP(closep) int dir = pooldir_parent(dirfd, name, &base);
	if (dir < 0)
		return dir;
	int rc = poolset_format(set, &text);
	return rc < 0 ? rc : write_file(dir, base, text);
}

int
retire_write_set(
	const struct rpmemd_cfg *cfg, const char *desc, const char *old)
{
	struct poolset *set = NULL;
	CLEANUP(freep) char *text = NULL;
	const char *base = NULL;
	CLEANUP(closep)
	int dir = pooldir_parent(cfg->poolset_dirfd, old, &base);
	if (dir < 0)
		return dir;
	int rc = pooldir_load(cfg->poolset_dirfd, cfg->poolset_dir, desc, &set);
	if (rc == 0)
		rc = add_suffix(&set->replicas[0]);
	if (rc == 0 && !is_own_set(cfg, old, set)) {
		rc = poolset_format(set, &text);
		if (rc == 0)
			rc = write_file(dir, base, text);
	}
	poolset_free(set);
	return rc;
}
