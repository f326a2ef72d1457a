/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * peer.c -- see peer.h
 *
 * By ssh we know the addresses only from SSH_CONNECTION ("client port server
 * port").  The in-band listener is bound to the server's address of it; who
 * connects there has to bring the token, but may come from elsewhere: behind
 * a jump host the client of SSH_CONNECTION is the jump host.  Without that
 * variable (a launcher that is not ssh) every address is listened on, and the
 * initiator resolves the node's name.
 */
#include "rpmemd/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static void
describe(struct peer *p, const struct sockaddr_storage *addr)
{
	char host[64] = "?";
	char port[16] = "?";
	(void)getnameinfo((const struct sockaddr *)addr, sizeof(*addr), host,
		sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV);
	(void)snprintf(p->text, sizeof(p->text),
		addr->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

int
peer_of_tls(
	struct peer *p, struct tls *tls, const struct sockaddr_storage *addr)
{
	socklen_t len;
	*p = (struct peer){.has_key = true, .from = *addr};
	describe(p, addr);
	(void)snprintf(
		p->identity, sizeof(p->identity), "%s", tls_identity(tls));
	int rc = chan_init(&p->ch, tls, p->text);
	if (rc < 0) {
		tls_free(tls);
		return rc;
	}
	return chan_addr(&p->ch, 1, &p->local, &len);
}

static void
account_name(char *name, size_t size)
{
	struct passwd pw;
	struct passwd *found = NULL;
	char buf[4096];
	if (getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found) == 0 &&
		found != NULL)
		(void)snprintf(name, size, "%s", found->pw_name);
	else
		(void)snprintf(name, size, "uid %u", (unsigned)getuid());
}

/* a numeric address of the environment, which is not trusted to be one */
static bool
parse_numeric(const char *host, struct sockaddr_storage *addr_out)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return false;
	memcpy(addr_out, list->ai_addr, list->ai_addrlen);
	freeaddrinfo(list);
	return true;
}

static void
find_addresses(struct peer *p)
{
	const char *env = getenv("SSH_CONNECTION");
	char client[64];
	char server[64];
	unsigned port = 0;
	if (env != NULL &&
		sscanf(env, "%63s %u %63s", client, &port, server) == 3 &&
		parse_numeric(server, &p->local)) {
		(void)snprintf(p->text, sizeof(p->text), "%s:%u", client, port);
		(void)snprintf(p->announce, sizeof(p->announce), "%s", server);
		return;
	}
	struct sockaddr_in any = {.sin_family = AF_INET};
	memcpy(&p->local, &any, sizeof(any));
	(void)snprintf(p->text, sizeof(p->text), "standard input");
}

/* our own descriptor of a standard one, /dev/null in its place */
static int
take_std(int std, int null)
{
	int fd = fcntl(std, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0 || dup2(null, std) < 0)
		return -errno;
	return fd;
}

int
peer_of_stdio(struct peer *p)
{
	*p = (struct peer){.has_key = false};
	account_name(p->identity, sizeof(p->identity));
	find_addresses(p);
	CLEANUP(closep) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct duplex io = {-1, -1};
	int rc = null < 0 ? -errno : 0;
	if (rc == 0)
		rc = io.rd = take_std(STDIN_FILENO, null);
	if (rc >= 0)
		rc = io.wr = take_std(STDOUT_FILENO, null);
	if (rc >= 0) {
		rc = chan_init_io(&p->ch, io, NULL, p->text);
		if (rc == 0)
			return 0;
	} else {
		rc = err_sys(rc, "cannot use standard input and output");
	}
	duplex_close(&io);
	return rc;
}

void
peer_fini(struct peer *p)
{
	chan_fini(&p->ch);
}
