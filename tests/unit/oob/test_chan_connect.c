/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_chan_connect.c -- from a name to a channel, over loopback TCP
 *
 * The listener is a thread that serves one connection: handshake, then one
 * request is answered.  Ports are the kernel's choice; a port that refuses
 * is one that is bound and not listened on.
 */
#include "unit/oob/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "oob/chan.h"

static const struct psk_key key = {.identity = "me@here", .key = {1, 2, 3}};
static const struct psk_keys keys = {1, (struct psk_key *)(uintptr_t)&key};

struct listener {
	int fd;
	uint16_t port;
	pthread_t thread;
	int rc;			  /* of the handshake or what came after it */
	struct sockaddr_in6 seen; /* the client's address */
};

static void
listener_bind(struct listener *l, int family)
{
	struct sockaddr_in6 a6 = {
		.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in a4 = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const void *addr = family == AF_INET ? (const void *)&a4 : &a6;
	socklen_t len = family == AF_INET ? sizeof(a4) : sizeof(a6);
	struct sockaddr_in6 got = {0};
	void *out = &got;

	*l = (struct listener){.rc = 1};
	l->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, addr, len) != 0) {
		assert_int_equal(family, AF_INET6); /* a host without it */
		skip();
	}
	len = sizeof(got);
	assert_int_equal(getsockname(l->fd, out, &len), 0);
	l->port = ntohs(got.sin6_port); /* same place in both families */
}

static int
shake(struct tls *tls)
{
	uint64_t deadline = SOON;
	for (;;) {
		int rc = tls_handshake(tls);
		if (rc <= 0)
			return rc;
		struct pollfd p = {.fd = tls_fd(tls),
			.events = rc == TLS_WANT_READ ? POLLIN : POLLOUT};
		if (poll(&p, 1, deadline_poll_ms(deadline)) == 0)
			return -ETIMEDOUT;
	}
}

static int
answer_one(struct tls *tls)
{
	struct chan ch;
	struct oob_msg msg;

	int rc = chan_init(&ch, tls, "client");
	if (rc == 0)
		rc = chan_recv(&ch, &msg, SOON);
	if (rc == 0) {
		msg = (struct oob_msg){.type = OOB_REPLY, .tag = msg.tag};
		rc = chan_send(&ch, &msg, SOON);
	}
	chan_fini(&ch);
	return rc;
}

static void *
serve_one(void *arg)
{
	struct listener *l = arg;
	struct tls *tls;
	socklen_t len = sizeof(l->seen);
	void *seen = &l->seen;

	int fd = accept4(l->fd, seen, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	l->rc = fd < 0 ? -errno : tls_server_new(fd, &keys, &tls);
	if (l->rc != 0)
		return NULL;
	l->rc = shake(tls);
	if (l->rc == 0)
		l->rc = answer_one(tls);
	else
		tls_free(tls);
	return NULL;
}

static void
listener_start(struct listener *l, int family)
{
	listener_bind(l, family);
	assert_int_equal(listen(l->fd, 8), 0);
	assert_int_equal(pthread_create(&l->thread, NULL, serve_one, l), 0);
}

static void
listener_join(struct listener *l)
{
	assert_int_equal(pthread_join(l->thread, NULL), 0);
	(void)close(l->fd);
}

static void
check_call(const char *node, int family, const char *peer)
{
	struct listener l;
	struct chan ch;
	char want[64];
	struct oob_msg msg = {.type = OOB_CLOSE, .tag = 8};
	struct sockaddr_storage addr;
	socklen_t len;

	listener_start(&l, family);
	int rc = chan_connect(&ch, node, l.port, &key, SOON);
	print_message("%s\n", err_msg());
	assert_int_equal(rc, 0);
	(void)snprintf(want, sizeof(want), "%s:%u", peer, (unsigned)l.port);
	assert_string_equal(ch.peer, want);
	assert_int_equal(chan_call(&ch, &msg, OOB_REPLY, &msg, SOON), 0);
	assert_int_equal(msg.u.reply.status, OOB_SUCCESS);

	assert_int_equal(chan_addr(&ch, 0, &addr, &len), 0);
	assert_int_equal(addr.ss_family, family);
	assert_int_equal(
		((struct sockaddr_in *)(void *)&addr)->sin_port, htons(l.port));
	assert_int_equal(chan_addr(&ch, 1, &addr, &len), 0);
	listener_join(&l);
	assert_int_equal(l.rc, 0);
	assert_memory_equal(&addr, &l.seen, len);

	int fd = tls_fd(ch.tls);
	int nodelay = 0;
	len = sizeof(nodelay);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(
		getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len), 0);
	assert_true(nodelay != 0);
	chan_fini(&ch);
}

