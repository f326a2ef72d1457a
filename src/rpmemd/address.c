/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * address.c -- see address.h
 *
 * Pure text work.  A bare IPv6 address is refused, since "::1:7636" is an
 * address as well as an address with a port.  There is no word for "every
 * address": whoever wants to be reached from everywhere writes 0.0.0.0 or
 * [::] and sees what he writes.
 */
#include "rpmemd/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/err.h"

static int
bad(const char *text, const char *what)
{
	return err_set(-EINVAL,
		"listen address '%.300s': %s; expected HOST, HOST:PORT or "
		"[IPV6]:PORT",
		text, what);
}

/* no blank, control or wildcard character can be part of a host */
static bool
is_host(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)s[i]) ||
			strchr("*[]/", s[i]) != NULL)
			return false;
	return len != 0 && len < ADDRESS_HOST_MAX;
}

int
address_parse(const char *text, uint16_t port, struct address *out)
{
	const char *host = text;
	const char *end = text + strcspn(text, ":");
	const char *rest = end;

	if (text[0] == '[') {
		host = text + 1;
		end = host + strcspn(host, "]");
		if (*end == '\0')
			return bad(text, "']' is missing");
		rest = end + 1;
	}
	if (*rest != '\0' && *rest != ':')
		return bad(text, "garbage after ']'");
	if (*rest == ':' && strchr(rest + 1, ':') != NULL)
		return bad(text,
			text[0] == '[' ? "bad port"
				       : "an IPv6 address stands in brackets");
	if (end - host == 1 && *host == '*')
		return bad(text,
			"a host is required (0.0.0.0 or [::] stands for "
			"every address of this machine)");
	if (!is_host(host, (size_t)(end - host)))
		return bad(text, end == host ? "no host" : "bad host");

	uint64_t n = port;
	if (*rest == ':' && parse_u64(rest + 1, 0, UINT16_MAX, &n) < 0)
		return bad(text, "the port is not a number from 0 to 65535");

	memcpy(out->host, host, (size_t)(end - host));
	out->host[end - host] = '\0';
	out->port = (uint16_t)n;
	return 0;
}

static struct sockaddr_in
v4(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	memcpy(&in, sa, sizeof(in));
	return in;
}

static struct sockaddr_in6
v6(const struct sockaddr *sa)
{
	struct sockaddr_in6 in6;
	memcpy(&in6, sa, sizeof(in6));
	return in6;
}

void
address_format(const struct sockaddr *sa, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in = v4(sa);
		(void)inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
		(void)snprintf(
			buf, size, "%s:%u", text, (unsigned)ntohs(in.sin_port));
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6 = v6(sa);
		char scope[16] = "";
		if (in6.sin6_scope_id != 0)
			(void)snprintf(scope, sizeof(scope), "%%%u",
				(unsigned)in6.sin6_scope_id);
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof(text));
		(void)snprintf(buf, size, "[%s%s]:%u", text, scope,
			(unsigned)ntohs(in6.sin6_port));
	} else {
		(void)snprintf(buf, size, "unknown address");
	}
}

uint16_t
address_port(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return ntohs(v4(sa).sin_port);
	if (sa->sa_family == AF_INET6)
		return ntohs(v6(sa).sin6_port);
	return 0;
}

bool
address_is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return ntohl(v4(sa).sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (sa->sa_family != AF_INET6)
		return false;
	struct sockaddr_in6 in6 = v6(sa);
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		return in6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}
