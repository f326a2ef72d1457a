/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * session.c -- the out-of-band side of a session
 *
 * One loop over three descriptors: requests, signals, and the end of the
 * in-band worker.  Every end of a session goes through session_finish(): the
 * stream is stopped, the pool synced, recorded and unlocked, and only then is a
 * close answered, so that whoever hears the answer can open the pool.
 */
#include "rpmemd/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "pool/guard.h"
#include "rpmemd/session_internal.h"

#define TICKS_PER_TIMEOUT 6u
/* how long a session may take to notice that it is taken over */
#define TICK_MAX_MS 500u
/* before it has opened a pool a peer may be silent this long */
#define IDLE_MS 60000u
/* and this long before it has said hello */
#define HELLO_MS 10000u

int
session_finish(struct session *s, bool is_clean, bool discard)
{
	if (s->phase != POOL_OPEN)
		return 0;
	s->phase = ENDED;
	int stream = inband_stop(s->ib);
	if (FAULT("rpmemd/slow-close")) {
		struct timespec pause = {.tv_sec = 4};
		(void)nanosleep(&pause, NULL);
	}
	catchup_fini(s->ib, is_clean && stream == 0);
	int rc = s->ib->media_error;
	uint64_t applied = atomic_load(&s->ib->applied);
	unsigned long long bytes = atomic_load(&s->ib->bytes);
	unsigned long long size = s->copy->pool->size;
	if (discard && s->copy->was_created) {
		copy_discard(s->copy, s->cfg);
	} else {
		is_clean = is_clean && stream == 0 && rc == 0;
		int closed = copy_close(s->copy, is_clean, applied);
		rc = rc < 0 ? rc : closed;
	}
	/* the lock is free; now the connection may go */
	inband_fini(s->ib);
	LOG_NOTICE("session end: peer %s identity %s '%s' size %llu media "
		   "durability %s provider %s duration %llu ms bytes %llu "
		   "reason: %s%s",
		s->peer->text, s->peer->identity, s->copy->desc, size,
		s->cfg->durability == POOL_DURABLE_MEMORY ? "memory" : "media",
		s->cfg->provider,
		(unsigned long long)((now_ns() - s->started) / NS_PER_MS),
		bytes, s->reason, rc < 0 ? " (with errors)" : "");
	return rc;
}

static int
check_silence(struct session *s)
{
	if (s->phase == POOL_OPEN)
		return inband_tick(s->ib);
	uint32_t limit = s->phase == FRESH ? HELLO_MS : IDLE_MS;
	if (now_ns() - s->heard_at > limit * NS_PER_MS)
		return err_set(-ETIMEDOUT, "no request for %u ms", limit);
	return 0;
}

/* one round of the loop; 0 or why the session ends */
static int
round_once(struct session *s)
{
	bool open = s->phase == POOL_OPEN;
	struct pollfd fds[3] = {
		{.fd = chan_fd(&s->peer->ch), .events = POLLIN},
		{.fd = s->signal_fd, .events = POLLIN},
		{.fd = open ? s->ib->event_fd : -1, .events = POLLIN},
	};
	int tick = (int)(open ? MIN_OF(s->silent_ms / TICKS_PER_TIMEOUT,
					TICK_MAX_MS)
			      : HELLO_MS / TICKS_PER_TIMEOUT);
	if (chan_pending(&s->peer->ch))
		return session_serve(s);
	int n = poll(fds, ARRAY_LEN(fds), tick);
	if (n < 0 && errno != EINTR)
		return err_sys(-errno, "poll");
	if (n > 0 && fds[1].revents != 0)
		return err_set(-EINTR, "rpmemd is being stopped");
	if (n > 0 && fds[0].revents != 0)
		return session_serve(s);
	if (n > 0 && fds[2].revents != 0) {
		/* a worker that ends with 0 was told to; this one was not */
		int rc = inband_check_fence(s->ib);
		if (rc < 0)
			return rc;
		rc = atomic_load(&s->ib->error);
		return err_set(rc < 0 ? rc : -ECONNRESET,
			"the in-band connection ended");
	}
	return check_silence(s);
}

static void
loop(struct session *s)
{
	static char why[ERR_MAX];
	int rc = 0;
	while (rc == 0 && s->phase != ENDED)
		rc = round_once(s);
	if (rc == 0)
		return;
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	s->reason = why;
	/* a stop is in order; everything else is an error to look at */
	s->status = rc == -EINTR ? 0 : 1;
	if (rc == -EPROTO)
		LOG_WARN("%s: %s", s->peer->text, why);
	/* a worker may be waiting for an initiator that reads no more */
	if (rc != -EINTR && s->phase == POOL_OPEN)
		inband_abort(s->ib);
	IGNORE(session_finish(s, false, false));
}

static int
set_up(struct session *s)
{
	sigset_t stops;
	(void)sigemptyset(&stops);
	(void)sigaddset(&stops, SIGTERM);
	(void)sigaddset(&stops, SIGINT);
	(void)sigaddset(&stops, SIGHUP);
	/* the listener's child has them blocked already */
	(void)sigprocmask(SIG_BLOCK, &stops, NULL);
	s->signal_fd = signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
	s->copy = calloc(1, sizeof(*s->copy));
	s->ib = calloc(1, sizeof(*s->ib));
	if (s->signal_fd < 0 || s->copy == NULL || s->ib == NULL)
		return err_set(-ENOMEM, "no memory for a session");
	return guard_install();
}

int
session_run(const struct rpmemd_cfg *cfg, struct peer *peer)
{
	struct session s = {.cfg = cfg,
		.peer = peer,
		.silent_ms = cfg->timeout_ms,
		.started = now_ns(),
		.heard_at = now_ns(),
		.reason = "",
		.signal_fd = -1};
	if (set_up(&s) < 0) {
		LOG_ERR("%s: %s", peer->text, err_msg());
		s.status = 1;
	} else {
		loop(&s);
	}
	free(s.ib);
	free(s.copy);
	closep(&s.signal_fd);
	return s.status;
}
