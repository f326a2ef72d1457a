/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * handle.c -- opening and closing of a remote pool
 *
 * Order of an open: what can be wrong on this side (target string,
 * environment, key, provider) is found before the target hears of us; then
 * the out-of-band connection, the pool, the in-band connection, the stream;
 * last, for an owner, whether this copy may be attached to.  Nothing is
 * changed at the target before the first data call.
 */
#include "librpmem/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/alone.h"
#include "librpmem/attach.h"
#include "librpmem/descent.h"
#include "librpmem/equal.h"
#include "librpmem/keeper.h"
#include "librpmem/launcher.h"
#include "librpmem/minreplicas.h"
#include "librpmem/reach.h"
#include "librpmem/registry.h"
#include "librpmem/sequencer.h"

#define MIB (1024ULL * 1024)
/* slowest allocation or sync that is not taken for a hang */
#define SLOWEST_MIB_PER_S 100u

uint64_t
size_deadline(const struct knobs *knobs, uint64_t size)
{
	uint64_t ms = size / MIB * 1000 / SLOWEST_MIB_PER_S;
	return deadline_in_ms(ms + knobs->disk_timeout_ms);
}

int
handle_call(struct rpmem_pool *h, struct oob_msg *msg, uint64_t deadline)
{
	const char *what = oob_type_name(msg->type);
	struct oob_msg reply;
	mutex_lock(&h->oob_lock);
	int rc = chan_call(&h->ch, msg, OOB_REPLY, &reply, deadline);
	mutex_unlock(&h->oob_lock);
	if (rc < 0)
		return err_wrap(rc, "%s: %s", h->target.text, what);
	return reply_error(
		h->target.text, what, reply.u.reply.status, reply.u.reply.text);
}

static int
make_stream(
	struct rpmem_pool *h, struct conn *conn, const struct stream_session *s)
{
	bool is_owner = h->role == ROLE_OWNER;
	struct stream_cfg cfg = {.addr = h->addr,
		.size = h->size,
		.whole_lines = is_owner,
		.lines_from = h->has_headers ? POOL_HDR_SIZE : 0,
		.sequencer = sequencer_join(is_owner ? h->addr : NULL,
			h->copy.attr + HDR_POOLSET_UUID,
			max_u64(h->copy.applied_seq,
				h->keeper.memory.past.safe_seq)),
		.acked_seq = h->copy.applied_seq,
		.seed = s->seed,
		.credits = s->credits,
		.frame_max = s->frame_max,
		.timeout_ms = h->knobs.timeout_ms,
		.disk_timeout_ms = h->knobs.disk_timeout_ms,
		.target = h->target.text};
	int rc = 0;
	if (cfg.sequencer == NULL)
		rc = err_set(-ENOMEM, "no memory for a stream");
	if (rc == 0)
		rc = keeper_init(h, &cfg);
	if (rc == 0)
		rc = stream_new(&cfg, conn, &h->st);
	if (rc < 0)
		sequencer_leave(cfg.sequencer);
	return rc;
}

static int
start_stream(struct rpmem_pool *h, const struct oob_pool_reply *r)
{
	struct conn *conn = NULL;
	struct stream_session s;
	int rc = reach_stream(h, r, &conn, &s);
	if (rc < 0)
		return rc;
	rc = make_stream(h, conn, &s);
	if (rc < 0)
		conn_close(conn);
	return rc;
}

static void
make_request(const struct handle_args *a, const struct rpmem_pool *h,
	struct oob_msg *req)
{
	*req = (struct oob_msg){
		.type = a->create_attr != NULL ? OOB_CREATE : OOB_OPEN};
	struct oob_pool_req *p = &req->u.pool_req;
	memcpy(p->desc, h->set_name, sizeof(p->desc));
	(void)snprintf(
		p->provider, sizeof(p->provider), "%s", h->knobs.provider);
	p->pool_size = h->size;
	p->nlanes = h->nlanes;
	p->flags = h->role == ROLE_OWNER ? OOB_OPEN_F_OWNER
		   : a->as_is		 ? OOB_OPEN_F_AS_IS
					 : 0;
	memcpy(p->owner_id, h->owner_id, UUID16_LEN);
	p->open_counter = h->open_counter;
	if (a->create_attr != NULL)
		memcpy(p->attr, a->create_attr, OOB_ATTR_SIZE);
}

