/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statelock.c -- see statelock.h
 */
#include "librpmem/statelock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/stdfds.h"

#define OPEN_TRIES 8u
#define AGAIN 2

static int
check_ours(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return err_set(-EACCES,
			"state file '%s' is no regular file: move it away",
			path);
	if (st->st_uid != geteuid())
		return err_set(-EACCES,
			"state file '%s' belongs to user %u, not to user %u: "
			"chown it, or set RPMEM_STATE_DIR to a directory of "
			"your own",
			path, (unsigned)st->st_uid, (unsigned)geteuid());
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 || st->st_nlink > 1)
		return err_set(-EACCES,
			"state file '%s': others may write to it, or it has "
			"another name too: chmod 600 it, or move it away",
			path);
	return 0;
}

/* open, lock, check; AGAIN: it was unlinked meanwhile */
static int
try_open(int dirfd, const char *name, const char *path, int *fd,
	uint64_t *size_out)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct stat st;
	closep(fd);
	*fd = stdfds_keep_off(openat(dirfd, name,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
			O_NOCTTY,
		0600));
	if (*fd < 0)
		return err_sys(-errno, "state file '%s': cannot open it", path);
	if (fcntl(*fd, F_OFD_SETLK, &lock) != 0)
		return errno == EAGAIN || errno == EACCES
			       ? STATELOCK_BUSY
			       : err_sys(-errno,
					 "state file '%s': cannot lock it",
					 path);
	if (fstat(*fd, &st) != 0)
		return err_sys(
			-errno, "state file '%s': cannot look at it", path);
	if (st.st_nlink == 0)
		return AGAIN;
	*size_out = (uint64_t)st.st_size;
	return check_ours(path, &st);
}

int
statelock_open(int dirfd, const char *name, const char *path, int *fd_out,
	uint64_t *size_out)
{
	int rc = AGAIN;
	*fd_out = -1;
	for (unsigned i = 0; i < OPEN_TRIES && rc == AGAIN; i++)
		rc = try_open(dirfd, name, path, fd_out, size_out);
	if (rc == AGAIN)
		rc = err_set(-EBUSY, "state file '%s': others keep removing it",
			path);
	/* one that is busy is left open, to be looked at */
	if (rc < 0)
		closep(fd_out);
	return rc;
}

void
statelock_close(int *fd)
{
	struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	if (*fd >= 0)
		(void)fcntl(*fd, F_OFD_SETLK, &lock);
	closep(fd);
}
