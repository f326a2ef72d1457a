/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper_calls.c -- what the program's calls see of a lost copy; see keeper.h
 *
 * The stream and the state are two words, and the stream changes first: it is
 * looked at first.  With RPMEM_ON_LOSS=block a call sleeps on the keeper's
 * condition; the end of a stream does not signal it, so it looks again.
 */
#include "librpmem/keeper_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/descent.h"
#include "librpmem/registry.h"
#include "librpmem/stream_resend.h"

#define ABORT_WAIT_MS 5000u

bool
keeper_is_attached(struct rpmem_pool *h)
{
	/* the stream first: its end is there before the keeper has seen it */
	return !h->onloss.survives ||
	       (stream_error(h->st) == 0 && keeper_state(h) == STATE_ATTACHED);
}

/*
 * Will the copy never come back?  One that is refused is merely wrong, and
 * stops nobody whose calls return without it after a time (-ESTALE would).
 */
static int
final_error(struct rpmem_pool *h)
{
	enum state s = keeper_state(h);
	bool is_limited = h->onloss.block_ms != UINT64_MAX;
	if (s == STATE_FENCED || (s == STATE_REFUSED && !is_limited))
		return -ESTALE;
	if (s == STATE_REFUSED)
		return -ENOTCONN;
	return h->keeper.can_catch_up ? 0 : -ENOTCONN;
}

/*
 * The copy was promoted.  Told in the stream first; the keeper is about to see
 * it.  With RPMEM_ON_FENCED=abort a call does not return any more, also not
 * with an error: who takes that for a loss would go on until the keeper ends
 * the program.
 */
static int
is_fenced(struct rpmem_pool *h)
{
	if (keeper_state(h) != STATE_FENCED && stream_error(h->st) != -ESTALE)
		return 0;
	uint64_t until = deadline_in_ms(ABORT_WAIT_MS);
	while (h->fence_aborts && h->onloss.survives) {
		struct timespec ts = {.tv_nsec = 100 * (long)NS_PER_MS};
		/* it does not run any more: the process is at its exit */
		if (deadline_passed(until))
			abort();
		(void)nanosleep(&ts, NULL);
	}
	return err_set(-ESTALE,
		"the copy '%s' at %s was promoted: it is the primary now, and "
		"this pool is not to be changed any more",
		h->set_name, h->target.text);
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
	bool is_over = deadline_passed(until) || final == -ENOTCONN;
	bool may_go_on =
		h->onloss.block_ms != UINT64_MAX && !h->onloss.then_fails;
	if (is_back || (is_over && may_go_on))
		return 0;
	if (final < 0) {
		IGNORE(is_fenced(h)); /* which may end here */
		return err_set(final, "%s: the copy will not come back",
			h->target.text);
	}
	if (!deadline_passed(until))
		return -EAGAIN;
	return err_set(rc < 0 ? rc : -ENOTCONN,
		"%s: the copy is away, and was not back within %llu ms "
		"(RPMEM_ON_LOSS)",
		h->target.text, (unsigned long long)h->onloss.block_ms);
}

/*
 * Before a call returns without the copy that has to be in the lineage, here
 * and at the copies that follow.  What keeps it from being written (a full
 * disk) holds the calls up: they would promise what a copy that is promoted
 * later does not know that it lacks.
 */
static int
let_go(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	bool is_said = false;
	int rc = 0;
	while ((rc = is_fenced(h)) == 0 && (rc = descent_release(h)) < 0) {
		if (rc == -ECANCELED)
			return rc;
		if (!is_said)
			LOG_ERR("%s; this call waits until it can be written",
				err_msg());
		is_said = true;
		mutex_lock(&k->lock);
		cond_wait(&k->changed, &k->lock, deadline_in_ms(100));
		mutex_unlock(&k->lock);
	}
	return rc;
}

/* RPMEM_MIN_REPLICAS: until enough copies of this pool follow it */
static int
wait_enough(struct rpmem_pool *h, uint64_t deadline)
{
	struct keeper *k = &h->keeper;
	unsigned others = h->min_replicas != 0 ? h->min_replicas - 1 : 0;
	bool is_said = false;
	int rc = 0;
	while (others != 0 && rc == 0 && registry_attached(h->addr) < others) {
		if (!is_said)
			LOG_WARN("%s %s: durable calls wait for %u copies, the "
				 "primary included (RPMEM_MIN_REPLICAS)",
				h->target.text, h->set_name, h->min_replicas);
		is_said = true;
		if (deadline_passed(deadline))
			rc = -EAGAIN;
		/* another handle's copy wakes nobody here: look again */
		mutex_lock(&k->lock);
		cond_wait(&k->changed, &k->lock,
			min_u64(deadline, deadline_in_ms(100)));
		mutex_unlock(&k->lock);
	}
	return rc;
}

