/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * portfile.c -- see portfile.h
 *
 * Whoever waits for the file may read it at once, so it appears by rename.
 * At the end it is removed only if it still is the file that was written:
 * another listener, started on the same path, keeps its own.
 */
#include "rpmemd/portfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"

/* the port is no secret: mkostemp's 0600 would hide it from other accounts */
#define PORTFILE_MODE 0644

static int
fill(struct portfile *f, int fd, uint16_t port)
{
	struct stat st;
	if (dprintf(fd, "%u\n", (unsigned)port) < 0 ||
		fchmod(fd, PORTFILE_MODE) != 0 || fstat(fd, &st) != 0)
		return -errno;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return 0;
}

int
portfile_write(struct portfile *f, const char *path, uint16_t port)
{
	char tmp[PATH_MAX];
	int n = snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return err_sys(
			-ENAMETOOLONG, "cannot write port file '%.200s'", path);

	CLEANUP(closep) int fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return err_sys(-errno, "cannot write port file '%.600s'", path);
	int rc = fill(f, fd, port);
	if (rc == 0 && rename(tmp, path) != 0)
		rc = -errno;
	if (rc < 0) {
		(void)unlink(tmp);
		return err_sys(rc, "cannot write port file '%.600s'", path);
	}
	f->path = path;
	return 0;
}

void
portfile_remove(struct portfile *f)
{
	struct stat st;
	if (f->path != NULL && lstat(f->path, &st) == 0 &&
		st.st_dev == f->dev && st.st_ino == f->ino)
		(void)unlink(f->path);
	f->path = NULL;
}
