/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sdnotify.c -- see sdnotify.h
 *
 * The protocol of sd_notify(3) is one datagram; a library for it would be
 * the larger part.  A name that begins with '@' is in the abstract
 * namespace, where the first byte is NUL and the length counts.
 */
#include "rpmemd/sdnotify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"

int
sdnotify(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	if (name == NULL || name[0] == '\0')
		return 0;

	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	if ((name[0] != '/' && name[0] != '@') || len >= sizeof(un.sun_path))
		return err_set(-EINVAL,
			"NOTIFY_SOCKET is '%.200s': expected an absolute path "
			"or '@NAME'",
			name);
	memcpy(un.sun_path, name, len);
	if (name[0] == '@')
		un.sun_path[0] = '\0';

	CLEANUP(closep) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
		sendto(fd, state, strlen(state), MSG_NOSIGNAL,
			(struct sockaddr *)&un,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    len)) < 0)
		return err_sys(-errno, "cannot notify '%s'", name);
	return 0;
}
