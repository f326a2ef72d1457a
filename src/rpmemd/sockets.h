/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sockets.h -- the listening sockets of one HOST:PORT
 */
#ifndef RPMEM_RPMEMD_SOCKETS_H
#define RPMEM_RPMEMD_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "rpmemd/address.h"

#define SOCKETS_MAX 16

struct sockets {
	unsigned n;
	int fd[SOCKETS_MAX]; /* owned, non-blocking */
	struct sockaddr_storage addr[SOCKETS_MAX];
	uint16_t port; /* the real one, the same on all of them */
};

/*
 * sockets_open -- listen on every address the host has
 *
 * The first address must work, unless this machine lacks its family; a later
 * one that does not is logged and left out.
 *
 * Returns 0, or with a message: -EADDRNOTAVAIL the name does not resolve or
 * has no address of this machine, -EADDRINUSE, -EACCES, ...
 */
NODISCARD int sockets_open(const struct address *at, struct sockets *s_out);

/* "127.0.0.1:7636 and [::1]:7636" */
void sockets_text(const struct sockets *s, char *buf, size_t size);

/* can other machines reach one of them? */
bool sockets_beyond_loopback(const struct sockets *s);

/* a second call is fine */
void sockets_close(struct sockets *s);

#endif
