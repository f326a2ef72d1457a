/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper_calls.c -- what the program's calls see of a lost copy; see keeper.h
 *
 * The stream and the state are two words, and the stream changes first: it is
 * looked at first.  With RPMEM_ON_LOSS=block a call sleeps on the keeper's
 * condition; the end of a stream does not signal it, so it looks again.
 */
#include "librpmem/keeper.h"

#include <errno.h>
#include <signal.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"

bool
keeper_is_attached(struct rpmem_pool *h)
{
	/* the stream first: its end is there before the keeper has seen it */
	return !h->onloss.survives ||
	       (stream_error(h->st) == 0 && keeper_state(h) == STATE_ATTACHED);
}

/* will the copy never come back? */
static int
final_error(struct rpmem_pool *h)
{
	enum state s = keeper_state(h);
	if (s == STATE_FENCED || s == STATE_REFUSED)
		return -ESTALE;
	return h->keeper.can_catch_up ? 0 : -ENOTCONN;
}

/* RPMEM_ON_LOSS=block */
static int
wait_attached(struct rpmem_pool *h, int rc, uint64_t deadline)
{
	struct keeper *k = &h->keeper;
	uint64_t until = h->onloss.block_ms == UINT64_MAX
				 ? DEADLINE_NEVER
				 : deadline_in_ms(h->onloss.block_ms);
	bool is_back = false;
	int final = 0;
	mutex_lock(&k->lock);
	for (;;) {
		is_back = keeper_is_attached(h);
		final = is_back ? 0 : final_error(h);
		if (is_back || final < 0 || deadline_passed(until) ||
			deadline_passed(deadline))
			break;
		/* the end of the stream wakes nobody here: look again */
		cond_wait(&k->changed, &k->lock,
			min_u64(min_u64(until, deadline), deadline_in_ms(100)));
	}
	mutex_unlock(&k->lock);
	if (is_back || (deadline_passed(until) && !h->onloss.then_fails))
		return 0;
	if (final < 0)
		return err_set(final, "%s: the copy will not come back",
			h->target.text);
	if (!deadline_passed(until))
		return -EAGAIN;
	return rc < 0 ? rc : -ENOTCONN;
}

int
keeper_result(struct rpmem_pool *h, int rc, bool is_durable, uint64_t deadline)
{
	if (!h->onloss.survives || rc == -EAGAIN || rc == -EINVAL ||
		!atomic_load_explicit(&h->is_equal, memory_order_relaxed))
		return rc;
	if (rc == 0 &&
		(!is_durable || !h->onloss.blocks || keeper_is_attached(h)))
		return 0;
	/* alive, but without the promise: it begins again */
	if (rc < 0 && rc != -ECONNRESET && stream_error(h->st) == 0)
		stream_kill(h->st, rc);
	if (FAULT("librpmem/die-at-loss"))
		(void)raise(SIGKILL);
	if (!is_durable || !h->onloss.blocks)
		return 0;
	return wait_attached(h, rc, deadline);
}

void
keeper_settle(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	uint64_t until = deadline_in_ms(h->knobs.disk_timeout_ms);
	if (!h->onloss.survives)
		return;
	mutex_lock(&k->lock);
	while (keeper_state(h) == STATE_CATCHING_UP && !deadline_passed(until))
		cond_wait(&k->changed, &k->lock, until);
	mutex_unlock(&k->lock);
}

void
keeper_close(struct rpmem_pool *h)
{
	/* relaxed: the pulse acts on it sooner or later, and what it does just
	 * now it would have done a moment before */
	atomic_store_explicit(
		&h->keeper.is_closing, true, memory_order_relaxed);
}

int
keeper_farewell(struct rpmem_pool *h, int rc)
{
	/* a target that has said yes has everything, whatever the stream does
	 */
	bool is_behind = keeper_state(h) != STATE_ATTACHED;
	if (!h->onloss.survives || !atomic_load(&h->is_equal) ||
		(rc == 0 && !is_behind))
		return rc;
	LOG_WARN("replica %s %s is behind its primary, which is closed; the "
		 "next open makes it equal",
		h->target.text, h->set_name);
	return 0;
}
