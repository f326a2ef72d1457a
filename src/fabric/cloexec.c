/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cloexec.c -- keep libfabric's descriptors out of programs that we exec
 *
 * libfabric 1.17 opens its sockets and epoll sets without close-on-exec.  An
 * inherited connection would keep the peer from seeing that we have died; an
 * inherited listening socket would keep the port.
 *
 * A queue tells the epoll set it waits on, and the kernel tells what is in
 * that set, with inode numbers: so exactly libfabric's own descriptors are
 * found, also while other threads open theirs.  What cannot be found that
 * way stays as it is: the writing end of the socket pair by which a queue
 * wakes its own epoll set.  It leads nowhere outside of this process, so a
 * program that inherits it can do no harm with it.
 */
#include "fabric/internal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void
set_flag(int fd)
{
	int flags = fcntl(fd, F_GETFD);
	if (flags >= 0 && !(flags & FD_CLOEXEC))
		(void)fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

/* a number that was closed and given out again is somebody else's */
static bool
same_file(int fd, uint64_t ino)
{
	struct stat st;
	return fstat(fd, &st) == 0 && st.st_ino == ino;
}

void
cloexec_queue(int epoll_fd)
{
	char line[256];
	(void)snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", epoll_fd);
	set_flag(epoll_fd);
	FILE *f = fopen(line, "re");
	if (f == NULL)
		return; /* no /proc: the flag is a courtesy */
	while (fgets(line, sizeof(line), f) != NULL) {
		int fd = -1;
		uint64_t ino = 0;
		const char *at = strstr(line, " ino:");
		/* tfd:  6 events: 19 data: 557...  pos:0 ino:a8a6 sdev:9 */
		if (at == NULL || sscanf(line, "tfd: %d", &fd) != 1 ||
			sscanf(at, " ino:%" SCNx64, &ino) != 1)
			continue;
		if (same_file(fd, ino))
			set_flag(fd);
	}
	(void)fclose(f);
}
