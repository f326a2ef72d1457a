/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * equal.c -- see equal.h
 *
 * Why equalising must come before recovery.  After an unclean end a copy may
 * lack the last records.  If libpmemobj recovered the primary and went on,
 * a copy that missed one 8-byte generation number would ignore all later
 * undo entries and still pass a check.  So at an owner's first persist,
 * which libpmemobj makes after it has checked the primary and before it
 * recovers, the copy becomes what the primary is, bytes that were stored but
 * never flushed included.
 *
 * Digests of 64 KiB blocks find where to look, digests of 4 KiB blocks what
 * to send; both sides take them at the same time (compare.c).  The header page
 * belongs to the target and is never compared. Holes of the primary's files are
 * zeros, and are not read (alias.c).  They are looked up once, at the start:
 * nobody stores anything here meanwhile.
 *
 * A pool that is not compared within RPMEM_COMPARE_MS does not hold the program
 * up.  Equal before recovery is then what the copy is *taken for* only: the
 * target keeps it at the point at which it was left, in which nothing of the
 * recovery is, until it has everything (keeper_catchup.c).
 */
#include "librpmem/equal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/compare.h"
#include "librpmem/descent.h"
#include "librpmem/keeper.h"
#include "librpmem/stream_resend.h"
#include "pool/descriptor.h"
#include "wire/frame.h"

#define COARSE (64u * 1024)
#define FINE 4096u
#define WINDOW KEEPER_WINDOW_MAX
/* a slow disk reads so much in a tenth of a second */
#define LOOK_WINDOW (4ULL * 1024 * 1024)
/* as many blocks of FINE a healthy pool of libpmemobj stores and never flushes,
 * at most */
#define UNFLUSHED_MAX 16u

struct differences {
	bool marked; /* the copy carries the "equalising" mark */
	uint64_t blocks;
	uint64_t last_seq;
};

static uint64_t
own_digest(struct rpmem_pool *h, uint64_t off, uint64_t len,
	struct zeros_digest *zeros)
{
	struct keeper *k = &h->keeper;
	const uint8_t *at = NULL;
	enum alias_kind kind = alias_look(&k->alias, off, len, &at);
	if (kind == ALIAS_HOLE)
		return zeros_digest(zeros, len);
	if (kind == ALIAS_PARTLY &&
		alias_read(&k->alias, off, k->block, len) == 0)
		return block_digest(k->block, len);
	return block_digest(at != NULL ? at : h->addr + off, len);
}

static void
own_digests(struct rpmem_pool *h, uint64_t off, uint64_t len, uint32_t block,
	uint64_t *out)
{
	struct zeros_digest zeros = {.len = 0};
	for (uint64_t at = 0; at < len; at += block)
		*out++ = own_digest(
			h, off + at, min_u64(block, len - at), &zeros);
}

static int
own_coarse(struct rpmem_pool *h, uint64_t off, uint64_t len, uint64_t *out,
	void *arg UNUSED)
{
	own_digests(h, off, len, COARSE, out);
	return 0;
}

static int
own_fine(struct rpmem_pool *h, uint64_t off, uint64_t len, uint64_t *out,
	void *arg UNUSED)
{
	own_digests(h, off, len, FINE, out);
	return 0;
}

/* windows end at multiples of their size; progress is told as they begin */
static uint64_t
next_window(struct rpmem_pool *h, uint64_t off, uint64_t end)
{
	atomic_store_explicit(&h->equal_to, off, memory_order_relaxed);
	return min_u64(align_down(off, WINDOW) + WINDOW, end);
}

static int
compare(struct rpmem_pool *h, uint64_t off, uint64_t end, uint32_t block,
	equal_on_block *differs, void *arg)
{
	struct compare c = {.block = block,
		.until = UINT64_MAX,
		.window = next_window,
		.own = block == FINE ? own_fine : own_coarse,
		.differs = differs,
		.arg = arg};
	return compare_range(h, &c, &off, end);
}

int
equal_differences(struct rpmem_pool *h, uint64_t off, uint64_t end,
	equal_on_block *differs, void *arg)
{
	return compare(h, off, end, COARSE, differs, arg);
}

static int
count_only(struct rpmem_pool *h UNUSED, uint64_t off UNUSED,
	uint64_t len UNUSED, void *arg)
{
	struct differences *d = arg;
	d->blocks++;
	return 0;
}

