/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper_open.c -- how a copy is taken into keeping, and let go; see keeper.h
 */
#include "librpmem/keeper_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/log.h"
#include "librpmem/descent.h"
#include "librpmem/equal.h"
#include "librpmem/stream_resend.h"

/* all of it is to be compared; behind what it holds, it is dirty */
static void
compare_from(struct rpmem_pool *h, uint64_t off)
{
	struct keeper *k = &h->keeper;
	uint64_t size = h->size;
	alias_forget(&k->alias);
	k->scan_off = off;
	k->scan_end = min_u64(h->copy.pool_size, size);
	if (k->scan_end < size)
		stream_differs(h->st, k->scan_end, size - k->scan_end);
}

void
keeper_compare_all(struct rpmem_pool *h)
{
	compare_from(h, h->has_headers ? POOL_HDR_SIZE : 0);
}

uint64_t
keeper_window(struct rpmem_pool *h, uint64_t off, uint64_t window, uint64_t end)
{
	const uint8_t *at = NULL;
	uint64_t large = min_u64(
		align_down(off, KEEPER_WINDOW_MAX) + KEEPER_WINDOW_MAX, end);
	if (alias_look(&h->keeper.alias, off, large - off, &at) == ALIAS_HOLE)
		return large;
	return min_u64(align_down(off, window) + window, end);
}

bool
keeper_is_compared(const struct keeper *k)
{
	return k->scan_off >= k->scan_end;
}

bool
keeper_knows(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	uint64_t safe = max_u64(stream_lost_at(h->st), k->memory.past.safe_seq);
	k->is_known = k->is_known && remember_fits(h, &h->copy, safe);
	return k->is_known;
}

bool
keeper_knows_not(struct rpmem_pool *h)
{
	LOG_WARN("'%s' at %s is compared: it differs from the primary where "
		 "nothing was written since it was equal: was the pool, or its "
		 "copy, restored?",
		h->set_name, h->target.text);
	h->keeper.is_known = false;
	return false;
}

bool
keeper_may_wait(const struct rpmem_pool *h)
{
	return h->onloss.survives && h->keeper.can_catch_up &&
	       h->attach == ATTACH_AS_IS;
}

bool
keeper_may_go_on(const struct rpmem_pool *h)
{
	return keeper_may_wait(h) ||
	       (h->onloss.survives && h->was_created && !h->is_explicit);
}

int
keeper_begin_behind(struct rpmem_pool *h, uint64_t off)
{
	uint64_t seq = 0;
	int rc = equal_mark(h, OOB_ATTACH_CATCHING_UP);
	if (rc < 0)
		return rc;
	compare_from(h, off);
	/* behind the mark, as every change */
	if (h->copy.pool_size < h->size)
		rc = stream_grow(h->st, h->size, &seq);
	if (rc < 0)
		return rc;
	/* What calls send from here on is in a journal, which a kill drops.
	 * They are let go first, as where a copy is lost: the keeper may have
	 * it caught up at once, and what it says then is the last word. */
	keeper_let_calls_go(h);
	keeper_change(h, EVENT_BEHIND, "");
	LOG_NOTICE("replica %s %s catches up while the program runs: %llu "
		   "KiB%s",
		h->target.text, h->set_name,
		(unsigned long long)stream_dirty(h->st) / 1024,
		keeper_is_compared(&h->keeper) ? ""
					       : ", and all of it is compared");
	return 0;
}

int
keeper_settled(struct rpmem_pool *h)
{
	int rc = descent_follow(h);
	if (rc < 0 || !h->onloss.survives)
		return rc;
	h->keeper.scan_off = UINT64_MAX;
	remember_attached(h);
	keeper_show(h);
	return 0;
}

bool
keeper_begin_lost(struct rpmem_pool *h, int rc)
{
	if (rc == -ESTALE || rc == -EPERM || rc == -ENOMEM || rc == -EINVAL)
		return false;
	/* alive, perhaps, but nobody knows how far it got */
	stream_kill(h->st, rc);
	if (!h->keeper.is_known)
		keeper_compare_all(h);
	return true;
}