static int
take_reply(struct rpmem_pool *h, const struct oob_pool_reply *r)
{
	static const uint8_t zero[OOB_ATTR_SIZE];
	h->copy = r->copy;
	if (r->nlanes < h->nlanes)
		h->nlanes = r->nlanes;
	h->has_headers = memcmp(r->copy.attr, zero, sizeof(zero)) != 0;
	if (h->is_raw && h->has_headers)
		return err_set(-ESTALE,
			"%s: '%s' holds a pool with a header, not a raw one; "
			"name another pool set, with OPTION NOHDRS",
			h->target.text, h->set_name);
	if (h->role == ROLE_OWNER && !h->has_headers && !h->is_raw)
		h->role = ROLE_PASSIVE; /* nobody says whose copy it is */
	h->lane_seq = calloc(h->nlanes, sizeof(*h->lane_seq));
	return h->lane_seq != NULL ? 0 : err_set(-ENOMEM, "no memory");
}

/* the historical switches: VERBS=0 and SOCKETS=0 take a provider away */
static int
check_switches(const struct knobs *k)
{
	const char *name = strcmp(k->provider, "verbs") == 0
				   ? "RPMEM_ENABLE_VERBS"
				   : "RPMEM_ENABLE_SOCKETS";
	uint64_t on = 1;
	IGNORE(env_u64(name, 0, UINT32_MAX, &on));
	if (on != 0)
		return 0;
	return err_set(-ENOMEDIUM, "provider %s is switched off by %s=0",
		k->provider, name);
}

static int
take_name(const struct handle_args *a, struct rpmem_pool *h)
{
	if (strlen(a->set_name) >= sizeof(h->set_name))
		return err_set(-EINVAL, "pool set name is too long");
	if (a->set_name[0] == '\0')
		return err_set(-EINVAL, "%s: the pool set name is empty",
			h->target.text);
	memcpy(h->set_name, a->set_name, strlen(a->set_name) + 1);
	return 0;
}

/* the pool's lineage, if it can be told by now whose it is */
static int
enter(struct rpmem_pool *h)
{
	if (h->role == ROLE_OWNER && !h->is_raw &&
		uuid16_is_zero(h->primary_uuid))
		attach_peek_primary(h);
	return descent_enter(h);
}

static int
prepare(const struct handle_args *a, struct rpmem_pool *h)
{
	h->addr = a->addr;
	h->size = a->size;
	h->nlanes = a->nlanes;
	h->is_explicit = a->is_owner;
	h->is_tool = a->is_tool;
	h->compares_all = a->compares_all;
	h->adopts = a->adopts;
	h->is_raw = a->is_raw;
	if (a->identity != NULL)
		memcpy(h->primary_uuid, a->identity, UUID16_LEN);
	h->stats_path = getenv("RPMEM_STATS");
	uint64_t lanes = a->nlanes;
	IGNORE(env_u64("RPMEM_MAX_NLANES", 1, UINT32_MAX, &lanes));
	h->nlanes = (unsigned)min_u64(lanes, a->nlanes);
	int rc = target_parse(a->target, &h->target);
	if (rc == 0)
		rc = take_name(a, h);
	if (rc == 0)
		rc = knobs_load(&h->knobs);
	if (rc == 0 && a->is_tool)
		h->knobs.compare_ms = UINT32_MAX;
	if (rc == 0)
		rc = check_switches(&h->knobs);
	if (rc == 0)
		rc = attach_role(a, h);
	if (rc == 0)
		rc = onloss_parse(getenv("RPMEM_ON_LOSS"),
			h->role == ROLE_OWNER, &h->onloss);
	if (rc == 0)
		rc = minreplicas_parse(
			getenv(MINREPLICAS_VARIABLE), &h->min_replicas);
	if (rc == 0 && h->role == ROLE_OWNER)
		rc = minreplicas_fits(
			h->min_replicas, h->onloss.survives, h->is_explicit);
	if (rc == 0 && h->onloss.survives)
		rc = notify_parse(
			secure_getenv(NOTIFY_VARIABLE), &h->keeper.notify);
	if (rc == 0)
		rc = onfenced_parse(
			getenv("RPMEM_ON_FENCED"), &h->fence_aborts);
	if (rc == 0)
		rc = remember_find(h, a->create_attr != NULL);
	/* libpmemobj writes its header after rpmem_create */
	if (rc == 0 && (a->create_attr == NULL || h->is_explicit))
		rc = enter(h);
	return rc;
}

