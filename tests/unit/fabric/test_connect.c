/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_connect.c -- who gets in, who does not, and when we stop waiting
 *
 * The test process has loaded libfabric before it forks, as rpmemd does.
 */
#include "peer.h"

static void
echo_once(struct conn *c, int from_test)
{
	struct conn_event ev;
	(void)from_test;
	MUST(take_frame(c, &ev) == 1);
	MUST(send_text(c, (const char *)ev.buf) == 0);
	MUST(conn_repost(c, ev.slot) == 0);
	MUST(take_frame(c, &ev) == -ECONNRESET);
}

static void
assert_echo(struct conn *c)
{
	struct conn_event ev;
	assert_int_equal(send_text(c, "hello"), 0);
	assert_int_equal(take_frame(c, &ev), 1);
	assert_int_equal(ev.len, 6);
	assert_string_equal((const char *)ev.buf, "hello");
	assert_int_equal((uintptr_t)ev.buf % 64, 0);
}

static void
check_family(int family)
{
	struct peer p;
	peer_start(&p, family, &small_cfg, echo_once);
	struct conn *c = peer_connect(&p, &small_cfg);
	assert_string_equal(conn_provider(c), "tcp");
	assert_int_equal(conn_error(c), 0);
	assert_echo(c);
	conn_close(c);
	assert_int_equal(peer_wait(&p), 0);
}

static void
connect__ipv4(void **state)
{
	(void)state;
	check_family(AF_INET);
}

static bool
has_ipv6(void)
{
	struct sockaddr_storage ss = loopback(AF_INET6);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok =
		fd >= 0 && bind(fd, sa(&ss), sizeof(struct sockaddr_in6)) == 0;
	closep(&fd);
	return ok;
}

static void
connect__ipv6(void **state)
{
	(void)state;
	if (!has_ipv6())
		skip();
	check_family(AF_INET6);
}

/* initiator and target both children of the process that loaded */
static void
connect__between_children(void **state)
{
	(void)state;
	struct peer p;
	peer_start(&p, AF_INET, &small_cfg, echo_once);
	pid_t pid = fork();
	if (pid == 0) {
		struct conn *c = NULL;
		struct conn_event ev;
		MUST(conn_connect(sa(&p.addr), &small_cfg, TOKEN, TOKEN_LEN,
			     deadline_in_ms(LONG_MS), &c) == 0);
		MUST(send_text(c, "hello") == 0);
		MUST(take_frame(c, &ev) == 1);
		MUST(strcmp((const char *)ev.buf, "hello") == 0);
		conn_close(c);
		_exit(0);
	}
	struct peer initiator = {.pid = pid, .tell = -1};
	assert_int_equal(peer_wait(&initiator), 0);
	assert_int_equal(peer_wait(&p), 0);
}

static void
connect__wrong_token_then_right(void **state)
{
	(void)state;
	struct peer p;
	struct conn *c = NULL;
	char wrong[TOKEN_LEN] = TOKEN;
	wrong[TOKEN_LEN - 1] ^= 1;
	peer_start(&p, AF_INET, &small_cfg, echo_once);
	for (size_t len = TOKEN_LEN; len > 0; len -= TOKEN_LEN / 2) {
		assert_int_equal(conn_connect(sa(&p.addr), &small_cfg, wrong,
					 len, deadline_in_ms(LONG_MS), &c),
			-ECONNREFUSED);
		assert_null(c);
		assert_non_null(strstr(err_msg(), "refused"));
	}
	c = peer_connect(&p, &small_cfg);
	assert_echo(c);
	conn_close(c);
	assert_int_equal(peer_wait(&p), 0);
}

static int
plain_client(const struct peer *p)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, sa(&p->addr), sizeof(struct sockaddr_in)), 0);
	return fd;
}

