/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * catchup.c -- see catchup.h
 *
 * The argument.  What an owner re-sends to a copy that missed something comes
 * in no order of its history (marked blocks, then blocks that differ), with
 * live records in between.  Applied as it comes, it would make the copy a
 * point of nothing until the last block is there, for as long as that takes.
 * So while the owner sends it is kept, in stream order, and the pool is not
 * touched: whenever either side dies, the copy is what it was.  At CAUGHT_UP
 * the old point and the journal together are the primary at that record, and
 * the word "complete" in the journal makes them so in one write of a sector:
 *
 *   before it   pool: old point; the journal is dropped by whoever comes next
 *   behind it   pool: old point, some or all of the journal; whoever comes
 *               next applies all of it from its start (redo.c), and what
 *               that leaves is what applying it once would have left, since
 *               each byte ends as the last record wrote it
 *   name gone   pool: all of it, durable before the name went; the removal
 *               is durable before the next change goes directly into the
 *               pool, or a journal that came back would take it back
 *
 * Between the last two records go behind the end of the journal, and an ack
 * means that they are there durably: a redo takes them as far as they are
 * whole, which is at least what was acked, so the copy is at a record of the
 * stream again.  A deep record is done when it is applied, so its ack waits
 * for that, and so does whatever looks at the pool.
 *
 * Digests are answered meanwhile, of the pool as it lies there: of the old
 * point, whatever the journal holds.  They spare the owner what need not be
 * sent.  Block by block, let D be the digest here and B what the owner's
 * memory holds when it compares, which is after CATCHING_UP:
 *
 *   D is not B's   the block is sent whole, into the journal.
 *   D is B's       it is not sent.  Of each line in it the old point has what
 *                  memory held then.  A line that was flushed since
 *                  CATCHING_UP has a live record in the journal, which is
 *                  later than the old point and in stream order among its
 *                  like: it ends as its last flush left it, also if it was
 *                  changed and changed back.  A line that was stored to and
 *                  not flushed is owed to nobody, and its flush, if there is
 *                  one, will be a record behind the comparison.
 *
 * So no digest has to wait for the journal, and none may be of the old point
 * and the journal together: that would be a point which the copy never has if
 * the journal is dropped.  What the journal lets the pool grow by is in no
 * old point: there is no digest of it, and it is sent.
 *
 * A journal that may not grow ends the old point: the mark "equalising" is
 * durable first, then the journal is applied in its order (a block in it may
 * have been sent twice), then everything goes directly into the pool until
 * CAUGHT_UP takes the mark back.  The same, without a journal, for a copy
 * that had no point to keep.
 */
#include "rpmemd/catchup.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "pool/grow.h"
#include "rpmemd/apply.h"
#include "rpmemd/copy_lineage.h"
#include "rpmemd/inband.h"

/* of a journal, between two frames: about what a few frames hold */
#define PIECE (256u * 1024)

static struct catchup *
of(struct inband *ib)
{
	return &ib->catchup;
}

void
catchup_init(struct catchup *u)
{
	*u = (struct catchup){.journal = {.dir = -1, .fd = -1}};
}

/* the table says where from here; the caller has asked it before */
static void
go(struct inband *ib, enum catchup_event event)
{
	IGNORE(catchup_next(of(ib)->mode, event, &of(ib)->mode));
}

bool
catchup_keeps(const struct inband *ib)
{
	return ib->catchup.mode == CATCHUP_JOURNALLING ||
	       ib->catchup.mode == CATCHUP_DRAINING;
}

uint64_t
catchup_size(const struct inband *ib)
{
	return catchup_keeps(ib) ? ib->catchup.size : ib->copy->pool->size;
}

/* ---- from the journal into the pool ---- */

/* nothing of it is needed any more, for good */
static int
let_go(struct inband *ib)
{
	int rc = journal_remove(&of(ib)->journal);
	if (rc == 0)
		journal_close(&of(ib)->journal);
	return rc;
}

