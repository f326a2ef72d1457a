/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sockets.c -- see sockets.h
 *
 * "localhost" commonly is 127.0.0.1 and ::1, and some hosts files list one of
 * them twice: each address gets a socket of its own, on the port that the
 * first one got.  IPv6 sockets take no IPv4 traffic, so that the two
 * families never compete for a port.
 */
#include "rpmemd/sockets.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"

#define BACKLOG 128

static void
set_port(struct sockaddr_storage *ss, uint16_t port)
{
	if (ss->ss_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, ss, sizeof(in));
		in.sin_port = htons(port);
		memcpy(ss, &in, sizeof(in));
	} else {
		struct sockaddr_in6 in6;
		memcpy(&in6, ss, sizeof(in6));
		in6.sin6_port = htons(port);
		memcpy(ss, &in6, sizeof(in6));
	}
}

/* a socket that listens; addr becomes what it is really bound to */
static int
listen_on(struct sockaddr_storage *addr, socklen_t len)
{
	static const int one = 1;
	char text[ADDRESS_TEXT_MAX];
	struct sockaddr *sa = (struct sockaddr *)addr;
	address_format(sa, text, sizeof(text));

	CLEANUP(closep)
	int fd = socket(addr->ss_family,
		SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd < 0)
		return err_sys(-errno, "cannot listen on %s", text);
	/* a restart need not wait for old connections to time out */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (addr->ss_family == AF_INET6)
		(void)setsockopt(
			fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, sa, len) != 0 || listen(fd, BACKLOG) != 0 ||
		getsockname(fd, sa, &len) != 0)
		return err_sys(-errno, "cannot listen on %s", text);
	return TAKE_FD(fd);
}

/* is the address's family missing here, rather than the address taken? */
static bool
is_absent(int rc)
{
	return rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL;
}

static bool
has_address(const struct sockets *s, const struct addrinfo *ai)
{
	struct sockaddr_storage ss = {0};
	memcpy(&ss, ai->ai_addr, ai->ai_addrlen);
	set_port(&ss, s->port);
	for (unsigned i = 0; i < s->n; i++)
		if (memcmp(&ss, &s->addr[i], ai->ai_addrlen) == 0)
			return true;
	return false;
}

static int
open_all(struct sockets *s, const struct addrinfo *list)
{
	int absent = 0;

	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		if (s->n == SOCKETS_MAX || has_address(s, ai))
			continue;
		struct sockaddr_storage *addr = &s->addr[s->n];
		memset(addr, 0, sizeof(*addr));
		memcpy(addr, ai->ai_addr, ai->ai_addrlen);
		if (s->n != 0)
			set_port(addr, s->port);
		int fd = listen_on(addr, ai->ai_addrlen);
		if (fd >= 0) {
			s->fd[s->n++] = fd;
			s->port = address_port((struct sockaddr *)addr);
		} else if (is_absent(fd)) {
			absent = fd;
		} else if (s->n == 0) {
			return fd;
		} else {
			LOG_WARN("%s: this address is left out", err_msg());
		}
	}
	return s->n == 0 ? absent : 0;
}

int
sockets_open(const struct address *at, struct sockets *s_out)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP};
	struct sockets s = {.port = at->port};
	struct addrinfo *list = NULL;
	char port[8];

	(void)snprintf(port, sizeof(port), "%u", (unsigned)at->port);
	int gai = getaddrinfo(at->host, port, &hints, &list);
	if (gai != 0)
		return err_set(-EADDRNOTAVAIL,
			"cannot listen on '%s': %s; name an address of this "
			"machine",
			at->host, gai_strerror(gai));
	int rc = open_all(&s, list);
	freeaddrinfo(list);
	if (rc < 0) {
		sockets_close(&s);
		return rc;
	}
	*s_out = s;
	return 0;
}

void
sockets_text(const struct sockets *s, char *buf, size_t size)
{
	size_t used = 0;
	buf[0] = '\0';
	for (unsigned i = 0; i < s->n && used < size; i++) {
		char one[ADDRESS_TEXT_MAX];
		address_format(
			(const struct sockaddr *)&s->addr[i], one, sizeof(one));
		(void)snprintf(buf + used, size - used, "%s%s",
			i == 0 ? "" : " and ", one);
		used += strlen(buf + used);
	}
}

bool
sockets_beyond_loopback(const struct sockets *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (!address_is_loopback((const struct sockaddr *)&s->addr[i]))
			return true;
	return false;
}

void
sockets_close(struct sockets *s)
{
	while (s->n > 0)
		closep(&s->fd[--s->n]);
}
