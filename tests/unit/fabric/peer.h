/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * peer.h -- the other end of a connection as a forked process
 *
 * The test process connects; the peer listens on a loopback address with
 * port 0, lets in who shows TOKEN, and runs a function with the connection.
 * A peer says what went wrong on stderr and by its exit status; cmocka's
 * assertions belong to the test process only.
 */
#ifndef RPMEM_TESTS_UNIT_FABRIC_PEER_H
#define RPMEM_TESTS_UNIT_FABRIC_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/compiler.h"
#include "base/deadline.h"
#include "base/err.h"
#include "fabric/fabric.h"

#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef"
#define TOKEN_LEN FABRIC_CM_MAX
#define LONG_MS 20000 /* never reached when all is well */

#define MUST(cond)                                                             \
	do {                                                                   \
		if (!(cond)) {                                                 \
			(void)fprintf(stderr, "peer, line %d: %s (%s)\n",      \
				__LINE__, #cond, err_msg());                   \
			_exit(1);                                              \
		}                                                              \
	} while (0)

typedef void peer_run(struct conn *c, int from_test);

struct peer {
	pid_t pid;
	int tell; /* the peer reads the other end */
	struct sockaddr_storage addr;
};

static const struct conn_cfg small_cfg = {
	.nsend = 4, .nrecv = 4, .slot_size = 4096};

UNUSED static struct sockaddr_storage
loopback(int family)
{
	struct sockaddr_storage ss;
	memset(&ss, 0, sizeof(ss));
	if (family == AF_INET) {
		struct sockaddr_in in = {.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		memcpy(&ss, &in, sizeof(in));
	} else {
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
			.sin6_addr = IN6ADDR_LOOPBACK_INIT};
		memcpy(&ss, &in6, sizeof(in6));
	}
	return ss;
}

/* the port is at the same place in both families */
UNUSED static void
set_port(struct sockaddr_storage *ss, uint16_t port)
{
	uint16_t be = htons(port);
	memcpy((char *)ss + offsetof(struct sockaddr_in, sin_port), &be, 2);
}

UNUSED static const struct sockaddr *
sa(const struct sockaddr_storage *ss)
{
	return (const struct sockaddr *)ss;
}

static bool
has_token(void *arg, const void *cm, size_t len, const struct sockaddr *from)
{
	(void)arg;
	/* every one of these comes over loopback */
	return from != NULL && len == TOKEN_LEN &&
	       memcmp(cm, TOKEN, TOKEN_LEN) == 0;
}

static void
peer_main(
	int family, const struct conn_cfg *cfg, peer_run *run, int out, int in)
{
	struct sockaddr_storage ss = loopback(family);
	struct listener *l = NULL;
	struct conn *c = NULL;
	uint16_t port = 0;
	/* a test that fails leaves nothing behind */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	MUST(listener_open(sa(&ss), NULL, &l, &port) == 0);
	MUST(port != 0);
	MUST(write(out, &port, sizeof(port)) == sizeof(port));
	MUST(listener_accept(l, cfg, has_token, NULL, deadline_in_ms(LONG_MS),
		     &c) == 0);
	listener_close(l);
	run(c, in);
	conn_close(c);
	_exit(0);
}

UNUSED static void
peer_start(
	struct peer *p, int family, const struct conn_cfg *cfg, peer_run *run)
{
	int up[2], down[2];
	uint16_t port = 0;
	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	assert_int_equal(pipe2(down, O_CLOEXEC), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		(void)close(up[0]);
		(void)close(down[1]);
		peer_main(family, cfg, run, up[1], down[0]);
	}
	(void)close(up[1]);
	(void)close(down[0]);
	assert_int_equal(read(up[0], &port, sizeof(port)), sizeof(port));
	(void)close(up[0]);
	p->tell = down[1];
	p->addr = loopback(family);
	set_port(&p->addr, port);
}

UNUSED static struct conn *
peer_connect(const struct peer *p, const struct conn_cfg *cfg)
{
	struct conn *c = NULL;
	int rc = conn_connect(sa(&p->addr), cfg, TOKEN, TOKEN_LEN,
		deadline_in_ms(LONG_MS), &c);
	if (rc != 0)
		fail_msg("conn_connect: %d %s", rc, err_msg());
	return c;
}

/* let the peer go on */
UNUSED static void
peer_tell(const struct peer *p)
{
	assert_int_equal(write(p->tell, "", 1), 1);
}

/* in the peer: wait for peer_tell, or for the end of the test process */
UNUSED static void
peer_hear(int from_test)
{
	char byte;
	MUST(read(from_test, &byte, 1) >= 0);
}

/* 0 when the peer found all well, else its exit status or 1000 + signal */
UNUSED static int
peer_wait(struct peer *p)
{
	int status = 0;
	closep(&p->tell);
	if (waitpid(p->pid, &status, 0) != p->pid)
		return -1;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

/* is the thread asleep?  State is the word behind the parenthesised name. */
UNUSED static bool
is_asleep(pid_t pid, pid_t tid)
{
	char path[64], text[512];
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[n < 0 ? 0 : n] = '\0';
	const char *end = strrchr(text, ')');
	return end != NULL && end[1] == ' ' && end[2] == 'S';
}

/* take one frame; returns conn_poll's error or 1 */
UNUSED static int
take_frame(struct conn *c, struct conn_event *ev)
{
	uint64_t deadline = deadline_in_ms(LONG_MS);
	int n = 0;
	while (n == 0 && !deadline_passed(deadline))
		n = conn_poll(c, ev, 1, deadline);
	return n;
}

/* send text, terminator included; returns what failed or 0 */
UNUSED static int
send_text(struct conn *c, const char *text)
{
	int slot = conn_slot(c);
	if (slot < 0)
		return slot;
	uint32_t len = (uint32_t)strlen(text) + 1;
	memcpy(conn_slot_buf(c, slot), text, len);
	return conn_send(c, slot, len);
}

/* so that each fork starts from a process that has loaded libfabric */
UNUSED static int
load_first(void **state)
{
	(void)state;
	return fabric_load(NULL);
}

#endif