int
equal_compare(struct rpmem_pool *h)
{
	struct differences d = {0};
	int rc = 0;
	if (h->copy.pool_size < h->size)
		return EQUAL_DIFFERENT;
	if (h->has_headers)
		rc = compare(
			h, DESC_OFF, OBJ_RUNTIME_OFF, FINE, count_only, &d);
	if (rc == 0)
		rc = compare(h, h->has_headers ? DESC_END : 0, h->size, COARSE,
			count_only, &d);
	if (rc < 0)
		return rc;
	return d.blocks == 0 ? EQUAL_SAME : EQUAL_DIFFERENT;
}

int
equal_mark(struct rpmem_pool *h, enum oob_attach_step step)
{
	struct oob_msg msg = {.type = OOB_ATTACH, .u.attach.step = step};
	memcpy(msg.u.attach.primary_uuid, h->primary_uuid, UUID16_LEN);
	int rc = handle_call(h, &msg, deadline_in_ms(h->knobs.disk_timeout_ms));
	if (rc == 0)
		remember_reached(h); /* with the first step, durably */
	return rc;
}

static int
send_fine(struct rpmem_pool *h, uint64_t off, uint64_t len, void *arg)
{
	struct differences *d = arg;
	int rc = 0;
	if (!d->marked)
		rc = equal_mark(h, OOB_ATTACH_EQUALISING);
	d->marked = true;
	if (FAULT("librpmem/die-equalising"))
		(void)raise(SIGKILL);
	d->blocks++;
	if (rc == 0)
		rc = stream_append(h->st, off, len, 0, &d->last_seq);
	return rc;
}

static int
send_coarse(struct rpmem_pool *h, uint64_t off, uint64_t len, void *arg)
{
	return compare(h, off, off + len, FINE, send_fine, arg);
}

static int
make_dirty(struct rpmem_pool *h, uint64_t off, uint64_t len, void *arg UNUSED)
{
	stream_differs(h->st, off, len);
	return 0;
}

/* send what is dirty */
static int
send_dirty(struct rpmem_pool *h, struct differences *d)
{
	uint64_t from = h->has_headers ? POOL_HDR_SIZE : 0;
	uint64_t off = 0;
	int rc = 0;
	while (rc == 0 && stream_take_dirty(h->st, &off)) {
		uint64_t end = min_u64(off + MARKS_BLOCK, h->size);
		off = max_u64(off, from);
		rc = send_coarse(h, off, end - off, d);
	}
	return rc;
}

static uint64_t
look_window(struct rpmem_pool *h, uint64_t off, uint64_t end)
{
	atomic_store_explicit(&h->equal_to, off, memory_order_relaxed);
	return keeper_window(h, off, LOOK_WINDOW, end);
}

/*
 * Compare for a while.  Only reads, so that a copy which turns out to need
 * more time is still at the point at which it was left, and keeps it.
 */
static int
look(struct rpmem_pool *h, uint64_t *off)
{
	struct compare c = {.block = COARSE,
		.until = deadline_in_ms(h->knobs.compare_ms),
		.window = look_window,
		.own = own_coarse,
		.differs = make_dirty};
	if (FAULT("librpmem/slow-scan") || FAULT("librpmem/hold-scan"))
		return 0;
	return compare_range(h, &c, off, h->size);
}

/* what differs is sent, and awaited */
static int
make_now(struct rpmem_pool *h, bool is_looked_at, struct differences *d)
{
	uint64_t from = h->has_headers ? POOL_HDR_SIZE : 0;
	int rc = 0;
	/* the program was killed between its own growth and the record of it,
	 * or the replica was lost before; or it has lost parts.  Zeros in the
	 * place of what it had are no point of anything: marked first. */
	if (h->copy.pool_size < h->size) {
		rc = equal_mark(h, OOB_ATTACH_EQUALISING);
		d->marked = true;
		if (rc == 0)
			rc = stream_grow(h->st, h->size, &d->last_seq);
	}
	if (rc == 0 && is_looked_at)
		rc = send_dirty(h, d);
	else if (rc == 0 && h->was_created && !FAULT("librpmem/no-equalising"))
		rc = equal_fill(h, from, &d->blocks);
	else if (rc == 0 && !FAULT("librpmem/no-equalising"))
		rc = compare(h, from, h->size, COARSE, send_coarse, d);
	/* also if nothing differs now: an earlier try may have sent it all and
	 * not waited to the end */
	if (rc == 0)
		rc = stream_wait(h->st, stream_last(h->st), STREAM_NO_DEADLINE);
	if (rc == 0)
		rc = descent_list(h);
	if (rc == 0)
		rc = equal_mark(h, OOB_ATTACH_EQUALISED);
	return rc == 0 ? keeper_settled(h) : rc;
}

