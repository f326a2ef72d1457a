/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper.c -- what the pulse thread does; see keeper.h, states.c
 *
 * Catching up.  Blocks come in no order of the primary's history, so the target
 * keeps them, and the records between them, in a journal, until it has
 * everything (stream_resend.c has the argument); then it takes them over in one
 * step (rpmemd/catchup.c).  What has to be sent are the dirty blocks, if the
 * copy still holds all that it acknowledged.  That it does is known only from
 * the number it says it has applied, which a target does not trust itself after
 * its machine went down: a smaller one, and all blocks are compared first, by
 * digest.  Then there is no journal; the copy is marked "equalising" durably
 * before the first record, and unmarked when it has everything.
 *
 * The program's records go first: not more than BURST blocks are under way.
 * While the program appends it is one, and then a pause of SHARE times as long,
 * so that most of its calls meet no block on their way; a link or a processor
 * that blocks fill would make each call wait for whole blocks.  It comes to an
 * end all the same, since live records make no block dirty again.
 */
#include "librpmem/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/equal.h"
#include "librpmem/reach.h"
#include "wire/frame.h"

#define BURST 4u
#define SHARE 3u
#define SCAN_WINDOW (16 * MARKS_BLOCK)
#define BACKOFF_MIN_MS 100u
#define BACKOFF_MAX_MS 5000u
#define NOTHING_TO_DO UINT64_MAX
#define AT_ONCE 0u

enum state
keeper_state(struct rpmem_pool *h)
{
	/* acquire: what the keeper did before a change is seen behind it */
	return (enum state)atomic_load_explicit(
		&h->keeper.state, memory_order_acquire);
}

static void
change(struct rpmem_pool *h, enum event event)
{
	struct keeper *k = &h->keeper;
	int to = state_after(keeper_state(h), event);
	if (to == STATE_NONE)
		return;
	mutex_lock(&k->lock);
	atomic_store_explicit(&k->state, to, memory_order_release);
	cond_wake_all(&k->changed);
	mutex_unlock(&k->lock);
}

/* ---- lost ---- */