int
keeper_init(struct rpmem_pool *h, struct stream_cfg *cfg)
{
	struct keeper *k = &h->keeper;
	atomic_init(&k->state, STATE_ATTACHED);
	atomic_init(&k->is_closing, false);
	atomic_init(&k->has_all, false);
	/* one that is lost before it was ever attached pauses, too */
	k->backoff_ms = KEEPER_BACKOFF_MIN_MS;
	mutex_init(&k->lock);
	cond_init(&k->changed);
	alias_init(&k->alias);
	k->is_made = true;
	if (h->role != ROLE_OWNER)
		h->onloss = (struct onloss){.survives = false};
	if (!h->onloss.survives) {
		remember_end(h, false); /* it has turned out to be passive */
		return 0;
	}
	k->block = malloc(MARKS_BLOCK);
	if (k->block == NULL || remember_begin(h, &k->is_known) < 0)
		return err_set(-ENOMEM, "no memory for a pool handle");
	if (k->memory.has_file)
		cfg->safe_seq = &k->memory.file.live->safe_seq;
	k->scan_off = k->scan_end = k->is_known ? UINT64_MAX : 0;
	/* A create by libpmemobj is not over when the copy is equal for the
	 * first time, and nobody tells when it is: such a copy stays
	 * "creating" until a clean close, which only its first session has. */
	bool is_creating = h->was_created && !h->is_explicit;
	bool has_alias = alias_add(&k->alias, h->addr, 0, h->size) == 0;
	k->can_catch_up = has_alias && !is_creating;
	if (!has_alias)
		LOG_WARN("%s: %s; should the copy be lost, it is made equal "
			 "at the next open only",
			h->target.text, err_msg());
	cfg->marks = &k->marks;
	cfg->keep = keeper_keep;
	cfg->keep_arg = h;
	return 0;
}

void
keeper_remember(struct rpmem_pool *h, bool has_all)
{
	struct keeper *k = &h->keeper;
	if (!h->onloss.survives)
		return;
	if (has_all)
		marks_closed(&k->marks);
	bool is_known =
		atomic_load(&h->is_equal) ? keeper_is_compared(k) : k->is_known;
	remember_end(h, is_known);
}

void
keeper_fini(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	remember_end(h, false);
	notify_fini(&k->notify);
	if (!k->is_made)
		return;
	alias_fini(&k->alias);
	marks_fini(&k->marks);
	free(k->block);
	cond_fini(&k->changed);
	mutex_fini(&k->lock);
}

/* how fast it catches up: what is compared first, and then what is sent */
static uint64_t
speed(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	bool is_comparing = !keeper_is_compared(k);
	if (keeper_state(h) != STATE_CATCHING_UP)
		k->speed = (struct speed){.at = 0};
	else
		speed_take(&k->speed, is_comparing,
			is_comparing ? k->scan_off : k->resent, now_ns());
	return k->speed.bytes_per_s;
}

void
keeper_show(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	struct stats s;
	uint64_t appended = 0;
	uint64_t acked = 0;
	if (!k->memory.has_file || h->st == NULL)
		return;
	struct statefile_live *live = k->memory.file.live;
	stream_numbers(h->st, &appended, &acked);
	stream_stats(h->st, &s);
	live_set(&live->appended_seq, appended);
	live_set(&live->acked_seq, acked);
	live_set(&live->dirty_bytes, stream_dirty(h->st));
	live_set(&live->is_settled, keeper_is_compared(k));
	live_set(&live->scanned_to, min_u64(k->scan_off, k->scan_end));
	live_set(&live->losses, k->losses);
	live_set(&live->resent_bytes, k->resent);
	live_set(&live->speed, speed(h));
	live_set(&live->waits, s.waits);
	live_set(&live->rtt_p50_ns, stats_quantile(&s, 500));
	live_set(&live->rtt_p99_ns, stats_quantile(&s, 990));
	live_set(&live->last_error, (uint64_t)-k->error);
	statefile_live_touch(live);
}

int
keeper_make_room(struct rpmem_pool *h, uint64_t size)
{
	if (!h->onloss.survives || remember_grow(h, size) == 0)
		return 0;
	LOG_WARN("%s: %s", h->target.text, err_msg());
	stream_kill(h->st, -ENOMEM);
	return -ENOMEM;
}

void
keeper_grow(struct rpmem_pool *h, uint64_t old_size, bool has_failed)
{
	struct keeper *k = &h->keeper;
	if (!h->onloss.survives)
		return;
	if (has_failed) /* no bits for the new blocks */
		k->can_catch_up = false;
	if (k->can_catch_up && alias_add(&k->alias, h->addr, old_size,
				       h->size - old_size) < 0) {
		LOG_WARN("%s: %s", h->target.text, err_msg());
		k->can_catch_up = false;
	}
}
