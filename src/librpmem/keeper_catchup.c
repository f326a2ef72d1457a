/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper_catchup.c -- a copy that is reached gets what it has missed
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
#include <time.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/compare.h"
#include "librpmem/descent.h"
#include "librpmem/equal.h"
#include "librpmem/stream_resend.h"
#include "wire/frame.h"

#define BURST 4u
#define SHARE 3u
#define SCAN_WINDOW (16 * MARKS_BLOCK)
/* of one step of the comparison */
#define SCAN_MS 5u

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

static int
own_digests(struct rpmem_pool *h, uint64_t off, uint64_t len, uint64_t *out,
	void *arg UNUSED)
{
	struct zeros_digest zeros = {.len = 0};
	int rc = 0;
	for (uint64_t at = 0; rc == 0 && at < len; at += MARKS_BLOCK)
		rc = own_digest(h, off + at, min_u64(MARKS_BLOCK, len - at),
			&zeros, out++);
	return rc;
}

static int
make_dirty(struct rpmem_pool *h, uint64_t off, uint64_t len, void *arg UNUSED)
{
	stream_differs(h->st, off, len);
	return 0;
}

static uint64_t
scan_window(struct rpmem_pool *h, uint64_t off, uint64_t end)
{
	if (FAULT("librpmem/slow-scan")) {
		struct timespec pause = {.tv_nsec = 100 * NS_PER_MS};
		(void)nanosleep(&pause, NULL);
	}
	/* of the first block the header page is left out */
	if (off % MARKS_BLOCK != 0)
		return min_u64(align_up(off, MARKS_BLOCK), end);
	return keeper_window(h, off, SCAN_WINDOW, end);
}

/* a few windows of the comparison: what differs becomes dirty */
static int
scan(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	struct compare c = {.block = (uint32_t)MARKS_BLOCK,
		.until = deadline_in_ms(SCAN_MS),
		.window = scan_window,
		.own = own_digests,
		.differs = make_dirty};
	bool is_held = FAULT("librpmem/hold-scan"); /* behind its first half */
	uint64_t end = is_held ? k->scan_end / 2 : k->scan_end;
	int rc = compare_range(h, &c, &k->scan_off, end);
	if (rc == 0 && is_held && k->scan_off >= end)
		return -EAGAIN;
	if (rc == 0 && k->scan_off >= k->scan_end)
		k->scan_off = UINT64_MAX;
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
	int rc = descent_list(h);
	if (rc == 0)
		rc = equal_mark(h, OOB_ATTACH_CAUGHT_UP);
	if (rc < 0 || !stream_caught_up(h->st))
		return rc;
	/* calls wait for its acks again; when it knows that it follows, all
	 * that they have returned without is in it */
	rc = descent_follow(h);
	if (rc < 0)
		return rc;
	remember_attached(h);
	keeper_change(h, EVENT_CAUGHT_UP, "");
	LOG_NOTICE("replica %s %s has caught up; %llu KiB were sent again",
		h->target.text, h->set_name,
		(unsigned long long)h->keeper.resent / 1024);
	h->keeper.resent = 0;
	return 0;
}

uint64_t
keeper_catch_up(struct rpmem_pool *h)
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
	keeper_say(&h->keeper);
	stream_kill(h->st, rc);
	return AT_ONCE;
}
