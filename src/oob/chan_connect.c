/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * chan_connect.c -- from a node's name to a channel
 *
 * The addresses of a name are tried one after the other, each with an equal
 * share of the time that is left, so that a dead first address (IPv6 without
 * a route is the usual one) leaves time for the next.  A refused key or a
 * lack of memory would be the same at every address and ends the search;
 * otherwise the message is the last address's.
 *
 * getaddrinfo(3) knows no deadline: a name server that does not answer is
 * waited for as long as resolv.conf says.
 */
#include "oob/chan.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/deadline.h"
#include "base/err.h"
#include "base/stdfds.h"

/* until fd is ready; 0, -ETIMEDOUT or -errno, without a message */
static int
wait_fd(int fd, short events, uint64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	while (!deadline_passed(deadline)) {
		int n = poll(&p, 1, deadline_poll_ms(deadline));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
	return -ETIMEDOUT;
}

/* -errno of a connect(2) that was begun without waiting */
static int
connect_finish(int fd, uint64_t deadline)
{
	int rc = wait_fd(fd, POLLOUT, deadline);
	if (rc != 0)
		return rc;
	int error = 0;
	socklen_t len = sizeof(error);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return -errno;
	return -error;
}

static int
connect_addr(const struct addrinfo *ai, uint64_t deadline, int *fd_out)
{
	CLEANUP(closep)
	int fd = stdfds_keep_off(socket(ai->ai_family,
		ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
		ai->ai_protocol));
	int rc = 0;
	if (fd < 0)
		rc = -errno;
	else if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0)
		rc = errno == EINPROGRESS ? connect_finish(fd, deadline)
					  : -errno;
	if (rc == -ECONNREFUSED)
		return err_set(rc,
			"connection refused: is rpmemd --listen running "
			"there?");
	if (rc == -ETIMEDOUT)
		return err_set(rc,
			"no connection in time: is the node up, and does a "
			"firewall let the port through?");
	if (rc != 0)
		return err_sys(rc, "no connection");
	*fd_out = TAKE_FD(fd);
	return 0;
}

static int
shake_hands(struct tls *tls, uint64_t deadline)
{
	for (;;) {
		int rc = tls_handshake(tls);
		if (rc <= 0)
			return rc;
		rc = wait_fd(tls_fd(tls),
			rc == TLS_WANT_WRITE ? POLLOUT : POLLIN, deadline);
		if (rc == -ETIMEDOUT)
			return err_set(rc,
				"no answer to the TLS handshake in time: is it "
				"rpmemd that listens there?");
		if (rc != 0)
			return err_sys(rc, "TLS handshake: poll");
	}
}

/* TCP and TLS to one address */
static int
try_addr(const struct addrinfo *ai, const struct psk_key *key,
	uint64_t deadline, struct tls **tls_out)
{
	struct tls *tls;
	CLEANUP(closep) int fd = -1;

	int rc = connect_addr(ai, deadline, &fd);
	if (rc == 0)
		rc = tls_client_new(fd, key, &tls);
	if (rc != 0)
		return rc;
	(void)TAKE_FD(fd);
	rc = shake_hands(tls, deadline);
	if (rc == 0) {
		*tls_out = tls;
		return 0;
	}
	tls_free(tls);
	if (rc == -EACCES)
		return err_set(rc,
			"rpmemd does not accept this identity with our key: "
			"copy its line of our key file to the target's key "
			"file (RPMEM_PSK_FILE, else ~/.config/rpmem/psk) and "
			"restart rpmemd");
	return rc;
}

/* the deadline of the next of n addresses */
static uint64_t
share_of(uint64_t deadline, unsigned n)
{
	uint64_t now = now_ns();
	if (deadline == DEADLINE_NEVER || now >= deadline)
		return deadline;
	return now + (deadline - now) / n;
}

static int
try_all(const struct addrinfo *list, const struct psk_key *key,
	uint64_t deadline, struct tls **tls_out)
{
	unsigned left = 0;
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next)
		left++;
	if (left == 0)
		return err_set(-EHOSTUNREACH, "the name has no address");
	int rc = 0;
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		rc = try_addr(ai, key, share_of(deadline, left--), tls_out);
		if (rc == 0 || rc == -EACCES || rc == -ENOMEM)
			break;
	}
	return rc;
}

static int
resolve(const char *node, uint16_t port, struct addrinfo **list_out)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV};
	char service[8];
	(void)snprintf(service, sizeof(service), "%u", (unsigned)port);
	int gai = getaddrinfo(node, service, &hints, list_out);
	if (gai == 0)
		return 0;
	*list_out = NULL;
	if (gai == EAI_MEMORY)
		return err_set(-ENOMEM, "no memory");
	return err_set(-EHOSTUNREACH,
		"the name does not resolve (%s): correct it in the pool set "
		"file, or add it to DNS or /etc/hosts",
		gai == EAI_SYSTEM ? strerror(errno) : gai_strerror(gai));
}

/* a colon in the name: an IPv6 address, which needs brackets */
static void
format_peer(char *buf, size_t size, const char *node, uint16_t port)
{
	bool v6 = strchr(node, ':') != NULL;
	(void)snprintf(buf, size, "%s%.110s%s:%u", v6 ? "[" : "", node,
		v6 ? "]" : "", (unsigned)port);
}

int
chan_connect(struct chan *ch, const char *node, uint16_t port,
	const struct psk_key *key, uint64_t deadline)
{
	char peer[sizeof(ch->peer)];
	struct addrinfo *list = NULL;
	struct tls *tls = NULL;

	*ch = (struct chan){0};
	if (node[0] == '\0')
		return err_set(-EINVAL, "the target's node name is empty");
	format_peer(peer, sizeof(peer), node, port);
	int rc = resolve(node, port, &list);
	if (rc == 0)
		rc = try_all(list, key, deadline, &tls);
	if (list != NULL)
		freeaddrinfo(list);
	if (rc == 0)
		rc = chan_init(ch, tls, peer);
	if (rc == 0)
		return 0;
	tls_free(tls);
	return err_wrap(rc, "node %s, identity '%s'", peer, key->identity);
}
