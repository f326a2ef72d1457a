/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stdfds.c -- see stdfds.h
 */
#include "base/stdfds.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int
stdfds_hold(void)
{
	for (int std = STDIN_FILENO; std <= STDERR_FILENO; std++) {
		if (fcntl(std, F_GETFD) >= 0)
			continue;
		/* the lowest number that is free: this one */
		int way = std == STDIN_FILENO ? O_WRONLY : O_RDONLY;
		int fd = open("/dev/null", way);
		if (fd < 0)
			return -errno;
	}
	return 0;
}

int
stdfds_keep_off(int fd)
{
	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int error = errno;
	(void)close(fd);
	errno = error;
	return above;
}

static bool
is_of_network(int fd)
{
	int domain = AF_UNIX;
	socklen_t len = sizeof(domain);
	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       domain != AF_UNIX;
}

bool
stdfds_is_for_text(int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fstat(fd, &st) != 0)
		return false;
	if (S_ISSOCK(st.st_mode))
		return !is_of_network(fd);
	return (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) ||
	       (flags & O_APPEND) != 0 || (flags & O_ACCMODE) == O_WRONLY;
}