/* apply records, at most about so many bytes of them; 1: there are more */
static int
put(struct inband *ib, uint64_t most)
{
	struct record rec;
	uint64_t n = 0;
	int rc = 1;
	while (n < most && (rc = journal_next(&of(ib)->journal, &rec)) == 1) {
		rc = record_check(&rec, ib->copy->pool->size, 0);
		if (rc < 0)
			break;
		if (rec.type != REC_BARRIER)
			apply_change(ib, &rec);
		else
			pool_fence(ib->copy->pool);
		if (ib->media_error != 0)
			return ib->media_error;
		n += journal_record_size(&rec);
		n += rec.type == REC_FILL ? rec.len : 0;
		journal_step();
		rc = 1;
	}
	return rc;
}

static int
put_all(struct inband *ib)
{
	int rc;
	do {
		/* heartbeats say that this takes its time */
		inband_busy(ib, true);
		rc = put(ib, PIECE);
		inband_busy(ib, false);
	} while (rc == 1);
	return rc;
}

/* the whole journal is in the pool: it becomes an ordinary session */
static int
drained(struct inband *ib)
{
	int rc = apply_durable(ib);
	if (rc < 0)
		return rc;
	/* The number first: without the journal nothing else says that the copy
	 * has what was acked from it, and it would be taken for one that has
	 * lost that.  With the journal it is applied once more, in vain. */
	apply_reached(ib, ib->taken);
	rc = let_go(ib);
	if (rc < 0)
		return rc;
	go(ib, CATCHUP_DRAINED);
	LOG_NOTICE("'%s': the journal of catching up is in the pool",
		ib->copy->desc);
	return 0;
}

static void
drain(struct inband *ib, int (*piece)(struct inband *ib))
{
	if (of(ib)->mode != CATCHUP_DRAINING || ib->media_error != 0)
		return;
	int rc = piece(ib);
	if (rc == 0)
		rc = drained(ib);
	if (rc < 0)
		apply_failed(ib, rc, "applying the journal");
}

static int
put_piece(struct inband *ib)
{
	struct timespec pause = {.tv_nsec = 1000000};
	if (!FAULT("journal/hold"))
		return put(ib, PIECE);
	(void)nanosleep(&pause, NULL);
	return 1;
}

void
catchup_drain(struct inband *ib)
{
	drain(ib, put_piece);
}

void
catchup_drain_all(struct inband *ib)
{
	drain(ib, put_all);
}

/* ---- into the journal ---- */

static int
overflow(struct inband *ib)
{
	LOG_WARN("'%s': no room for the journal of catching up: the copy is no "
		 "consistent point until that has ended",
		ib->copy->desc);
	int rc = copy_mark(ib->copy);
	if (rc == 0 && of(ib)->journal.fd >= 0)
		rc = put_all(ib);
	if (rc == 0)
		rc = apply_durable(ib);
	/* behind the mark, so that nobody believes it yet */
	if (rc == 0)
		rc = copy_settle_lineage(ib->copy, of(ib)->journal.begin.id);
	if (rc == 0 && of(ib)->journal.fd >= 0)
		rc = let_go(ib);
	if (rc < 0)
		return rc;
	apply_reached(ib, ib->taken);
	go(ib, CATCHUP_OVERFLOW);
	return 0;
}

static int
make_room(struct inband *ib)
{
	if (of(ib)->mode == CATCHUP_JOURNALLING)
		return overflow(ib);
	catchup_drain_all(ib);
	return ib->media_error;
}

int
catchup_keep(struct inband *ib, const struct record *rec)
{
	uint64_t size = of(ib)->size;
	int rc = 0;
	/* said now, as a change of the pool would: a journal that cannot be
	 * applied is worth nothing */
	if (rec->type == REC_GROW)
		rc = pool_grown_size(ib->copy->pool, size, rec->len, &size);
	if (rc == 0)
		rc = journal_append(&of(ib)->journal, rec);
	if (rc == 0)
		of(ib)->size = size;
	if (rc != JOURNAL_FULL)
		return rc;
	rc = make_room(ib);
	return rc < 0 ? rc : CATCHUP_FULL;
}

