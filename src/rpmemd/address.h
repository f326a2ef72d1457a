/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * address.h -- HOST[:PORT] as text, socket addresses as text
 */
#ifndef RPMEM_RPMEMD_ADDRESS_H
#define RPMEM_RPMEMD_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/compiler.h"

#define ADDRESS_HOST_MAX 256 /* NUL included */
#define ADDRESS_TEXT_MAX 96  /* of address_format, NUL included */

struct address {
	char host[ADDRESS_HOST_MAX]; /* without brackets */
	uint16_t port;		     /* 0: any */
};

/*
 * address_parse -- HOST, HOST:PORT, [V6] or [V6]:PORT
 *
 * An IPv6 address stands in brackets.  Names are not resolved.
 *
 *   port   used when the text has none
 *
 * Returns 0, or -EINVAL with a message
 */
NODISCARD int address_parse(
	const char *text, uint16_t port, struct address *out);

/* "127.0.0.1:7636", "[::1]:7636"; another family is "unknown address" */
void address_format(const struct sockaddr *sa, char *buf, size_t size);

/* host byte order; 0 for another family */
uint16_t address_port(const struct sockaddr *sa);

/* 127.0.0.0/8, ::1, or the former mapped into IPv6 */
bool address_is_loopback(const struct sockaddr *sa);

#endif
