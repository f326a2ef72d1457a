/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * session.c -- the out-of-band side of a session
 *
 * One loop over three descriptors: requests, signals, and the end of the
 * in-band worker.  The table at the end says which request is answered in
 * which state.  Every end of a session goes through finish(): the stream is
 * stopped, the pool synced, recorded and unlocked, and only then is a close
 * answered, so that whoever hears the answer can open the pool.
 */
#include "rpmemd/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "pool/guard.h"
#include "rpmemd/copy.h"
#include "rpmemd/inband.h"
#include "rpmemd/retire.h"
#include "rpmemd/session_log.h"

#define LANES_MAX 1024u
#define TICKS_PER_TIMEOUT 6u
/* before it has opened a pool a peer may be silent this long */
#define IDLE_MS 60000u
/* and this long before it has said hello */
#define HELLO_MS 10000u

enum phase { FRESH, GREETED, POOL_OPEN, ENDED };

struct session {
	const struct rpmemd_cfg *cfg;
	struct peer *peer;
	char program[OOB_NAME_MAX];
	enum phase phase;
	uint32_t silent_ms;
	uint64_t started;
	uint64_t heard_at;
	const char *reason; /* for the last log line */
	int status;	    /* exit status */
	int signal_fd;
	struct copy *copy; /* POOL_OPEN: valid */
	struct inband *ib; /* POOL_OPEN: valid */
};

static uint64_t
oob_deadline(const struct session *s)
{
	return deadline_in_ms(s->cfg->timeout_ms);
}

static int
send_reply(struct session *s, uint32_t tag, int rc)
{
	struct oob_msg re = {.type = OOB_REPLY, .tag = tag};
	re.u.reply.status = rc < 0 ? oob_status_of(rc) : OOB_SUCCESS;
	if (rc < 0)
		(void)snprintf(re.u.reply.text, sizeof(re.u.reply.text), "%s",
			err_msg());
	return chan_send(&s->peer->ch, &re, oob_deadline(s));
}

static int
on_hello(struct session *s, const struct oob_msg *m)
{
	const struct oob_hello *h = &m->u.hello;
	struct oob_msg re = {.type = OOB_HELLO_REPLY, .tag = m->tag};
	struct oob_hello_reply *r = &re.u.hello_reply;
	r->version = oob_choose_version(h->version_min, h->version_max);
	/* the initiator gives up first, or as soon as we do */
	s->silent_ms = MAX_OF(h->timeout_ms, s->cfg->timeout_ms);
	r->silent_ms = s->silent_ms;
	memcpy(s->program, h->program, sizeof(s->program));
	if (r->version == 0) {
		r->status = OOB_BADPROTO;
		(void)snprintf(r->text, sizeof(r->text),
			"this rpmemd speaks protocol versions %d to %d, the "
			"initiator %u to %u: update the older side",
			OOB_VERSION_MIN, OOB_VERSION_MAX, h->version_min,
			h->version_max);
		LOG_WARN("%s: %s", s->peer->text, r->text);
		s->phase = ENDED;
		s->reason = "no common protocol version";
	} else {
		s->phase = GREETED;
	}
	return chan_send(&s->peer->ch, &re, oob_deadline(s));
}

static int
start_inband(struct session *s, struct oob_pool_reply *r)
{
	struct inband *ib = s->ib;
	*ib = (struct inband){.cfg = s->cfg,
		.copy = s->copy,
		.peer = s->peer->from,
		.silent_ms = s->silent_ms,
		.event_fd = -1};
	catchup_init(&ib->catchup);
	ib->taken = r->copy.applied_seq;
	atomic_store(&ib->applied, r->copy.applied_seq);
	atomic_store(&ib->durable, r->copy.applied_seq);
	int rc = inband_start(ib, (struct sockaddr *)&s->peer->local, &r->port);
	if (rc < 0)
		return rc;
	r->credits = INBAND_CREDITS;
	r->frame_max = FRAME_MAX;
	r->session_id = ib->expect.session_id;
	r->seed = ib->seed;
	memcpy(r->token, ib->expect.token, sizeof(r->token));
	memcpy(r->addr, s->peer->announce, sizeof(r->addr));
	return 0;
}

/* may the session's identity do this? */
static int
check_right(const struct session *s, unsigned right)
{
	if ((s->cfg->rights & right) == right)
		return 0;
	return err_set(-EACCES,
		"identity %s has no right to %s here: the target's access "
		"file gives it",
		s->peer->identity, access_name(right));
}

static unsigned
right_for(const struct oob_msg *m)
{
	return m->type == OOB_CREATE || (m->u.pool_req.flags & OOB_OPEN_F_OWNER)
		       ? ACCESS_WRITE
		       : ACCESS_READ;
}

static int
open_pool(struct session *s, const struct oob_msg *m, struct oob_pool_reply *r)
{
	const struct oob_pool_req *req = &m->u.pool_req;
	int rc = check_right(s, right_for(m));
	if (rc < 0)
		return rc;
	if (strcmp(req->provider, s->cfg->provider) != 0)
		return err_set(-EMEDIUMTYPE,
			"this rpmemd uses libfabric provider %s, the initiator "
			"%s: set RPMEM_PROVIDER alike on both sides",
			s->cfg->provider, req->provider);
	rc = m->type == OOB_CREATE ? copy_create(s->copy, s->cfg, req)
				   : copy_open(s->copy, s->cfg, req);
	if (rc < 0)
		return rc;
	copy_facts(s->copy, &r->copy);
	r->nlanes = MIN_OF(req->nlanes, LANES_MAX);
	rc = start_inband(s, r);
	if (rc == 0)
		return 0;
	inband_fini(s->ib);
	if (m->type == OOB_CREATE)
		copy_discard(s->copy, s->cfg);
	else
		IGNORE(copy_close(s->copy, false, 0));
	return rc;
}