/* ---- the steps ---- */

static int
begin_journal(struct inband *ib, const struct journal_begin *begin)
{
	struct catchup *u = of(ib);
	const struct rpmemd_cfg *cfg = ib->copy->cfg;
	int rc = journal_create(&u->journal, cfg->poolset_dirfd, ib->copy->desc,
		begin, cfg->catchup_max);
	if (rc < 0 && rc != -ENOSPC && rc != -EDQUOT)
		return rc;
	u->size = ib->copy->pool->size;
	go(ib, CATCHUP_BEGIN);
	return rc == 0 ? 0 : overflow(ib);
}

static int
begin(struct inband *ib)
{
	struct journal_begin begin;
	enum catchup_mode to;
	int rc = catchup_next(of(ib)->mode, CATCHUP_BEGIN, &to);
	if (rc == 0 && ib->took)
		rc = err_set(-EPROTO,
			"catching up begins before the session's first change");
	if (rc == 0)
		rc = copy_begin_catchup(ib->copy, ib->taken, &begin);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		rc = begin_journal(ib, &begin);
	} else {
		go(ib, CATCHUP_BEGIN_MARKED);
		rc = 0;
	}
	if (rc == 0)
		LOG_NOTICE("'%s': catching up from record %llu%s",
			ib->copy->desc, (unsigned long long)ib->taken,
			of(ib)->mode == CATCHUP_MARKED
				? ", without a point to keep"
				: "");
	return rc;
}

/* all that was kept counts */
static int
complete(struct inband *ib)
{
	inband_busy(ib, true);
	int rc = journal_complete(&of(ib)->journal);
	inband_busy(ib, false);
	if (rc == 0) {
		go(ib, CATCHUP_END);
		return copy_settle_lineage(ib->copy, of(ib)->journal.begin.id);
	}
	/* Nobody knows what of it is on the medium.  Its checksums know what
	 * can be read. */
	LOG_ERR("'%s': %s", ib->copy->desc, err_msg());
	return overflow(ib);
}

static int
end(struct inband *ib)
{
	enum catchup_mode to;
	int rc = catchup_next(of(ib)->mode, CATCHUP_END, &to);
	if (FAULT("journal/stop"))
		(void)raise(SIGSTOP);
	if (rc == 0 && ib->media_error != 0)
		rc = err_set(ib->media_error, "the medium has failed");
	if (rc == 0 && of(ib)->mode == CATCHUP_JOURNALLING)
		rc = complete(ib);
	if (rc < 0)
		return rc;
	if (of(ib)->mode == CATCHUP_MARKED) {
		rc = apply_durable(ib);
		if (rc < 0)
			return rc;
	}
	/* the journal counts, so the copy is what it will be: known again */
	rc = copy_unmark(ib->copy);
	if (rc < 0)
		return rc;
	if (of(ib)->mode == CATCHUP_MARKED)
		go(ib, CATCHUP_END);
	atomic_store_explicit(&ib->durable, ib->taken, memory_order_relaxed);
	LOG_NOTICE("'%s': caught up, it stands at record %llu", ib->copy->desc,
		(unsigned long long)ib->taken);
	return 0;
}

int
catchup_step(struct inband *ib, uint32_t step)
{
	int rc = step == OOB_ATTACH_CATCHING_UP ? begin(ib) : end(ib);
	/* a record or a journal of which nobody knows how far it got */
	if (rc < 0 && rc != -EPROTO && rc != -ESTALE)
		apply_failed(ib, rc, "catching up");
	return rc;
}

void
catchup_fini(struct inband *ib, bool in_order)
{
	if (in_order)
		catchup_drain_all(ib);
	if (of(ib)->mode == CATCHUP_JOURNALLING)
		journal_shrink(&of(ib)->journal);
	journal_close(&of(ib)->journal);
}
