/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * setfile.c -- pool set files: read and written whole
 *
 * A file is written under another name, synced, and then given its own: a
 * program that opens the set meanwhile, and a machine that goes down, find
 * the old text or the new one.  What an interrupted run leaves is a file
 * NAME.tmp-XXXXXX, which nobody looks at.
 */
#include "setfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fileio.h"

#define TMP_SUFFIX ".tmp-XXXXXX"

void
settext_free(struct settext *t)
{
	freep(&t->p);
	t->len = 0;
}

static struct settext_origin
origin_of(const struct stat *st)
{
	return (struct settext_origin){.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtim};
}

static int
read_all(int fd, const char *path, struct settext *text_out)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return err_sys(-errno, "pool set '%s'", path);
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)POOLSET_TEXT_MAX)
		return err_set(-EINVAL,
			"'%s' is no pool set file: that is a text of at most "
			"16 MiB",
			path);
	size_t size = (size_t)st.st_size;
	CLEANUP(freep) char *p = malloc(size + 1);
	if (p == NULL)
		return err_set(-ENOMEM, "no memory for pool set '%s'", path);
	ssize_t n = file_read_some(fd, p, size, 0);
	if (n < 0)
		return err_sys((int)n, "cannot read pool set '%s'", path);
	p[n] = '\0';
	text_out->len = (size_t)n;
	text_out->p = TAKE_PTR(p);
	text_out->origin = origin_of(&st);
	return 0;
}

int
setfile_read(const char *path, struct settext *text_out)
{
	*text_out = (struct settext){.p = NULL};
	CLEANUP(closep)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return err_set(-ENOENT,
			"there is no pool set '%s': 'rpmem set new' makes one",
			path);
	if (fd < 0)
		return err_sys(-errno,
			"cannot open pool set '%s' (this is for who may read "
			"it)",
			path);
	return read_all(fd, path, text_out);
}

/* as open(2) would have made it; or as the one before it was */
static int
take_mode(int fd, const struct stat *before)
{
	mode_t mask = umask(0);
	(void)umask(mask);
	mode_t mode = before != NULL ? before->st_mode & 07777 : 0666 & ~mask;
	/* who may not give it away keeps it; the mode comes after, since a
	 * change of owner may clear bits of it */
	if (before != NULL)
		IGNORE(fchown(fd, before->st_uid, before->st_gid));
	return fchmod(fd, mode) == 0 ? 0 : -errno;
}

/* link(2) never replaces: somebody may have made the file meanwhile */
static int
give_name(const char *tmp, const char *path, bool replace)
{
	if (replace)
		return rename(tmp, path) == 0 ? 0 : -errno;
	if (link(tmp, path) != 0)
		return -errno;
	return unlink(tmp) == 0 ? 0 : -errno;
}

static int
write_named(const char *path, const struct settext *text,
	const struct stat *before, bool replace)
{
	char tmp[PATH_MAX + sizeof(TMP_SUFFIX)];
	(void)snprintf(tmp, sizeof(tmp), "%s" TMP_SUFFIX, path);
	CLEANUP(closep) int fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int rc = file_write_all(fd, text->p, text->len, 0);
	if (rc == 0)
		rc = take_mode(fd, before);
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	if (rc == 0)
		rc = give_name(tmp, path, replace);
	if (rc < 0)
		(void)unlink(tmp);
	return rc == 0 ? file_sync_parent(AT_FDCWD, path) : rc;
}

int
setfile_write(const char *path, const struct settext *text, bool replace)
{
	char real[PATH_MAX];
	struct stat st;
	bool is_there = stat(path, &st) == 0;
	if (is_there && !replace)
		return err_set(-EEXIST,
			"'%s' is there already and is left as it is: --force "
			"replaces it",
			path);
	if (is_there && !S_ISREG(st.st_mode))
		return err_set(-EINVAL,
			"'%s' is no regular file and is left as it is: name "
			"another one",
			path);
	if (strlen(path) >= PATH_MAX)
		return err_set(-ENAMETOOLONG, "'%.80s...' is too long", path);
	if (is_there && realpath(path, real) != NULL)
		path = real;
	int rc = write_named(path, text, is_there ? &st : NULL, is_there);
	if (rc == -EEXIST)
		return err_set(
			rc, "'%s' was made by somebody else meanwhile", path);
	return rc < 0 ? err_sys(rc,
				"cannot write pool set '%s' (name it in a "
				"directory that is there, has room, and that "
				"you may write to)",
				path)
		      : 0;
}

int
setfile_edit(
	const char *path, const struct settext *text, const struct settext *was)
{
	struct stat st;
	const struct settext_origin *o = &was->origin;
	if (stat(path, &st) != 0)
		return err_sys(-errno, "pool set '%s'", path);
	struct settext_origin now = origin_of(&st);
	if (now.ino != o->ino || now.size != o->size ||
		now.mtime.tv_sec != o->mtime.tv_sec ||
		now.mtime.tv_nsec != o->mtime.tv_nsec)
		return err_set(-ESTALE,
			"'%s' was changed by somebody else meanwhile, and is "
			"left as it is: try again",
			path);
	return setfile_write(path, text, true);
}
