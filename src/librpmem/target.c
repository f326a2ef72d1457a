/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * target.c -- parsing of target strings; see target.h
 */
#include "librpmem/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/err.h"
#include "oob/chan.h"

#define SCHEME "tcp://"

static int
bad(const char *text, const char *why)
{
	return err_set(-EINVAL,
		"target '%s': %s; expected tcp://[identity@]node[:port] or "
		"tcp://[identity@][ipv6][:port]",
		text, why);
}

static int
take(char *to, size_t size, const char *from, size_t len, const char *text)
{
	if (len >= size)
		return bad(text, "node or identity is too long");
	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

static int
take_port(const char *digits, const char *text, uint16_t *port_out)
{
	uint64_t port = 0;
	if (parse_u64(digits, 1, UINT16_MAX, &port) < 0)
		return bad(text, "the port is not a number from 1 to 65535");
	*port_out = (uint16_t)port;
	return 0;
}

/* "node", "node:port", "[v6]" or "[v6]:port" */
static int
take_address(const char *addr, struct target *t)
{
	const char *node = addr;
	const char *end = NULL;
	const char *rest = NULL;
	if (addr[0] == '[') {
		node = addr + 1;
		end = strchr(node, ']');
		if (end == NULL)
			return bad(t->text, "'[' without ']'");
		rest = end + 1;
	} else {
		/* two colons and more: a bare IPv6 address without a port */
		const char *colon = strchr(addr, ':');
		if (colon != NULL && strchr(colon + 1, ':') != NULL)
			colon = NULL;
		end = colon != NULL ? colon : addr + strlen(addr);
		rest = end;
	}
	if (end == node)
		return bad(t->text, "the node is missing");
	int rc = take(
		t->node, sizeof(t->node), node, (size_t)(end - node), t->text);
	if (rc < 0 || rest[0] == '\0')
		return rc;
	if (rest[0] != ':')
		return bad(t->text, "text after ']'");
	return take_port(rest + 1, t->text, &t->port);
}

int
target_parse(const char *text, struct target *target_out)
{
	struct target t = {.port = CHAN_DEFAULT_PORT};
	if (strlen(text) >= sizeof(t.text))
		return err_set(-EINVAL, "target '%.64s...' is too long", text);
	memcpy(t.text, text, strlen(text) + 1);
	if (text[0] == '\0')
		return bad(text, "the node is missing");
	if (strncmp(text, SCHEME, strlen(SCHEME)) != 0)
		return err_set(-ENOTSUP,
			"target '%s': only targets of the form "
			"tcp://[identity@]node[:port] are spoken; ssh targets "
			"are not",
			text);
	const char *addr = text + strlen(SCHEME);
	const char *at = strrchr(addr, '@');
	int rc = 0;
	if (at != NULL) {
		if (at == addr)
			return bad(text, "the identity before '@' is missing");
		rc = take(t.identity, sizeof(t.identity), addr,
			(size_t)(at - addr), text);
		addr = at + 1;
	}
	if (rc == 0)
		rc = take_address(addr, &t);
	if (rc == 0)
		*target_out = t;
	return rc;
}
