/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper.c -- what the pulse thread does; see keeper.h, states.c
 *
 * Catching up.  Blocks come in no order of the primary's history, so the target
 * keeps them, and the records between them, in a journal, until it has
 * everything (stream_resend.c has the argument); then it takes them over in one
 * step (rpmemd/catchup.c).  What has to be sent are the dirty blocks, if it is
 * known that the copy holds all else.  It is not known if the copy says that it
 * has applied less than it acknowledged (a target does not trust its number
 * itself after its machine went down), nor of a pool whose last program is
 * dead.  Then all blocks are compared first, with the copy as it lies there,
 * without the journal: rpmemd/apply.c says why that is enough.
 *
 * Holes of the primary are compared without being read.  What is known of them
 * is as old as the start of the comparison, but not older than CATCHING_UP: in
 * the argument of rpmemd/catchup.c that instant is when the block is compared.
 * A line that was stored to behind it and flushed is in a record behind it, and
 * one that was not flushed is owed to nobody.  A dirty block is read when its
 * turn comes: what is sent has to be later than every record before it.
 *
 * The program's records go first: not more than BURST blocks are under way.
 * While the program appends it is one, and then a pause of SHARE times as long,
 * so that most of its calls meet no block on their way; a link or a processor
 * that blocks fill would make each call wait for whole blocks.  It comes to an
 * end all the same, since live records make no block dirty again.
 */
#include "librpmem/keeper_internal.h"

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
#define SHOW_MS 100u
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
	struct notify_event e = {.target = h->target.text,
		.set_name = h->set_name,
		.from = from,
		.to = (enum state)to,
		.reason = why};
	notify_run(&k->notify, &e);
}

/* ---- lost ---- */

/* the same reason again and again is said once */
static void
say(struct keeper *k)
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

static void
lost(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	int error = stream_error(h->st);
	k->error = error;
	bool was_attached = keeper_state(h) != STATE_CATCHING_UP;
	/* before a call returns without the copy: see keeper_result */
	remember_alone(h);
	k->losses++;
	keeper_change(h, EVENT_LOST, strerror(-error));
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

/* ---- lagging ---- */

static void
lags(struct rpmem_pool *h)
{
	/* before a call returns without the copy: see keeper_result */
	remember_alone(h);
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
	int rc = reach_again(h, &conn, &session, &copy);
	if (rc == -ESTALE) {
		char why[ERR_MAX];
		(void)snprintf(why, sizeof(why), "%s", err_msg());
		LOG_ERR("%s; it is not tried any more", why);
		keeper_change(h,
			reach_is_promoted(&copy) ? EVENT_PROMOTED
						 : EVENT_NOT_OURS,
			why);
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

int
keeper_read_alias(void *arg, uint64_t off, void *dst, uint64_t len)
{
	struct rpmem_pool *h = arg;
	int rc = alias_read(&h->keeper.alias, off, dst, len);
	return rc < 0 ? err_sys(rc, "cannot read the pool's memory at %llu",
				(unsigned long long)off)
		      : 0;
}

static int
own_digest(struct rpmem_pool *h, uint64_t off, uint64_t len,
	struct zeros_digest *zeros, uint64_t *digest_out)
{
	struct keeper *k = &h->keeper;
	const uint8_t *at = NULL;
	if (alias_look(&k->alias, off, len, &at) == ALIAS_HOLE) {
		*digest_out = zeros_digest(zeros, len);
		return 0;
	}
	int rc = keeper_read_alias(h, off, k->block, len);
	*digest_out = block_digest(k->block, len);
	return rc;
}

/* one window of the comparison: what differs becomes dirty */
static int
scan(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	uint64_t theirs[KEEPER_WINDOW_MAX / MARKS_BLOCK];
	struct zeros_digest zeros = {.len = 0};
	uint64_t off = k->scan_off;
	uint64_t end = keeper_window(h, off, SCAN_WINDOW, k->scan_end);
	int rc = 0;
	if (FAULT("librpmem/slow-scan")) {
		struct timespec pause = {.tv_nsec = 100 * NS_PER_MS};
		(void)nanosleep(&pause, NULL);
	}
	/* of the first block the header page is left out */
	if (off % MARKS_BLOCK != 0)
		end = min_u64(align_up(off, MARKS_BLOCK), end);
	alias_ahead(&k->alias, off, end - off);
	rc = stream_digests(
		h->st, off, end - off, (uint32_t)MARKS_BLOCK, theirs);
	for (uint64_t i = 0; rc == 0 && off < end; i++) {
		uint64_t n = min_u64(MARKS_BLOCK, end - off);
		uint64_t mine = 0;
		rc = own_digest(h, off, n, &zeros, &mine);
		if (rc == 0 && mine != theirs[i])
			stream_differs(h->st, off, n);
		off += n;
	}
	if (rc == 0)
		k->scan_off = end < k->scan_end ? end : UINT64_MAX;
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
		rc = stream_resend(h->st, keeper_read_alias, h, &n);
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
	int rc = equal_mark(h, OOB_ATTACH_CAUGHT_UP);
	/* a call that sees it end after the next look does not return before
	 * that is on record again */
	remember_doubt(h);
	if (rc < 0 || !stream_caught_up(h->st))
		return rc;
	remember_attached(h);
	keeper_change(h, EVENT_CAUGHT_UP, "");
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
	if (!keeper_is_compared(&h->keeper))
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
		k->show_at = deadline_in_ms(SHOW_MS);
	}
	if (is_lost(h))
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
	case STATE_LAGGING:
		return watch(h);
	case STATE_FENCED:
	case STATE_REFUSED:
		break;
	}
	return NOTHING_TO_DO;
}
