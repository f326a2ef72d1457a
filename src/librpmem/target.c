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
		"target '%s': %s; expected [user@]node[:port] for ssh or "
		"tcp://[identity@]node[:port] for a listening rpmemd; an IPv6 "
		"address with a port goes in brackets",
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

/* what stands before the '@' at `at`; NULL: nothing does */
static int
take_name(const char *addr, const char *at, char *to, size_t size,
	const char *text)
{
	if (at == NULL)
		return 0;
	if (at == addr)
		return bad(text, "the name before '@' is missing");
	return take(to, size, addr, (size_t)(at - addr), text);
}

static int
parse_tcp(const char *addr, struct target *t)
{
	const char *at = strrchr(addr, '@');
	t->kind = TARGET_TCP;
	t->port = CHAN_DEFAULT_PORT;
	int rc = take_name(addr, at, t->identity, sizeof(t->identity), t->text);
	return rc < 0 ? rc : take_address(at != NULL ? at + 1 : addr, t);
}

static int
parse_ssh(const char *addr, struct target *t)
{
	const char *at = strchr(addr, '@');
	t->kind = TARGET_SSH;
	int rc = take_name(addr, at, t->user, sizeof(t->user), t->text);
	if (rc == 0)
		rc = take_address(at != NULL ? at + 1 : addr, t);
	/* ssh would take it for an option */
	if (rc == 0 && (t->user[0] == '-' || t->node[0] == '-'))
		return bad(t->text, "a name may not begin with '-'");
	return rc;
}

int
target_parse(const char *text, struct target *target_out)
{
	struct target t = {.port = 0};
	int rc = 0;
	if (strlen(text) >= sizeof(t.text))
		return err_set(-EINVAL, "target '%.64s...' is too long", text);
	memcpy(t.text, text, strlen(text) + 1);
	if (strncmp(text, SCHEME, strlen(SCHEME)) == 0)
		rc = parse_tcp(text + strlen(SCHEME), &t);
	else if (strstr(text, "://") != NULL)
		rc = err_set(-ENOTSUP,
			"target '%s': only tcp:// is known before a node",
			text);
	else
		rc = parse_ssh(text, &t);
	if (rc == 0)
		*target_out = t;
	return rc;
}