/* the same reason again and again is said once */
static void
say(struct keeper *k)
{
	if (strcmp(k->said, err_msg()) != 0)
		LOG_WARN("%s", err_msg());
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

static void
lost(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	int error = stream_error(h->st);
	bool was_attached = keeper_state(h) == STATE_ATTACHED;
	change(h, EVENT_LOST);
	k->losses++;
	/* one that comes back only to be lost again has its pauses grow */
	if (!was_attached) {
		LOG_WARN("replica %s %s is lost again before it had caught up: "
			 "%s",
			h->target.text, h->set_name, strerror(-error));
		(void)back_off(h);
		return;
	}
	k->backoff_ms = BACKOFF_MIN_MS;
	k->next_try = deadline_in_ms(k->backoff_ms);
	k->said[0] = '\0';
	LOG_ERR("replica %s %s is lost: %s; the program goes on, %s",
		h->target.text, h->set_name, strerror(-error),
		k->can_catch_up ? "and the copy catches up when it is back"
				: "the copy is made equal at the next open");
}

/* ---- reached again ---- */

static int
begin_catching_up(struct rpmem_pool *h, struct conn *conn,
	const struct stream_session *session, const struct oob_copy *copy)
{
	struct keeper *k = &h->keeper;
	/* A comparison that was begun goes on, whatever the copy says now: the
	 * records that reached it meanwhile have raised its number. */
	if (copy->applied_seq < stream_lost_at(h->st))
		k->scan_off = h->has_headers ? POOL_HDR_SIZE : 0;
	bool has_all = k->scan_off >= h->size;
	/* a journal answers no digests */
	k->is_journalled = has_all;
	int rc = equal_mark(
		h, has_all ? OOB_ATTACH_CATCHING_UP : OOB_ATTACH_EQUALISING);
	if (rc < 0) {
		conn_close(conn);
		return rc;
	}
	h->copy = *copy;
	stream_restart(h->st, conn, session);
	change(h, EVENT_RECONNECTED);
	LOG_NOTICE("replica %s %s is back and catches up: %llu KiB%s",
		h->target.text, h->set_name,
		(unsigned long long)stream_dirty(h->st) / 1024,
		has_all ? "" : ", and all of it is compared");
	return 0;
}

static uint64_t
try_again(struct rpmem_pool *h)
{
	struct conn *conn = NULL;
	struct stream_session session;
	struct oob_copy copy = {0};
	int rc = reach_again(h, &conn, &session, &copy);
	if (rc == -ESTALE) {
		LOG_ERR("%s; it is not tried any more", err_msg());
		change(h, reach_is_promoted(&copy) ? EVENT_PROMOTED
						   : EVENT_NOT_OURS);
		return NOTHING_TO_DO;
	}
	if (rc == 0)
		rc = begin_catching_up(h, conn, &session, &copy);
	if (rc == 0)
		return AT_ONCE;
	say(&h->keeper);
	return back_off(h);
}

/* ---- catching up ---- */

static int
read_alias(void *arg, uint64_t off, void *dst, uint64_t len)
{
	struct rpmem_pool *h = arg;
	int rc = alias_read(&h->keeper.alias, off, dst, len);
	return rc < 0 ? err_sys(rc, "cannot read the pool's memory at %llu",
				(unsigned long long)off)
		      : 0;
}

/* one window of the comparison: what differs becomes dirty */
static int
scan(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	uint64_t theirs[SCAN_WINDOW / MARKS_BLOCK];
	uint64_t off = k->scan_off;
	uint64_t end =
		min_u64(align_down(off, SCAN_WINDOW) + SCAN_WINDOW, h->size);
	int rc = 0;
	if (FAULT("librpmem/slow-scan")) {
		struct timespec pause = {.tv_nsec = 100 * NS_PER_MS};
		(void)nanosleep(&pause, NULL);
	}
	/* of the first block the header page is left out */
	if (off % MARKS_BLOCK != 0)
		end = min_u64(align_up(off, MARKS_BLOCK), end);
	rc = stream_digests(
		h->st, off, end - off, (uint32_t)MARKS_BLOCK, theirs);
	for (uint64_t i = 0; rc == 0 && off < end; i++) {
		uint64_t n = min_u64(MARKS_BLOCK, end - off);
		rc = read_alias(h, off, k->block, n);
		if (rc == 0 && block_digest(k->block, n) != theirs[i])
			stream_differs(h->st, off, n);
		off += n;
	}
	if (rc == 0)
		k->scan_off = end < h->size ? end : UINT64_MAX;
	return rc;
}

static int
send_some(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	uint64_t sent = 0;
	uint64_t n = 1;
	int rc = 0;
	uint64_t start = now_ns();
	uint64_t appends = stream_appends(h->st);
	bool is_busy = appends != k->appends;
	k->appends = appends;
	for (unsigned i = 0; rc == 0 && n != 0 && i < (is_busy ? 1 : BURST);
		i++) {
		rc = stream_resend(h->st, read_alias, h, &n);
		sent += n;
	}
	if (rc == 0)
		rc = stream_wait(h->st, stream_last(h->st),
			deadline_in_ms(h->knobs.disk_timeout_ms));
	k->resent += sent;
	uint64_t rate = h->knobs.resync_rate;
	uint64_t now = now_ns();
	k->next_try = now + (is_busy ? SHARE * (now - start) : 0);
	if (rate != 0)
		k->next_try =
			max_u64(k->next_try, start + sent * NS_PER_SEC / rate);
	if (FAULT("librpmem/die-catching-up"))
		(void)raise(SIGKILL);
	return rc;
}

static int
finish(struct rpmem_pool *h)
{
	int rc = equal_mark(h, h->keeper.is_journalled ? OOB_ATTACH_CAUGHT_UP
						       : OOB_ATTACH_EQUALISED);
	if (rc < 0 || !stream_caught_up(h->st))
		return rc;
	change(h, EVENT_CAUGHT_UP);
	LOG_NOTICE("replica %s %s has caught up; %llu KiB were sent again",
		h->target.text, h->set_name,
		(unsigned long long)h->keeper.resent / 1024);
	h->keeper.resent = 0;
	return 0;
}

static uint64_t
catch_up(struct rpmem_pool *h)
{
	int rc = 0;
	h->keeper.next_try = AT_ONCE;
	if (h->keeper.scan_off < h->size)
		rc = scan(h);
	else if (stream_dirty(h->st) != 0)
		rc = send_some(h);
	else
		rc = finish(h);
	/* a line that is never quiet: later */
	if (rc == -EAGAIN && stream_error(h->st) == 0) {
		h->keeper.next_try = deadline_in_ms(1);
		rc = 0;
	}
	if (rc == 0)
		return keeper_state(h) == STATE_CATCHING_UP ? h->keeper.next_try
							    : NOTHING_TO_DO;
	/* whatever it was: begin again, over a new connection */
	say(&h->keeper);
	stream_kill(h->st, rc);
	return AT_ONCE;
}

static uint64_t
keep(void *arg)
{
	struct rpmem_pool *h = arg;
	struct keeper *k = &h->keeper;
	/* before the first equalising a loss is an error of the open */
	if (!atomic_load(&h->is_equal) || atomic_load(&k->is_closing))
		return NOTHING_TO_DO;
	enum state s = keeper_state(h);
	if (stream_error(h->st) != 0 &&
		(s == STATE_ATTACHED || s == STATE_CATCHING_UP))
		lost(h);
	switch (keeper_state(h)) {
	case STATE_DEGRADED:
		if (!k->can_catch_up)
			return NOTHING_TO_DO;
		return deadline_passed(k->next_try) ? try_again(h)
						    : k->next_try;
	case STATE_CATCHING_UP:
		return deadline_passed(k->next_try) ? catch_up(h) : k->next_try;
	case STATE_ATTACHED:
	case STATE_FENCED:
	case STATE_REFUSED:
		break;
	}
	return NOTHING_TO_DO;
}

/* ---- begin and end ---- */

int
keeper_init(struct rpmem_pool *h, struct stream_cfg *cfg)
{
	struct keeper *k = &h->keeper;
	atomic_init(&k->state, STATE_ATTACHED);
	atomic_init(&k->is_closing, false);
	mutex_init(&k->lock);
	cond_init(&k->changed);
	alias_init(&k->alias);
	k->is_made = true;
	if (h->role != ROLE_OWNER)
		h->onloss = (struct onloss){.survives = false};
	if (!h->onloss.survives)
		return 0;
	k->block = malloc(MARKS_BLOCK);
	if (k->block == NULL || marks_init(&k->marks, h->size) < 0)
		return err_set(-ENOMEM, "no memory for a pool handle");
	k->scan_off = UINT64_MAX;
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
	cfg->keep = keep;
	cfg->keep_arg = h;
	return 0;
}

void
keeper_fini(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	if (!k->is_made)
		return;
	alias_fini(&k->alias);
	marks_fini(&k->marks);
	free(k->block);
	cond_fini(&k->changed);
	mutex_fini(&k->lock);
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
