/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper.c -- what the pulse thread does; see keeper.h, states.c
 */
#include "librpmem/keeper_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/log.h"
#include "librpmem/descent.h"
#include "librpmem/equal.h"
#include "librpmem/reach.h"

#define SHOW_MS 100u
#define BACKOFF_MAX_MS 5000u

enum state
keeper_state(struct rpmem_pool *h)
{
	/* acquire: what the keeper did before a change is seen behind it */
	return (enum state)atomic_load_explicit(
		&h->keeper.state, memory_order_acquire);
}

void
keeper_change(struct rpmem_pool *h, enum event event, const char *why)
{
	struct keeper *k = &h->keeper;
	enum state from = keeper_state(h);
	int to = state_after(from, event);
	if (to == STATE_NONE)
		return;
	mutex_lock(&k->lock);
	atomic_store_explicit(&k->state, to, memory_order_release);
	cond_wake_all(&k->changed);
	mutex_unlock(&k->lock);
	if (k->memory.has_file)
		statefile_live_enter(k->memory.file.live, (enum state)to);
	keeper_show(h);
	if ((enum state)to == from)
		return;
	if (to == STATE_FENCED)
		atomic_store(&h->part.is_out, false); /* no call returns */
	struct notify_event e = {.target = h->target.text,
		.set_name = h->set_name,
		.from = from,
		.to = (enum state)to,
		.reason = why};
	notify_run(&k->notify, &e);
}

/* ---- lost ---- */

/* the same reason again and again is said once */
void
keeper_say(struct keeper *k)
{
	if (strcmp(k->said, err_msg()) != 0)
		LOG_WARN("%s", err_msg());
	if (k->memory.has_file)
		statefile_live_say(k->memory.file.live, err_msg());
	(void)snprintf(k->said, sizeof(k->said), "%s", err_msg());
}

static uint64_t
back_off(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	/* several programs that lost the same target do not come together */
	uint32_t jitter = (uint32_t)((uintptr_t)h / 64 + now_ns()) %
			  (k->backoff_ms / 4 + 1);
	k->next_try = deadline_in_ms(k->backoff_ms + jitter);
	k->backoff_ms = MIN_OF(k->backoff_ms * 2, BACKOFF_MAX_MS);
	return k->next_try;
}

/*
 * Where no policy holds calls up, at once, so that the first of them does not
 * wait for it; else with the first call that is let go: until then nothing is
 * promised that the copy has not got, and it may be promoted as what it is.
 */
void
keeper_let_calls_go(struct rpmem_pool *h)
{
	atomic_store(&h->keeper.has_all, false);
	remember_alone(h);
	if (h->onloss.blocks || h->min_replicas != 0)
		history_lost(h->history, &h->part);
	else if (descent_release(h) < 0)
		LOG_ERR("%s; durable calls wait until this can be written",
			err_msg());
}

/* the copy is the primary now: whatever this program promised from here on
 * would be lost */