bool
keeper_goes_on(struct rpmem_pool *h)
{
	return h->onloss.survives && !h->onloss.blocks &&
	       h->min_replicas == 0 && stream_is_down(h->st) &&
	       atomic_load_explicit(&h->part.is_out, memory_order_acquire);
}

/*
 * A durable call is about to return.  With what the copy has acknowledged, if
 * it was attached; the keeper may not have seen yet that it is lost.
 */
static int
promise(struct rpmem_pool *h, bool is_acked, uint64_t deadline)
{
	int rc = h->min_replicas != 0 ? wait_enough(h, deadline) : 0;
	bool has_it = is_acked && keeper_state(h) == STATE_ATTACHED;
	return rc == 0 && !has_it ? let_go(h) : rc;
}

int
keeper_result(struct rpmem_pool *h, int rc, bool is_durable, uint64_t deadline)
{
	if (rc == -EAGAIN || rc == -EINVAL ||
		!atomic_load_explicit(&h->is_equal, memory_order_relaxed))
		return rc;
	if (!h->onloss.survives)
		return rc == 0 && is_durable && h->min_replicas != 0
			       ? wait_enough(h, deadline)
			       : rc;
	if (rc == 0 &&
		(!is_durable || !h->onloss.blocks || keeper_is_attached(h)))
		return is_durable ? promise(h, true, deadline) : 0;
	/* alive, but without the promise: it begins again, unless it only
	 * takes its time, and has missed nothing */
	if (rc < 0 && rc != -ECONNRESET && stream_error(h->st) == 0 &&
		(!stream_lags(h->st) || keeper_state(h) == STATE_CATCHING_UP))
		stream_kill(h->st, rc);
	if (FAULT("librpmem/die-at-loss"))
		(void)raise(SIGKILL);
	if (!is_durable)
		return is_fenced(h);
	rc = h->onloss.blocks ? wait_attached(h, rc, deadline) : 0;
	return rc == 0 ? promise(h, false, deadline) : rc;
}

void
keeper_fails(struct rpmem_pool *h, int rc)
{
	char why[ERR_MAX];
	if (rc >= 0 || rc == -EAGAIN || rc == -EINVAL || !h->is_explicit ||
		h->role != ROLE_OWNER || !atomic_load(&h->is_equal) ||
		keeper_state(h) == STATE_FENCED ||
		stream_error(h->st) == -ESTALE)
		return;
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	IGNORE(let_go(h)); /* fenced since, or the process exits */
	(void)err_set(rc, "%s", why);
}

int
keeper_read(struct rpmem_pool *h, uint64_t off, void *dst, uint64_t len)
{
	uint8_t words[4096];
	uint8_t *to = dst;
	unsigned tries = 0;
	while (len != 0) {
		uint64_t from = align_down(off, 8);
		uint64_t n = min_u64(len, sizeof(words) - (off - from));
		int rc = keeper_read_alias(
			h, from, words, align_up(off - from + n, 8));
		if (rc == -EAGAIN && tries++ < 100)
			continue; /* a line that is never quiet */
		if (rc < 0)
			return rc;
		memcpy(to, words + (off - from), n);
		off += n;
		to += n;
		len -= n;
	}
	return 0;
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

bool
keeper_let_go(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	mutex_lock(&k->lock);
	k->is_closing = true;
	bool has_all = keeper_is_attached(h);
	mutex_unlock(&k->lock);
	/* Nothing is dirty of a stream that is up.  If it has ended since all
	 * was acknowledged, nobody knows why: that is a loss. */
	return has_all && stream_dirty(h->st) == 0;
}

int
keeper_farewell(struct rpmem_pool *h, int rc, bool has_all)
{
	if (!h->onloss.survives || !atomic_load(&h->is_equal) ||
		(rc == 0 && has_all))
		return rc;
	LOG_WARN("replica %s %s is behind its primary, which is closed; the "
		 "next open makes it equal",
		h->target.text, h->set_name);
	return 0;
}
