/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_fds.c -- descriptors: none leaks, none is inherited by exec
 */
#include "peer.h"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/un.h>

#define CYCLES 50
#define FDS_MAX 1024

/* which descriptors are open; returns how many */
static int
list_fds(bool open_out[FDS_MAX])
{
	int n = 0;
	memset(open_out, 0, FDS_MAX * sizeof(bool));
	for (int fd = 0; fd < FDS_MAX; fd++) {
		open_out[fd] = fcntl(fd, F_GETFD) >= 0;
		n += open_out[fd];
	}
	return n;
}

/* the part of libfabric's socket pairs that cloexec.c cannot find */
static bool
is_unnamed_unix(int fd)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	return getsockname(fd, (struct sockaddr *)&un, &len) == 0 &&
	       un.sun_family == AF_UNIX && len == sizeof(sa_family_t);
}

static const char *
inheritable(const bool before[FDS_MAX])
{
	static char name[64];
	for (int fd = 0; fd < FDS_MAX; fd++) {
		int flags = fcntl(fd, F_GETFD);
		if (flags < 0 || before[fd] || (flags & FD_CLOEXEC) ||
			is_unnamed_unix(fd))
			continue;
		(void)snprintf(name, sizeof(name), "descriptor %d", fd);
		return name;
	}
	return NULL;
}

static void
accept_cycles(int out)
{
	bool fds[FDS_MAX];
	struct sockaddr_storage ss = loopback(AF_INET);
	struct conn_event ev;
	uint16_t port = 0;
	int before = list_fds(fds);
	struct listener *l = NULL;
	MUST(listener_open(sa(&ss), NULL, &l, &port) == 0);
	MUST(write(out, &port, sizeof(port)) == sizeof(port));
	for (int i = 0; i < CYCLES; i++) {
		struct conn *c = NULL;
		MUST(listener_accept(l, &small_cfg, has_token, NULL,
			     deadline_in_ms(LONG_MS), &c) == 0);
		MUST(take_frame(c, &ev) < 0);
		MUST(inheritable(fds) == NULL);
		conn_close(c);
	}
	listener_close(l);
	MUST(list_fds(fds) == before);
	_exit(0);
}

static void
cycle__no_leak_on_either_side(void **state)
{
	(void)state;
	bool fds[FDS_MAX];
	int up[2];
	struct peer p = {.tell = -1};
	uint16_t port = 0;
	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	p.pid = fork();
	if (p.pid == 0)
		accept_cycles(up[1]);
	assert_int_equal(read(up[0], &port, sizeof(port)), sizeof(port));
	p.addr = loopback(AF_INET);
	set_port(&p.addr, port);
	int before = list_fds(fds);
	for (int i = 0; i < CYCLES; i++) {
		struct conn *c = NULL;
		if (i % 5 == 0) /* those that fail too */
			assert_int_equal(
				conn_connect(sa(&p.addr), &small_cfg, "no", 2,
					deadline_in_ms(LONG_MS), &c),
				-ECONNREFUSED);
		conn_close(peer_connect(&p, &small_cfg));
	}
	assert_int_equal(list_fds(fds), before);
	assert_int_equal(peer_wait(&p), 0);
	closep(&up[0]);
	closep(&up[1]);
}

static void
until_closed(struct conn *c, int from_test)
{
	struct conn_event ev;
	int rc;
	(void)from_test;
	while ((rc = take_frame(c, &ev)) == 1)
		MUST(conn_repost(c, ev.slot) == 0);
	MUST(rc == -ECONNRESET);
}

static void
connect__close_on_exec(void **state)
{
	(void)state;
	bool fds[FDS_MAX];
	struct peer p;
	peer_start(&p, AF_INET, &small_cfg, until_closed);
	int before = list_fds(fds);
	struct conn *c = peer_connect(&p, &small_cfg);
	bool now[FDS_MAX];
	assert_true(list_fds(now) > before);
	const char *bad = inheritable(fds);
	if (bad != NULL)
		fail_msg("%s would be inherited", bad);
	conn_close(c);
	assert_int_equal(peer_wait(&p), 0);
}

static void
listen__close_on_exec(void **state)
{
	(void)state;
	bool fds[FDS_MAX];
	struct sockaddr_storage ss = loopback(AF_INET);
	struct listener *l = NULL;
	uint16_t port;
	(void)list_fds(fds);
	assert_int_equal(listener_open(sa(&ss), NULL, &l, &port), 0);
	const char *bad = inheritable(fds);
	if (bad != NULL)
		fail_msg("%s would be inherited", bad);
	listener_close(l);
}

/* a forked child drops its copy; the parent's connection is as before */
static void
abandon__parent_goes_on(void **state)
{
	(void)state;
	struct peer p;
	peer_start(&p, AF_INET, &small_cfg, until_closed);
	struct conn *c = peer_connect(&p, &small_cfg);
	pid_t pid = fork();
	if (pid == 0) {
		conn_abandon(c);
		_exit(0);
	}
	struct peer child = {.pid = pid, .tell = -1};
	assert_int_equal(peer_wait(&child), 0);
	struct conn_event ev;
	assert_int_equal(conn_poll(c, &ev, 1, deadline_in_ms(50)), 0);
	assert_int_equal(send_text(c, "still here"), 0);
	conn_close(c);
	conn_abandon(NULL);
	assert_int_equal(peer_wait(&p), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cycle__no_leak_on_either_side),
		cmocka_unit_test(connect__close_on_exec),
		cmocka_unit_test(listen__close_on_exec),
		cmocka_unit_test(abandon__parent_goes_on),
	};
	return cmocka_run_group_tests(tests, load_first, NULL);
}
