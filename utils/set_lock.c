/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_lock.c -- see set_lock.h
 */
#include "set_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/err.h"

#define TRIES_MAX 100u

/* An edit gives the name to another file: a lock on the one before it keeps
 * nobody out. */
static bool
has_name(int fd, const char *path)
{
	struct stat mine;
	struct stat now;
	return fstat(fd, &mine) != 0 || stat(path, &now) != 0 ||
	       (mine.st_dev == now.st_dev && mine.st_ino == now.st_ino);
}

int
set_lock(const char *path, int *fd_out)
{
	*fd_out = -1;
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		closep(fd_out);
		*fd_out = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (*fd_out < 0)
			return 0;
		if (flock(*fd_out, LOCK_EX | LOCK_NB) != 0) {
			if (errno == EWOULDBLOCK)
				break;
			return 0;
		}
		if (has_name(*fd_out, path))
			return 0;
	}
	return err_set(-EBUSY,
		"another rpmem sync, rm or set of '%s' is at work: let it "
		"end, and try again",
		path);
}