/* not libfabric at all: one hangs up, one talks nonsense, one is silent */
static void
accept__strangers_do_not_disturb(void **state)
{
	(void)state;
	struct peer p;
	char junk[4096];
	memset(junk, 0xa5, sizeof(junk));
	peer_start(&p, AF_INET, &small_cfg, echo_once);
	int gone = plain_client(&p);
	int loud = plain_client(&p);
	int mute = plain_client(&p);
	closep(&gone);
	assert_int_equal(
		send(loud, junk, sizeof(junk), MSG_NOSIGNAL), sizeof(junk));
	struct conn *c = peer_connect(&p, &small_cfg);
	assert_echo(c);
	conn_close(c);
	assert_int_equal(peer_wait(&p), 0);
	closep(&loud);
	closep(&mute);
}

/* a TCP socket of ours on loopback; listens if backlog > 0 */
static int
plain_server(int backlog, struct sockaddr_storage *ss)
{
	socklen_t len = sizeof(*ss);
	*ss = loopback(AF_INET);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, sa(ss), sizeof(struct sockaddr_in)), 0);
	if (backlog > 0)
		assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ss, &len), 0);
	return fd;
}

static void
connect__nobody_listens(void **state)
{
	(void)state;
	struct sockaddr_storage ss;
	struct conn *c = NULL;
	int fd = plain_server(0, &ss); /* keeps the port from others */
	assert_int_equal(conn_connect(sa(&ss), &small_cfg, TOKEN, TOKEN_LEN,
				 deadline_in_ms(LONG_MS), &c),
		-ECONNREFUSED);
	assert_null(c);
	assert_non_null(strstr(err_msg(), "127.0.0.1:"));
	closep(&fd);
}

static void
connect__peer_says_nothing(void **state)
{
	(void)state;
	struct sockaddr_storage ss;
	struct conn *c = NULL;
	int fd = plain_server(8, &ss);
	uint64_t start = now_ns();
	assert_int_equal(conn_connect(sa(&ss), &small_cfg, TOKEN, TOKEN_LEN,
				 deadline_in_ms(300), &c),
		-ETIMEDOUT);
	uint64_t took = now_ns() - start;
	assert_null(c);
	assert_true(took >= 300 * NS_PER_MS && took < 2 * NS_PER_SEC);
	assert_non_null(strstr(err_msg(), "time limit"));
	closep(&fd);
}

/*
 * As behind a partition, nothing answers: once the queue of a listening
 * socket is full the kernel drops every further SYN.
 */