static int
on_pool(struct session *s, const struct oob_msg *m)
{
	struct oob_msg re = {.type = OOB_POOL_REPLY, .tag = m->tag};
	struct oob_pool_reply *r = &re.u.pool_reply;
	session_log_request(s->peer, m);
	int rc = open_pool(s, m, r);
	if (rc == 0) {
		s->phase = POOL_OPEN;
		session_log_start(s->cfg, s->peer, s->copy, s->program);
	} else {
		*r = (struct oob_pool_reply){.status = oob_status_of(rc)};
		if (rc == -EBUSY) /* three heartbeats and a second */
			r->busy_ms = s->silent_ms + 1000;
		(void)snprintf(r->text, sizeof(r->text), "%s", err_msg());
		LOG_INFO("%s: %s", s->peer->text, err_msg());
	}
	return chan_send(&s->peer->ch, &re, oob_deadline(s));
}

static int
on_attach(struct session *s, const struct oob_msg *m)
{
	int rc = check_right(s, ACCESS_WRITE);
	return send_reply(
		s, m->tag, rc < 0 ? rc : inband_attach(s->ib, &m->u.attach));
}

static int
on_set_attr(struct session *s, const struct oob_msg *m)
{
	int rc = check_right(s, ACCESS_WRITE);
	return send_reply(s, m->tag,
		rc < 0 ? rc : copy_set_attr(s->copy, m->u.set_attr.attr));
}

static int
on_stat(struct session *s, const struct oob_msg *m)
{
	struct oob_msg re = {.type = OOB_STAT_REPLY, .tag = m->tag};
	copy_facts(s->copy, &re.u.stat_reply.copy);
	return chan_send(&s->peer->ch, &re, oob_deadline(s));
}

static int
on_remove(struct session *s, const struct oob_msg *m)
{
	int rc = check_right(s, ACCESS_REMOVE);
	if (rc == 0)
		rc = copy_remove(s->cfg, &m->u.remove);
	LOG_NOTICE("%s identity %s: remove '%s': %s", s->peer->text,
		s->peer->identity, m->u.remove.desc,
		rc < 0 ? err_msg() : "done");
	return send_reply(s, m->tag, rc);
}

/*
 * End the pool's session, in any state: 0 when everything that was received
 * is applied and the copy was closed well.
 */
static int
finish(struct session *s, bool is_clean, bool discard)
{
	if (s->phase != POOL_OPEN)
		return 0;
	s->phase = ENDED;
	int stream = inband_stop(s->ib);
	if (FAULT("rpmemd/slow-close")) {
		struct timespec pause = {.tv_sec = 2};
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
on_close(struct session *s, const struct oob_msg *m)
{
	s->reason = "closed by the initiator";
	int rc = finish(s, true, (m->u.close.flags & OOB_CLOSE_F_REMOVE) != 0);
	s->phase = ENDED;
	return send_reply(s, m->tag, rc);
}

typedef int request_fn(struct session *s, const struct oob_msg *m);

/* the protocol: which request is served in which phase */
static const struct {
	enum oob_type type;
	enum phase phase;
	request_fn *serve;
} requests[] = {
	{OOB_HELLO, FRESH, on_hello},
	{OOB_CREATE, GREETED, on_pool},
	{OOB_OPEN, GREETED, on_pool},
	{OOB_REMOVE, GREETED, on_remove},
	{OOB_CLOSE, GREETED, on_close},
	{OOB_ATTACH, POOL_OPEN, on_attach},
	{OOB_SET_ATTR, POOL_OPEN, on_set_attr},
	{OOB_STAT, POOL_OPEN, on_stat},
	{OOB_CLOSE, POOL_OPEN, on_close},
};

static int
serve_request(struct session *s)
{
	struct oob_msg m;
	int rc = chan_recv(&s->peer->ch, &m, oob_deadline(s));
	if (rc < 0)
		return rc;
	s->heard_at = now_ns();
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		if (requests[i].type == m.type && requests[i].phase == s->phase)
			return requests[i].serve(s, &m);
	return err_set(
		-EPROTO, "message %s at the wrong time", oob_type_name(m.type));
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
	int tick = (int)((open ? s->silent_ms : HELLO_MS) / TICKS_PER_TIMEOUT);
	if (chan_pending(&s->peer->ch))
		return serve_request(s);
	int n = poll(fds, ARRAY_LEN(fds), tick);
	if (n < 0 && errno != EINTR)
		return err_sys(-errno, "poll");
	if (n > 0 && fds[1].revents != 0)
		return err_set(-EINTR, "rpmemd is being stopped");
	if (n > 0 && fds[0].revents != 0)
		return serve_request(s);
	if (n > 0 && fds[2].revents != 0) {
		/* a worker that ends with 0 was told to; this one was not */
		int rc = atomic_load(&s->ib->error);
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
	IGNORE(finish(s, false, false));
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
