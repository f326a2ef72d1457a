/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * gate.c -- see gate.h
 *
 * Nothing in the loop waits for one peer: sockets do not block, a handshake
 * has a time limit, and when too many are under way the oldest goes.  All
 * that a stranger can cost is a slot for a while.  Bytes of a pool are never
 * touched in this process, so a session that dies takes nobody along.
 *
 * poll's array is [signals] [sockets ...] [handshakes ...]; entry i of the
 * last group is handshake i of the list for as long as the list is gone
 * through from its end.
 *
 * A session's process is not told when this one dies: the initiator is still
 * being served, and a new listener can be started beside it.
 */
#include "rpmemd/gate.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/deadline.h"
#include "base/err.h"
#include "base/log.h"

#define FIRST_SOCKET 1
#define NFDS_MAX (FIRST_SOCKET + SOCKETS_MAX + PENDING_MAX)
#define ACCEPT_BURST 16
#define ACCEPT_RETRY_MS 1000

static sigset_t
gate_signals(void)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	return set;
}

int
gate_open(struct gate *g, const struct address *at, struct keyring *keys)
{
	memset(g, 0, sizeof(*g));
	g->handshake_ms = GATE_HANDSHAKE_MS;
	g->stop_ms = GATE_STOP_MS;
	g->max_sessions = CHILDREN_MAX;
	g->signal_fd = -1;

	int rc = sockets_open(at, &g->sockets);
	if (rc < 0)
		return rc;
	sigset_t set = gate_signals();
	g->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (g->signal_fd < 0) {
		rc = err_sys(-errno, "cannot make a signal descriptor");
		gate_close(g);
		return rc;
	}
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	g->keys = keys;
	return 0;
}

void
gate_close(struct gate *g)
{
	sockets_close(&g->sockets);
	closep(&g->signal_fd);
	while (g->pending.n > 0) {
		struct handshake h = pending_take(&g->pending, 0);
		handshake_fini(&h);
	}
	keyring_put(TAKE_PTR(g->keys));
}

/* something was closed: there may be descriptors again */
static void
accept_again(struct gate *g)
{
	g->accept_after = 0;
}

/* SIGHUP: the old keys stay in use when the new ones cannot be */
static void
reload_keys(struct gate *g)
{
	struct keyring *fresh = NULL;
	if (keyring_load(NULL, &fresh) < 0) {
		LOG_ERR("%s: the keys that were read before stay in use",
			err_msg());
		return;
	}
	keyring_put(g->keys);
	g->keys = fresh;
	LOG_NOTICE("key file read again: %zu keys", fresh->keys.nkeys);
}

static void
take_signals(struct gate *g)
{
	struct signalfd_siginfo info;
	while (read(g->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			reload_keys(g);
		} else if (info.ssi_signo == SIGCHLD) {
			if (children_reap(&g->children, false) != 0)
				accept_again(g);
		} else if (!g->stopping) {
			g->stopping = true;
			LOG_NOTICE("%s: stopping, %u sessions",
				info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM",
				g->children.n);
		}
	}
}

/* what a session's process has no business with */
static void
become_session(struct gate *g, struct handshake *session)
{
	sockets_close(&g->sockets);
	closep(&g->signal_fd);
	keyring_wipe(session->keys);
	keyring_wipe(g->keys);
	while (g->pending.n > 0) {
		struct handshake h = pending_take(&g->pending, 0);
		handshake_abandon(&h);
	}
	keyring_put(TAKE_PTR(g->keys));
	g->children.n = 0;

	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/*
 * fork_session -- give a connection that proved its key a process
 *
 *   h   consumed, but in the session's process
 *
 * Returns 0, or GATE_SESSION in the new process
 */
static int
fork_session(struct gate *g, struct handshake *h)
{
	char peer[ADDRESS_TEXT_MAX];
	address_format((struct sockaddr *)&h->peer, peer, sizeof(peer));

	if (g->children.n >= g->max_sessions) {
		LOG_WARN("%s (%s): refused, %u sessions are running", peer,
			tls_identity(h->tls), g->children.n);
		handshake_fini(h);
		return 0;
	}
	/* or the child would write what is buffered a second time */
	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		become_session(g, h);
		return GATE_SESSION;
	}
	if (pid < 0) {
		LOG_ERR("%s (%s): refused, cannot fork: %s", peer,
			tls_identity(h->tls), strerrordesc_np(errno));
		handshake_fini(h);
		return 0;
	}
	children_add(&g->children, pid, peer);
	handshake_abandon(h);
	return 0;
}

static void
fail_handshake(struct gate *g, unsigned i, const char *why)
{
	char peer[ADDRESS_TEXT_MAX];
	struct handshake h = pending_take(&g->pending, i);
	address_format((struct sockaddr *)&h.peer, peer, sizeof(peer));
	LOG_WARN("%s: no session: %s", peer, why);
	handshake_fini(&h);
	accept_again(g);
}

/* go on with those that poll has found ready; fds is theirs */
static int
step_handshakes(
	struct gate *g, const struct pollfd *fds, struct handshake *session_out)
{
	for (unsigned i = g->pending.n; i-- > 0;) {
		if (fds[i].revents == 0)
			continue;
		int rc = pending_step(&g->pending, i);
		if (rc == PENDING_WAIT)
			continue;
		if (rc < 0) {
			fail_handshake(g, i, err_msg());
			continue;
		}
		*session_out = pending_take(&g->pending, i);
		rc = fork_session(g, session_out);
		if (rc != 0)
			return rc;
		accept_again(g);
	}
	return 0;
}

