/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * session_requests.c -- what a session answers
 *
 * The table at the end is the protocol: which request is answered in which
 * phase.
 */
#include "rpmemd/session_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "rpmemd/copy_inspect.h"
#include "rpmemd/copy_lineage.h"
#include "rpmemd/copy_room.h"
#include "rpmemd/retire.h"
#include "rpmemd/session_log.h"

#define LANES_MAX 1024u

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
on_lineage(struct session *s, const struct oob_msg *m)
{
	struct oob_msg re = {.type = OOB_LINEAGE_REPLY, .tag = m->tag};
	struct oob_lineage_reply *r = &re.u.lineage_reply;
	int rc = check_right(s, ACCESS_READ);
	if (rc == 0)
		rc = copy_tell_lineage(s->cfg, m->u.lineage.desc, r);
	if (rc < 0) {
		r->status = oob_status_of(rc);
		(void)snprintf(r->text, sizeof(r->text), "%s", err_msg());
	}
	return chan_send(&s->peer->ch, &re, oob_deadline(s));
}

static int
on_look(struct session *s, const struct oob_msg *m)
{
	struct oob_msg re = {.type = OOB_LOOK_REPLY, .tag = m->tag};
	struct oob_look_reply *r = &re.u.look_reply;
	if (FAULT("rpmemd/no-look")) /* as a target that is older */
		return err_set(-EPROTO, "message of unknown type");
	int rc = check_right(s, ACCESS_READ);
	if (rc == 0)
		rc = copy_inspect(s->cfg, &m->u.look, r);
	if (rc < 0) {
		*r = (struct oob_look_reply){.status = oob_status_of(rc)};
		(void)snprintf(r->text, sizeof(r->text), "%s", err_msg());
	}
	return chan_send(&s->peer->ch, &re, oob_deadline(s));
}

static int
on_room(struct session *s, const struct oob_msg *m)
{
	struct oob_msg re = {.type = OOB_ROOM_REPLY, .tag = m->tag};
	struct oob_room_reply *r = &re.u.room_reply;
	if (FAULT("rpmemd/no-look")) /* as a target that is older */
		return err_set(-EPROTO, "message of unknown type");
	int rc = check_right(s, ACCESS_READ);
	if (rc == 0)
		rc = copy_room(s->cfg, m->u.room.desc, r);
	if (rc < 0) {
		*r = (struct oob_room_reply){.status = oob_status_of(rc)};
		(void)snprintf(r->text, sizeof(r->text), "%s", err_msg());
	}
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

static int
on_close(struct session *s, const struct oob_msg *m)
{
	s->reason = "closed by the initiator";
	int rc = session_finish(
		s, true, (m->u.close.flags & OOB_CLOSE_F_REMOVE) != 0);
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
	{OOB_LINEAGE, GREETED, on_lineage},
	{OOB_LINEAGE, POOL_OPEN, on_lineage},
	{OOB_LOOK, GREETED, on_look},
	{OOB_ROOM, GREETED, on_room},
	{OOB_REMOVE, GREETED, on_remove},
	{OOB_CLOSE, GREETED, on_close},
	{OOB_ATTACH, POOL_OPEN, on_attach},
	{OOB_SET_ATTR, POOL_OPEN, on_set_attr},
	{OOB_STAT, POOL_OPEN, on_stat},
	{OOB_CLOSE, POOL_OPEN, on_close},
};

int
session_serve(struct session *s)
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
