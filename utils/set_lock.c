/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_lock.c -- see set_lock.h
 */
#include "set_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/err.h"

int
set_lock(const char *path, int *fd_out)
{
	*fd_out = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd_out < 0 || flock(*fd_out, LOCK_EX | LOCK_NB) == 0 ||
		errno != EWOULDBLOCK)
		return 0;
	return err_set(-EBUSY,
		"another rpmem sync or rpmem rm of '%s' is at work: let it "
		"end, and try again",
		path);
}