static int
start_with(struct rpmem_pool *h, const struct oob_pool_reply *r)
{
	enum lineage_verdict verdict = LINEAGE_ATTACH;
	int rc = take_reply(h, r);
	/* of another pool: no lineage says it as well */
	if (rc == 0 && h->role == ROLE_OWNER && !h->was_created && !h->is_raw)
		rc = attach_read_primary(h);
	if (rc == 0)
		rc = descent_judge(h, &verdict);
	h->if_equal = verdict == LINEAGE_IF_EQUAL;
	return rc == 0 ? start_stream(h, r) : rc;
}

/* without the copy: what is remembered of it stands in for its reply */
static int
start_alone(struct rpmem_pool *h)
{
	static const struct stream_session none;
	struct oob_pool_reply r = {.nlanes = h->nlanes};
	remember_copy(h, &r.copy);
	int rc = take_reply(h, &r);
	return rc == 0 ? make_stream(h, NULL, &none) : rc;
}

static int
build(const struct handle_args *a, struct rpmem_pool *h)
{
	struct oob_msg req;
	struct oob_msg reply;
	int rc = prepare(a, h);
	if (rc < 0)
		return rc;
	make_request(a, h, &req);
	rc = reach_pool(h, &req, &reply);
	if (rc < 0)
		rc = alone_wait(h, &req, &reply, rc);
	if (rc < 0) {
		enum lineage_verdict why;
		return launcher_hint(a, h, descent_explain(h, rc, &why));
	}
	h->was_created = a->create_attr != NULL;
	if (rc == ALONE)
		rc = start_alone(h);
	else
		rc = start_with(h, &reply.u.pool_reply);
	if (rc == 0)
		rc = attach_negotiate(h);
	if (rc == 0)
		launcher_warn(a, h);
	return rc;
}

void
handle_free(struct rpmem_pool *h)
{
	/* one that leaves earlier is closed in order */
	history_leave(h->history, &h->part, 0, false);
	stream_free(h->st);
	keeper_fini(h);
	chan_fini(&h->ch);
	mutex_fini(&h->oob_lock);
	mutex_fini(&h->equal_lock);
	free(h->lane_seq);
	free(h);
}

/* tell the target that this was no session; a created pool goes again */
static void
retreat(struct rpmem_pool *h)
{
	if (!chan_is_open(&h->ch))
		return;
	struct oob_msg bye = {.type = OOB_CLOSE};
	struct oob_msg reply;
	bye.u.close.flags = h->was_created ? OOB_CLOSE_F_REMOVE : 0;
	/* the error that led here is the one to report */
	char text[ERR_MAX];
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	IGNORE(chan_call(&h->ch, &bye, OOB_REPLY, &reply,
		deadline_in_ms(h->knobs.timeout_ms)));
	(void)err_set(0, "%s", text);
}

int
handle_open(const struct handle_args *args, struct rpmem_pool **h_out)
{
	struct rpmem_pool *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return err_set(-ENOMEM, "no memory for a pool handle");
	mutex_init(&h->equal_lock);
	mutex_init(&h->oob_lock);
	int rc = build(args, h);
	if (rc < 0) {
		retreat(h);
		handle_free(h);
		return rc;
	}
	registry_add(h);
	*h_out = h;
	return 0;
}

int
handle_ready(struct rpmem_pool *h)
{
	/* acquire: pairs with the release below, so that a lane that sees it
	 * set appends behind everything that equalising sent */
	if (atomic_load_explicit(&h->is_equal, memory_order_acquire))
		return 0;
	int rc = 0;
	mutex_lock(&h->equal_lock);
	if (!atomic_load_explicit(&h->is_equal, memory_order_relaxed)) {
		if (h->was_created && !h->is_raw)
			rc = attach_read_primary(h);
		if (rc == 0)
			rc = equal_make(h);
		if (rc == 0)
			atomic_store_explicit(
				&h->is_equal, true, memory_order_release);
		/* what is left is the keeper's, which has looked away so far:
		 * not before the next heartbeat would it look again */
		if (rc == 0 && keeper_state(h) != STATE_ATTACHED)
			stream_keep_now(h->st);
	}
	mutex_unlock(&h->equal_lock);
	return rc;
}