/* they are in the order of their deadlines */
static void
expire_handshakes(struct gate *g)
{
	while (g->pending.n > 0 && deadline_passed(g->pending.h[0].deadline)) {
		char why[64];
		(void)snprintf(why, sizeof(why),
			"handshake not done within %u ms", g->handshake_ms);
		fail_handshake(g, 0, why);
	}
}

static void
prepare_socket(int fd)
{
	static const int one = 1;
	static const int idle_s = 30;
	static const int interval_s = 10;
	static const int probes = 3;
	/* not fatal: a slower connection, or one that dies later */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	(void)setsockopt(
		fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s,
		sizeof(interval_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

/*
 * Out of descriptors or memory: the connection stays in the backlog, poll
 * would report it again at once.  So the sockets rest until something of
 * ours is closed, or a while, since others may hold what is missing.
 */
static void
rest(struct gate *g, int error)
{
	if (!g->accept_failed)
		LOG_ERR("cannot accept connections: %s",
			strerrordesc_np(error));
	g->accept_failed = true;
	g->accept_after = deadline_in_ms(ACCEPT_RETRY_MS);
}

static bool
is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	       error == ENOBUFS;
}

static void
accept_from(struct gate *g, int listen_fd)
{
	for (unsigned i = 0; i < ACCEPT_BURST; i++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof(peer);
		int fd = accept4(listen_fd, (struct sockaddr *)&peer, &len,
			SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			/* else: none is left, or that one is gone already */
			if (is_shortage(errno))
				rest(g, errno);
			return;
		}
		g->accept_failed = false;
		prepare_socket(fd);
		if (pending_add(&g->pending, fd, &peer, g->keys,
			    deadline_in_ms(g->handshake_ms)) < 0)
			LOG_ERR("cannot begin a handshake: %s", err_msg());
	}
}

static unsigned
watch(const struct gate *g, struct pollfd fds[NFDS_MAX])
{
	unsigned n = 0;
	bool resting = !deadline_passed(g->accept_after);

	fds[n++] = (struct pollfd){.fd = g->signal_fd, .events = POLLIN};
	for (unsigned i = 0; i < g->sockets.n; i++)
		fds[n++] =
			(struct pollfd){.fd = resting ? -1 : g->sockets.fd[i],
				.events = POLLIN};
	for (unsigned i = 0; i < g->pending.n; i++)
		fds[n++] = (struct pollfd){.fd = tls_fd(g->pending.h[i].tls),
			.events = g->pending.h[i].events};
	return n;
}

static uint64_t
next_deadline(const struct gate *g)
{
	uint64_t next = DEADLINE_NEVER;
	if (g->pending.n > 0)
		next = g->pending.h[0].deadline;
	if (!deadline_passed(g->accept_after))
		next = MIN_OF(next, g->accept_after);
	return next;
}

/* one round of the loop */
static int
turn(struct gate *g, struct handshake *session_out)
{
	struct pollfd fds[NFDS_MAX];
	unsigned n = watch(g, fds);
	unsigned nsockets = g->sockets.n;

	if (poll(fds, n, deadline_poll_ms(next_deadline(g))) < 0)
		return errno == EINTR ? 0
				      : err_sys(-errno, "cannot wait in poll");
	if (fds[0].revents != 0)
		take_signals(g);
	if (g->stopping)
		return 0;

	/* before new ones are accepted: an old one may be done by now */
	int rc = step_handshakes(g, fds + FIRST_SOCKET + nsockets, session_out);
	if (rc != 0)
		return rc;
	expire_handshakes(g);
	for (unsigned i = 0; i < nsockets; i++)
		if (fds[FIRST_SOCKET + i].revents != 0)
			accept_from(g, g->sockets.fd[i]);
	return 0;
}

/* sessions finish their acks at SIGTERM; the deadline is for one that hangs */
static void
stop(struct gate *g)
{
	uint64_t deadline = deadline_in_ms(g->stop_ms);

	sockets_close(&g->sockets);
	while (g->pending.n > 0) {
		struct handshake h = pending_take(&g->pending, 0);
		handshake_fini(&h);
	}
	children_signal(&g->children, SIGTERM);
	/* those that ended before their SIGCHLD was waited for */
	(void)children_reap(&g->children, false);
	while (g->children.n > 0 && !deadline_passed(deadline)) {
		struct pollfd fd = {.fd = g->signal_fd, .events = POLLIN};
		/* an interrupted wait is one more round */
		IGNORE(poll(&fd, 1, deadline_poll_ms(deadline)));
		take_signals(g);
	}
	if (g->children.n == 0)
		return;
	LOG_ERR("killing %u sessions that did not end within %u ms",
		g->children.n, g->stop_ms);
	children_signal(&g->children, SIGKILL);
	(void)children_reap(&g->children, true);
}

int
gate_run(struct gate *g, struct handshake *session_out)
{
	while (!g->stopping) {
		int rc = turn(g, session_out);
		if (rc != 0)
			return rc;
	}
	stop(g);
	return 0;
}
