/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * status_read.c -- the set and its primary, as files
 */
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "copy_set.h"
#include "pool/dirset.h"
#include "pool/hdr.h"
#include "pool/inspect.h"
#include "setfile.h"

static int
read_text(int fd, const char *path, char **text_out, size_t *len_out)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return err_sys(-errno, "pool set '%s'", path);
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)POOLSET_TEXT_MAX)
		return err_set(-EINVAL,
			"'%s' is no pool set file: replicas are named in one",
			path);
	CLEANUP(freep) char *text = malloc((size_t)st.st_size + 1);
	if (text == NULL)
		return err_set(-ENOMEM, "no memory for pool set '%s'", path);
	ssize_t n = file_read_some(fd, text, (size_t)st.st_size, 0);
	if (n < 0)
		return err_sys((int)n, "cannot read pool set '%s'", path);
	*len_out = (size_t)n;
	*text_out = TAKE_PTR(text);
	return 0;
}

static int
cannot_open(int rc, const char *path)
{
	char word[SHELL_WORD_MAX];
	if (rc == -ENOENT)
		return err_set(rc,
			"there is no pool set '%.300s': rpmem set new %.400s "
			"writes one",
			path, shell_word(path, word));
	if (rc == -EACCES)
		return err_set(rc,
			"pool set '%s' may not be read: run this as the user "
			"who runs the pool's programs",
			path);
	return err_sys(rc, "cannot open pool set '%s'", path);
}

int
set_load(const char *path, struct poolset **set_out)
{
	CLEANUP(freep) char *text = NULL;
	size_t len = 0;
	CLEANUP(closep)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return cannot_open(-errno, path);
	int rc = read_text(fd, path, &text, &len);
	if (rc < 0)
		return rc;
	if (!poolset_is_set(text, len))
		return err_set(-EINVAL,
			"'%s' is no pool set file: replicas are named in one",
			path);
	return poolset_parse(text, len, path, set_out);
}

int
set_read(const char *path, struct poolset **set_out)
{
	char why[ERR_MAX];
	char word[SHELL_WORD_MAX];
	int rc = set_load(path, set_out);
	if (rc != -EINVAL)
		return rc;
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	return err_set(rc,
		"%.500s; rpmem set check %.400s shows all that is wrong in it",
		why, shell_word(path, word));
}

int
status_read_set(const char *path, struct poolset **set_out)
{
	char word[SHELL_WORD_MAX];
	char copy[COPY_SET_TEXT_MAX];
	int rc = set_read(path, set_out);
	if (rc == 0 && !poolset_has_remote(*set_out) &&
		copy_set_told(path, copy))
		return err_set(
			-EINVAL, "pool set '%.300s': %.1500s", path, copy);
	if (rc == 0 && !poolset_has_remote(*set_out))
		return err_set(-EINVAL,
			"pool set '%.300s' has no remote replica (a line "
			"REPLICA target name): rpmem set add-replica %.400s "
			"TARGET NAME adds one",
			path, shell_word(path, word));
	return rc;
}

/* a symbolic link is as good as what it leads to: libpmemobj follows it */
static int
read_header(const char *path, struct hdr *hdr_out)
{
	uint8_t bytes[HDR_SIZE];
	CLEANUP(closep)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(-errno, "pool part '%s': cannot open it", path);
	int rc = file_read_all(fd, bytes, sizeof(bytes), 0);
	if (rc < 0)
		return err_sys(
			rc, "pool part '%s': cannot read its header", path);
	rc = hdr_decode(bytes, hdr_out);
	if (rc == HDR_EMPTY)
		return err_set(-ENOENT,
			"pool part '%s': there is no pool in it yet", path);
	return rc < 0 ? err_wrap(rc, "pool part '%s'", path) : 0;
}

int
status_read_primary(struct poolset *set, struct primary *primary_out)
{
	struct hdr hdr;
	int rc = dirset_resolve(set);
	if (rc == 0 && (set->options & POOLSET_F_NOHDRS) != 0)
		rc = err_set(-ENOTSUP,
			"a set with OPTION NOHDRS does not say whose copies "
			"its replicas are");
	if (rc == 0)
		rc = dirset_check(&set->replicas[0]);
	if (rc == 0)
		rc = read_header(set->replicas[0].parts[0].path, &hdr);
	if (rc < 0)
		return rc;
	memcpy(primary_out->poolset_uuid, hdr.poolset_uuid, UUID16_LEN);
	memcpy(primary_out->uuid, hdr.uuid, UUID16_LEN);
	hdr_attr(&hdr, &primary_out->attr);
	return 0;
}

int
parts_look(const struct poolset *set, struct parts *parts_out)
{
	struct inspect in;
	const struct poolset_replica *rep = &set->replicas[0];
	*parts_out = (struct parts){0};
	int rc = inspect_replica(set->options, rep, &in);
	if (rc < 0)
		return rc;
	parts_out->n = in.nparts;
	parts_out->nbad = in.nbad;
	for (unsigned i = 0; in.nbad != 0 && i < in.nparts; i++)
		if (in.parts[i].is != PART_GOOD) {
			inspect_text(&in, i, parts_out->what);
			break;
		}
	inspect_free(&in);
	return 0;
}

int
part_error(int rc, const char *set)
{
	char why[ERR_MAX];
	char word[SHELL_WORD_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	return err_set(rc,
		"%.500s; rpmem check %.400s tells what is wrong with the "
		"pool's parts, and what to do",
		why, shell_word(set, word));
}