static void
connect__ipv4_address(void **state)
{
	(void)state;
	check_call("127.0.0.1", AF_INET, "127.0.0.1");
}

static void
connect__ipv6_address(void **state)
{
	(void)state;
	check_call("::1", AF_INET6, "[::1]");
}

/* where localhost is ::1 first, that address refuses and the next is tried */
static void
connect__name_with_several_addresses(void **state)
{
	(void)state;
	check_call("localhost", AF_INET, "localhost");
}

static void
assert_named(uint16_t port, const char *hint)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)port);
	print_message("%s\n", err_msg());
	assert_non_null(strstr(err_msg(), text));
	assert_non_null(strstr(err_msg(), "'me@here'"));
	assert_non_null(strstr(err_msg(), hint));
}

static void
connect__nobody_listens(void **state)
{
	struct listener l;
	struct chan ch;

	(void)state;
	listener_bind(&l, AF_INET);
	assert_int_equal(chan_connect(&ch, "127.0.0.1", l.port, &key, SOON),
		-ECONNREFUSED);
	assert_named(l.port, "is rpmemd --listen running there?");
	chan_fini(&ch);
	(void)close(l.fd);
}

static void
connect__wrong_key(void **state)
{
	struct listener l;
	struct chan ch;
	struct psk_key wrong = make_key("me@here", 9);

	(void)state;
	listener_start(&l, AF_INET);
	assert_int_equal(
		chan_connect(&ch, "127.0.0.1", l.port, &wrong, SOON), -EACCES);
	assert_named(l.port, "copy its line of our key file");
	listener_join(&l);
	assert_int_equal(l.rc, -EACCES);
	chan_fini(&ch);
}

/* the kernel completes the connection, nobody accepts it */
static void
connect__silent_listener_times_out(void **state)
{
	struct listener l;
	struct chan ch;

	(void)state;
	listener_bind(&l, AF_INET);
	assert_int_equal(listen(l.fd, 8), 0);
	uint64_t start = now_ns();
	assert_int_equal(chan_connect(&ch, "127.0.0.1", l.port, &key,
				 deadline_in_ms(50)),
		-ETIMEDOUT);
	uint64_t took = now_ns() - start;
	assert_true(took >= 50 * NS_PER_MS);
	assert_true(took < 5 * NS_PER_SEC);
	assert_named(l.port, "in time");
	(void)close(l.fd);
}

static void
connect__name_that_does_not_resolve(void **state)
{
	struct chan ch;
	char name[80];

	(void)state;
	/* a label may have 63 bytes: no name server is asked */
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(chan_connect(&ch, name, 1, &key, SOON), -EHOSTUNREACH);
	assert_non_null(strstr(err_msg(), "does not resolve"));
	assert_int_equal(chan_connect(&ch, "", 1, &key, SOON), -EINVAL);
}

static void
connect__failures_leave_no_descriptor(void **state)
{
	(void)state;
	int before = dup(0);
	assert_true(before >= 0);
	(void)close(before);
	connect__nobody_listens(state);
	connect__wrong_key(state);
	connect__silent_listener_times_out(state);
	int after = dup(0);
	(void)close(after);
	assert_int_equal(after, before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connect__ipv4_address),
		cmocka_unit_test(connect__ipv6_address),
		cmocka_unit_test(connect__name_with_several_addresses),
		cmocka_unit_test(connect__nobody_listens),
		cmocka_unit_test(connect__wrong_key),
		cmocka_unit_test(connect__silent_listener_times_out),
		cmocka_unit_test(connect__name_that_does_not_resolve),
		cmocka_unit_test(connect__failures_leave_no_descriptor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