static void
fenced(struct rpmem_pool *h)
{
	char why[ERR_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	LOG_ERR("%s", why);
	keeper_change(h, EVENT_PROMOTED, why);
	if (!h->fence_aborts)
		return;
	LOG_ERR("this program ends, since no durable call may return any more "
		"(RPMEM_ON_FENCED)");
	abort();
}

static void
lost(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	int error = stream_error(h->st);
	k->error = error;
	bool was_attached = keeper_state(h) != STATE_CATCHING_UP;
	k->losses++;
	if (error == -ESTALE) {
		IGNORE(err_set(error,
			"the copy '%s' at %s is being promoted there: it is "
			"the primary from now on",
			h->set_name, h->target.text));
		fenced(h);
		return;
	}
	/* before a call returns without the copy: see keeper_result */
	keeper_let_calls_go(h);
	keeper_change(h, EVENT_LOST, strerror(-error));
	/* one that comes back only to be lost again has its pauses grow */
	if (!was_attached) {
		LOG_WARN("replica %s %s is lost again before it had caught up: "
			 "%s",
			h->target.text, h->set_name, strerror(-error));
		(void)back_off(h);
		return;
	}
	k->backoff_ms = KEEPER_BACKOFF_MIN_MS;
	k->next_try = deadline_in_ms(k->backoff_ms);
	k->said[0] = '\0';
	LOG_ERR("replica %s %s is lost: %s; the program goes on, %s",
		h->target.text, h->set_name, strerror(-error),
		k->can_catch_up ? "and the copy catches up when it is back"
				: "the copy is made equal at the next open");
}

/* ---- lagging ---- */

static void
lags(struct rpmem_pool *h)
{
	/* before a call returns without the copy: see keeper_result */
	keeper_let_calls_go(h);
	keeper_change(h, EVENT_STUCK, "nothing is made durable");
	LOG_ERR("replica %s %s lags: it answers, but made nothing durable for "
		"%u ms (RPMEM_DISK_TIMEOUT_MS); calls do not wait for it: look "
		"at the target's disk",
		h->target.text, h->set_name, h->knobs.disk_timeout_ms);
}

/*
 * All that calls have returned without was in the stream, in order, and is
 * durable now: the copy has missed nothing.
 */
static void
goes_on(struct rpmem_pool *h)
{
	if (descent_follow(h) < 0)
		return; /* looked at again, or lost */
	remember_attached(h);
	keeper_change(h, EVENT_PROGRESS, "");
	LOG_NOTICE("replica %s %s makes progress again and has everything",
		h->target.text, h->set_name);
}

static uint64_t
watch(struct rpmem_pool *h)
{
	bool does_lag = stream_lags(h->st);
	if (does_lag && keeper_state(h) == STATE_ATTACHED)
		lags(h);
	else if (!does_lag && keeper_state(h) == STATE_LAGGING)
		goes_on(h);
	if (keeper_state(h) == STATE_ATTACHED && descent_tell(h) < 0)
		LOG_WARN("%s", err_msg()); /* a stream that has ended says so */
	if (keeper_state(h) != STATE_LAGGING)
		return NOTHING_TO_DO;
	/* nobody may be waiting any more, and so nobody asks */
	IGNORE(stream_submit_to(h->st, stream_last(h->st)));
	return deadline_in_ms(SHOW_MS);
}

/* ---- reached again ---- */

static int
begin_catching_up(struct rpmem_pool *h, struct conn *conn,
	const struct stream_session *session, const struct oob_copy *copy)
{
	struct keeper *k = &h->keeper;
	bool fits = remember_fits(h, copy, stream_lost_at(h->st));
	int rc = equal_mark(h, OOB_ATTACH_CATCHING_UP);
	if (rc < 0) {
		conn_close(conn);
		return rc;
	}
	h->copy = *copy;
	alias_forget(&k->alias);
	if (k->memory.has_file)
		live_add(&k->memory.file.live->reconnects, 1);
	/* A comparison that was begun goes on where it was: what was found to
	 * be equal has changed by records only, which are marked. */
	if (!fits)
		keeper_compare_all(h);
	stream_restart(h->st, conn, session);
	keeper_change(h, EVENT_RECONNECTED, "");
	LOG_NOTICE("replica %s %s is back and catches up: %llu KiB%s",
		h->target.text, h->set_name,
		(unsigned long long)stream_dirty(h->st) / 1024,
		keeper_is_compared(k) ? "" : ", and all of it is compared");
	return 0;
}

static uint64_t
try_again(struct rpmem_pool *h)
{
	struct conn *conn = NULL;
	struct stream_session session;
	struct oob_copy copy = {0};
	enum lineage_verdict verdict = LINEAGE_REFUSE;
	int rc = reach_again(h, &conn, &session, &copy, &verdict);
	if (rc == -ESTALE) {
		char why[ERR_MAX];
		if (verdict == LINEAGE_FENCED) {
			fenced(h);
			return NOTHING_TO_DO;
		}
		(void)snprintf(why, sizeof(why), "%s", err_msg());
		keeper_change(h, EVENT_NOT_OURS, why);
		LOG_ERR("%s; it is not tried any more", why);
		return NOTHING_TO_DO;
	}
	if (rc == 0)
		rc = begin_catching_up(h, conn, &session, &copy);
	if (rc == 0)
		return AT_ONCE;
	keeper_say(&h->keeper);
	return back_off(h);
}

/* The lock: a close that begins now sees the same end of the stream. */
static bool
is_lost(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	enum state s = keeper_state(h);
	if (s != STATE_ATTACHED && s != STATE_LAGGING && s != STATE_CATCHING_UP)
		return false;
	mutex_lock(&k->lock);
	bool is = !k->is_closing && stream_error(h->st) != 0;
	mutex_unlock(&k->lock);
	return is;
}

/* what its state asks for; when it asks again */
static uint64_t
keep_copy(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	switch (keeper_state(h)) {
	case STATE_DEGRADED:
		if (!k->can_catch_up)
			return NOTHING_TO_DO;
		return deadline_passed(k->next_try) ? try_again(h)
						    : k->next_try;
	case STATE_CATCHING_UP:
		return deadline_passed(k->next_try) ? keeper_catch_up(h)
						    : k->next_try;
	case STATE_ATTACHED:
	case STATE_LAGGING:
		return watch(h);
	case STATE_FENCED:
	case STATE_REFUSED:
		break;
	}
	return NOTHING_TO_DO;
}

uint64_t
keeper_keep(void *arg)
{
	struct rpmem_pool *h = arg;
	struct keeper *k = &h->keeper;
	/* before the first equalising a loss is an error of the open */
	if (!atomic_load(&h->is_equal) || k->is_closing)
		return NOTHING_TO_DO;
	if (deadline_passed(k->show_at)) {
		keeper_show(h);
		notify_poll(&k->notify);
		history_top_up(h->history);
		k->show_at = deadline_in_ms(SHOW_MS);
	}
	if (is_lost(h))
		lost(h);
	uint64_t next = keep_copy(h);
	return min_u64(next, keeper_verify(h));
}