static void
connect__no_answer_at_all(void **state)
{
	(void)state;
	struct sockaddr_storage ss;
	struct conn *c = NULL;
	int filler[4];
	int fd = plain_server(1, &ss);
	for (size_t i = 0; i < ARRAY_LEN(filler); i++) {
		filler[i] = socket(
			AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(filler[i], sa(&ss), sizeof(struct sockaddr_in));
	}
	uint64_t start = now_ns();
	assert_int_equal(conn_connect(sa(&ss), &small_cfg, TOKEN, TOKEN_LEN,
				 deadline_in_ms(300), &c),
		-ETIMEDOUT);
	uint64_t took = now_ns() - start;
	assert_null(c);
	assert_true(took >= 300 * NS_PER_MS && took < 2 * NS_PER_SEC);
	for (size_t i = 0; i < ARRAY_LEN(filler); i++)
		closep(&filler[i]);
	closep(&fd);
}

/* it takes the request, then hangs up */
static void
connect__peer_hangs_up(void **state)
{
	(void)state;
	struct sockaddr_storage ss;
	struct conn *c = NULL;
	int fd = plain_server(8, &ss);
	pid_t pid = fork();
	if (pid == 0) {
		char byte;
		int s = accept(fd, NULL, NULL);
		MUST(s >= 0 && read(s, &byte, 1) == 1);
		_exit(0);
	}
	int rc = conn_connect(sa(&ss), &small_cfg, TOKEN, TOKEN_LEN,
		deadline_in_ms(LONG_MS), &c);
	assert_int_equal(rc, -ECONNRESET);
	struct peer p = {.pid = pid, .tell = -1};
	assert_int_equal(peer_wait(&p), 0);
	closep(&fd);
}

static void
accept__nobody_comes(void **state)
{
	(void)state;
	struct sockaddr_storage ss = loopback(AF_INET);
	struct listener *l = NULL;
	struct conn *c = NULL;
	uint16_t port = 0;
	assert_int_equal(listener_open(sa(&ss), NULL, &l, &port), 0);
	for (int i = 0; i < 2; i++) {
		uint64_t deadline = deadline_in_ms(100);
		assert_int_equal(listener_accept(l, &small_cfg, has_token, NULL,
					 deadline, &c),
			-ETIMEDOUT);
		assert_true(deadline_passed(deadline));
	}
	listener_close(l);
	listener_close(NULL);
}

/* a request that comes at the end of a slice of waiting is let in all the
 * same: the other side has asked once, and will not ask again */
static void
accept__finishes_what_it_began(void **state)
{
	(void)state;
	struct sockaddr_storage ss = loopback(AF_INET);
	struct listener *l = NULL;
	struct conn *c = NULL;
	uint16_t port = 0;
	int rc = -ETIMEDOUT;
	assert_int_equal(listener_open(sa(&ss), NULL, &l, &port), 0);
	set_port(&ss, port);
	pid_t pid = fork();
	if (pid == 0) {
		MUST(conn_connect(sa(&ss), &small_cfg, TOKEN, TOKEN_LEN,
			     deadline_in_ms(LONG_MS), &c) == 0);
		_exit(0);
	}
	uint64_t until = deadline_in_ms(LONG_MS);
	while (rc == -ETIMEDOUT && !deadline_passed(until))
		rc = listener_accept(
			l, &small_cfg, has_token, NULL, now_ns(), &c);
	assert_int_equal(rc, 0);
	struct peer initiator = {.pid = pid, .tell = -1};
	assert_int_equal(peer_wait(&initiator), 0);
	conn_close(c);
	listener_close(l);
}

static void
listen__port_in_use(void **state)
{
	(void)state;
	struct sockaddr_storage ss;
	struct listener *l = NULL;
	uint16_t port = 0;
	int fd = plain_server(1, &ss);
	assert_int_equal(listener_open(sa(&ss), NULL, &l, &port), -EADDRINUSE);
	assert_null(l);
	assert_non_null(strstr(err_msg(), "127.0.0.1:"));
	closep(&fd);
}

static void
open__bad_arguments(void **state)
{
	(void)state;
	struct sockaddr_storage ss = {.ss_family = AF_UNIX};
	struct listener *l = NULL;
	struct conn *c = NULL;
	uint16_t port;
	assert_int_equal(
		listener_open(sa(&ss), NULL, &l, &port), -EAFNOSUPPORT);
	struct conn_cfg cfg = small_cfg;
	cfg.nrecv = 1u << 20; /* more than the provider has */
	ss = loopback(AF_INET);
	set_port(&ss, 9);
	assert_int_equal(conn_connect(sa(&ss), &cfg, TOKEN, TOKEN_LEN,
				 deadline_in_ms(LONG_MS), &c),
		-EINVAL);
	assert_non_null(strstr(err_msg(), "1048576"));
	cfg.nrecv = 0;
	assert_int_equal(conn_connect(sa(&ss), &cfg, TOKEN, TOKEN_LEN,
				 deadline_in_ms(LONG_MS), &c),
		-EINVAL);
	assert_null(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connect__ipv4),
		cmocka_unit_test(connect__ipv6),
		cmocka_unit_test(connect__between_children),
		cmocka_unit_test(connect__wrong_token_then_right),
		cmocka_unit_test(accept__strangers_do_not_disturb),
		cmocka_unit_test(connect__nobody_listens),
		cmocka_unit_test(connect__peer_says_nothing),
		cmocka_unit_test(connect__no_answer_at_all),
		cmocka_unit_test(connect__peer_hangs_up),
		cmocka_unit_test(accept__nobody_comes),
		cmocka_unit_test(accept__finishes_what_it_began),
		cmocka_unit_test(listen__port_in_use),
		cmocka_unit_test(open__bad_arguments),
	};
	return cmocka_run_group_tests(tests, load_first, NULL);
}
