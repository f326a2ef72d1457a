/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * reach.c -- see reach.h
 */
#include "librpmem/reach.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/env.h"
#include "base/err.h"
#include "librpmem/attach.h"
#include "librpmem/descent.h"
#include "librpmem/dial.h"

/*
 * Send CREATE or OPEN, and load libfabric while the target makes or opens the
 * pool: to allocate a large pool takes as long.
 */
static int
ask_and_load(
	struct rpmem_pool *h, const struct oob_msg *req, struct oob_msg *reply)
{
	int rc = chan_send(&h->ch, req, size_deadline(&h->knobs, h->size));
	if (rc < 0)
		return rc;
	/* a failure is told when the target has answered, by asking again */
	IGNORE(fabric_load(h->knobs.provider));
	return chan_answer(&h->ch, req, OOB_POOL_REPLY, reply,
		size_deadline(&h->knobs, h->size));
}

/* again while another session is about to end */
static int
ask_for_pool(
	struct rpmem_pool *h, const struct oob_msg *req, struct oob_msg *reply)
{
	uint64_t start = now_ns();
	uint64_t pause_ns = 10 * NS_PER_MS;
	const char *what = oob_type_name(req->type);
	for (;;) {
		int rc = ask_and_load(h, req, reply);
		if (rc < 0)
			return err_wrap(rc, "%s: %s", h->target.text, what);
		const struct oob_pool_reply *r = &reply->u.pool_reply;
		if (r->status != OOB_BUSY ||
			now_ns() - start >= r->busy_ms * NS_PER_MS)
			return reply_error(
				h->target.text, what, r->status, r->text);
		/* the holder tells nobody when it ends: ask again */
		struct timespec ts = {.tv_nsec = (long)pause_ns};
		(void)nanosleep(&ts, NULL);
		pause_ns = min_u64(pause_ns * 2, 200 * NS_PER_MS);
	}
}

int
reach_pool(
	struct rpmem_pool *h, const struct oob_msg *req, struct oob_msg *reply)
{
	int rc = oob_greet(&h->ch, &h->target, &h->knobs);
	if (rc < 0)
		return rc;
	int asked = ask_for_pool(h, req, reply);
	/* from here on a failed create has something to take back */
	if (asked == 0 && req->type == OOB_CREATE)
		h->was_created = true;
	/* first, since a target refuses what it knows no provider for */
	rc = fabric_load(h->knobs.provider);
	return rc < 0 ? rc : asked;
}

int
reach_stream(struct rpmem_pool *h, const struct oob_pool_reply *r,
	struct conn **conn_out, struct stream_session *session_out)
{
	uint64_t queue = 50;
	/* The historical rule: garbage keeps the default.  Never fewer than
	 * half: the target tells of credit only when it owes that many. */
	IGNORE(env_u64("RPMEM_WORK_QUEUE_SIZE", 1, UINT32_MAX, &queue));
	*session_out = (struct stream_session){.seed = r->seed,
		.frame_max = r->frame_max,
		.applied_seq = r->copy.applied_seq,
		.copy_size = r->copy.pool_size,
		.credits = (uint32_t)min_u64(
			r->credits, max_u64(queue, (r->credits + 1) / 2))};
	return dial_in_band(h, r, session_out->credits, conn_out);
}

static int
open_again(struct rpmem_pool *h, struct oob_msg *reply)
{
	struct oob_msg req = {.type = OOB_OPEN};
	struct oob_pool_req *p = &req.u.pool_req;
	memcpy(p->desc, h->set_name, sizeof(p->desc));
	(void)snprintf(
		p->provider, sizeof(p->provider), "%s", h->knobs.provider);
	p->pool_size = h->size;
	p->nlanes = h->nlanes;
	p->flags = OOB_OPEN_F_OWNER;
	memcpy(p->owner_id, h->owner_id, UUID16_LEN);
	p->open_counter = h->open_counter;
	return reach_pool(h, &req, reply);
}

/* still the copy that was lost? */
static int
check_copy(struct rpmem_pool *h, const struct oob_copy *copy,
	enum lineage_verdict *verdict_out)
{
	enum attach how = ATTACH_AS_IS;
	int rc = descent_judge(h, verdict_out);
	if (rc < 0)
		return rc;
	bool may = *verdict_out == LINEAGE_ATTACH;
	*verdict_out = LINEAGE_REFUSE;
	rc = attach_decide(copy, h->primary_uuid, h->target.text, &how);
	if (rc == 0 && (how != ATTACH_AS_IS || !may))
		rc = err_set(-ESTALE,
			"'%s' at %s is no copy of this primary any more, or a "
			"rebuild from it was cut short, or its record was "
			"lost: close the pool and open it again",
			h->set_name, h->target.text);
	return rc;
}

int
reach_again(struct rpmem_pool *h, struct conn **conn_out,
	struct stream_session *session_out, struct oob_copy *copy_out,
	enum lineage_verdict *verdict_out)
{
	struct oob_msg reply;
	*verdict_out = LINEAGE_REFUSE;
	remember_try(h);
	mutex_lock(&h->oob_lock);
	chan_fini(&h->ch);
	memset(&h->ch, 0, sizeof(h->ch));
	int rc = open_again(h, &reply);
	if (rc == 0) {
		*copy_out = reply.u.pool_reply.copy;
		rc = check_copy(h, copy_out, verdict_out);
	} else {
		rc = descent_explain(h, rc, verdict_out);
	}
	if (rc == 0)
		rc = reach_stream(
			h, &reply.u.pool_reply, conn_out, session_out);
	if (rc < 0)
		chan_fini(&h->ch); /* which ends the session there */
	mutex_unlock(&h->oob_lock);
	return rc;
}