/*
 * Both were closed in order, and nobody has marked what differs.  Of a few
 * blocks that is what libpmemobj stores and never flushes.  Of more a medium
 * may have lost bytes, here or there: the program's own pool is what counts,
 * but somebody has to know.
 */
static void
tell_unmarked(const struct rpmem_pool *h, uint64_t blocks)
{
	if (blocks == 0)
		return;
	if (blocks <= UNFLUSHED_MAX)
		LOG_NOTICE("replica %s %s: %llu block%s of 4 KiB differed that "
			   "nobody had flushed, and %s sent",
			h->target.text, h->set_name, (unsigned long long)blocks,
			blocks == 1 ? "" : "s", blocks == 1 ? "was" : "were");
	else
		LOG_WARN("replica %s %s: %llu blocks of 4 KiB differed where "
			 "nothing was written since both were closed, and were "
			 "sent again: has a medium lost bytes, here or there?  "
			 "rpmem verify SET looks at both",
			h->target.text, h->set_name,
			(unsigned long long)blocks);
}

static int
make(struct rpmem_pool *h, struct differences *d)
{
	uint64_t off = h->has_headers ? POOL_HDR_SIZE : 0;
	bool may_wait = keeper_may_wait(h) && !FAULT("librpmem/no-equalising");
	/* before the target has this open on record */
	bool is_known = keeper_knows(h);
	bool was_equal = remember_was_equal(h);
	int rc = 0;
	err_clear();
	rc = descent_begin(h);
	if (rc < 0)
		return rc;
	if (FAULT("librpmem/die-before-record"))
		(void)raise(SIGKILL);
	/* what was stored since rpmem_open, and never flushed, counts too */
	alias_forget(&h->keeper.alias);
	/* whatever is known of it: it has nothing there */
	if (h->copy.pool_size < h->size)
		stream_differs(
			h->st, h->copy.pool_size, h->size - h->copy.pool_size);
	if (h->attach != ATTACH_AS_IS)
		rc = equal_mark(h, OOB_ATTACH_RECORD);
	if (rc == 0)
		rc = equal_check_restored(h, was_equal, &is_known);
	bool is_marked = !is_known || stream_dirty(h->st) != 0;
	if (rc == 0 && may_wait && h->copy.pool_size >= h->size &&
		!(h->is_tool && is_known))
		rc = look(h, &off);
	if (rc < 0)
		return rc;
	if (is_known && stream_dirty(h->st) == 0)
		off = h->size;
	/* nobody waits for a tool, so the copy stays a point in any case */
	bool is_behind =
		off < h->size || (h->is_tool && stream_dirty(h->st) != 0);
	if (may_wait && is_behind)
		return keeper_begin_behind(h, is_known ? h->size : off);
	rc = make_now(h, may_wait, d);
	if (rc == 0 && !is_marked)
		tell_unmarked(h, d->blocks);
	return rc;
}

int
equal_make(struct rpmem_pool *h)
{
	struct differences d = {0};
	int rc = make(h, &d);
	if (rc < 0 && keeper_may_go_on(h) && keeper_begin_lost(h, rc))
		return 0;
	/* the thread that saw the end has the message, if it was another */
	if (rc < 0 && err_msg()[0] == '\0')
		rc = err_sys(rc, "the connection has ended");
	if (rc < 0)
		return err_wrap(rc, "cannot make the copy '%s' at %s equal",
			h->set_name, h->target.text);
	if (keeper_state(h) != STATE_ATTACHED)
		return 0;
	LOG_INFO("'%s' at %s is equal to the primary; %llu blocks of "
		 "4 KiB were sent",
		h->set_name, h->target.text, (unsigned long long)d.blocks);
	return 0;
}
