/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * apply.c -- records to pool memory, and acks
 *
 * The argument.  Records arrive in the order of their numbers (frames
 * without a gap and rising numbers are demanded; secondaries of one pool share
 * a counter, so the numbers of each have gaps) and are applied in that order by
 * one thread, so the memory of the copy is at any instant a prefix of the
 * stream: a process that dies leaves a prefix.  An ack(seq) is sent after
 * pool_durable returned for everything up to seq: so what a durable call of
 * the initiator returned for is on the medium.  applied_seq is stored after
 * the fence that follows the records, so a reader that trusts it never finds
 * a record missing that it counts.
 *
 * While a copy is caught up, changes go into a journal instead; catchup.c has
 * that argument.
 *
 * A medium that refuses a store or an msync stops the applying for good: to
 * go on behind a missing record would be no prefix.  Every ack request from
 * there on is answered with the status.
 */
#include "rpmemd/apply.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "pool/descriptor.h"
#include "rpmemd/copy_lineage.h"
#include "rpmemd/inband.h"
#include "rpmemd/recorder.h"

#define DIRTY_MAX (64ULL * 1024 * 1024)
#define ACKS_DUE_MAX 64u

static uint64_t
applied(const struct inband *ib)
{
	return atomic_load_explicit(&ib->applied, memory_order_relaxed);
}

void
apply_failed(struct inband *ib, int rc, const char *what)
{
	if (ib->media_error != 0)
		return;
	ib->media_error = rc;
	LOG_ERR("'%s': %s failed after record %llu: %s; nothing more is "
		"applied",
		ib->copy->desc, what, (unsigned long long)applied(ib),
		err_msg());
	/* before the ack that tells: the initiator may be back at once */
	if (ib->copy->pool->failed != 0)
		copy_unwritten(ib->copy);
}

int
apply_durable(struct inband *ib)
{
	inband_busy(ib, true);
	if (FAULT("rpmemd/slow-disk")) {
		struct timespec pause = {.tv_sec = 4};
		(void)nanosleep(&pause, NULL);
	}
	int rc = pool_durable(ib->copy->pool);
	inband_busy(ib, false);
	if (rc < 0)
		apply_failed(ib, rc, "making the pool durable");
	return rc;
}

/* allocating may take as long as an msync, and heartbeats say so */
static int
grow(struct inband *ib, uint64_t size)
{
	inband_busy(ib, true);
	int rc = copy_grow(ib->copy, size);
	inband_busy(ib, false);
	return rc;
}

int
apply_store(struct pool *pool, const struct record *rec)
{
	if (rec->type == REC_COPY)
		return pool_copy(pool, rec->off, rec->payload, rec->len);
	if (rec->type == REC_FILL)
		return pool_fill(pool, rec->off, (uint8_t)rec->aux, rec->len);
	return pool_deep(pool, rec->off, rec->len);
}

void
apply_change(struct inband *ib, const struct record *rec)
{
	int rc = 0;
	if (!ib->touched)
		rc = copy_touch(ib->copy);
	ib->touched = true;
	if (rc == 0 && rec->type == REC_GROW)
		rc = grow(ib, rec->len);
	else if (rc == 0)
		rc = apply_store(ib->copy->pool, rec);
	if (rc < 0) {
		apply_failed(ib, rc, "a store");
		return;
	}
	atomic_store_explicit(&ib->applied, rec->seq, memory_order_relaxed);
	if (pool_dirty(ib->copy->pool) > DIRTY_MAX)
		IGNORE(apply_durable(ib)); /* media_error tells */
}

void
apply_reached(struct inband *ib, uint64_t seq)
{
	pool_fence(ib->copy->pool);
	atomic_store_explicit(&ib->applied, seq, memory_order_relaxed);
	state_set_applied(&ib->copy->state, seq);
}

void
apply_take(struct inband *ib, const struct record *rec)
{
	int rc = CATCHUP_FULL;
	ib->took = true;
	if (catchup_keeps(ib))
		rc = catchup_keep(ib, rec);
	if (rc == CATCHUP_FULL && rec->type == REC_BARRIER)
		apply_reached(ib, rec->seq);
	else if (rc == CATCHUP_FULL)
		apply_change(ib, rec);
	else if (rc < 0)
		apply_failed(ib, rc, "the journal");
	if (ib->media_error != 0)
		return;
	ib->taken = rec->seq;
	if (rec->type != REC_GROW)
		atomic_fetch_add_explicit(
			&ib->bytes, rec->len, memory_order_relaxed);
	if (rec->type == REC_DEEP)
		ib->deep_due = true;
}

/*
 * Everything taken in is durable: in the pool, or behind the end of a journal
 * that counts.  A deep flush is none before it is applied.
 */
int
apply_make_durable(struct inband *ib)
{
	int rc = 0;
	if (ib->deep_due)
		catchup_drain_all(ib);
	if (ib->media_error != 0)
		return ib->media_error;
	if (!catchup_keeps(ib)) {
		rc = apply_durable(ib);
		if (rc == 0)
			apply_reached(ib, ib->taken);
	} else if (ib->copy->pool->durability == POOL_DURABLE_MEDIA) {
		inband_busy(ib, true);
		rc = journal_sync(&ib->catchup.journal);
		inband_busy(ib, false);
		if (rc < 0)
			apply_failed(ib, rc, "syncing the journal");
	}
	if (rc == 0)
		atomic_store_explicit(
			&ib->durable, ib->taken, memory_order_relaxed);
	return rc;
}

int
apply_ack(struct inband *ib)
{
	struct frame_writer w;
	int slot = 0;
	if (ib->acks_due == 0)
		return 0;
	/* taken in, and no more: a deep flush stays due */
	bool behind = ib->catchup.mode == CATCHUP_JOURNALLING;
	if (ib->media_error == 0 && !behind)
		IGNORE(apply_make_durable(ib)); /* media_error tells */
	if (FAULT("rpmemd/die-before-ack"))
		(void)raise(SIGKILL);
	int rc = inband_check_fence(ib);
	if (rc == 0)
		rc = inband_tx_begin(ib, &w, &slot);
	if (rc < 0)
		return rc;
	struct record ack = {.type = REC_ACK,
		.seq = atomic_load_explicit(
			&ib->durable, memory_order_relaxed)};
	if (ib->media_error != 0) {
		ack.aux = oob_status_of(ib->media_error);
	} else if (behind) {
		ack.flags = REC_F_JOURNALLED;
		ack.seq = ib->taken;
	} else if (ib->deep_due) {
		ack.flags = REC_F_DEEP;
	}
	for (; ib->acks_due != 0; ib->acks_due--)
		(void)frame_add(&w, &ack, 0);
	ib->deep_due = ib->deep_due && behind;
	return inband_tx_send(ib, &w, slot);
}

/* a range that is in no pool of this size yet */
static int
behind_end(const struct inband *ib, const struct record *rec)
{
	const struct pool *pool = ib->copy->pool;
	if (range_within(rec->off, rec->len, pool->size))
		return 0;
	return -EFBIG;
}

/*
 * May the pool itself be looked at?  0 or a status.
 *
 * While changes are kept, it lies at the copy's old point.  A digest is of
 * that point (catchup.c says what it is good for); bytes would be taken for
 * what the stream has said.
 */
static int
may_look(struct inband *ib, const struct record *rec)
{
	bool is_old = ib->catchup.mode == CATCHUP_JOURNALLING;
	if (is_old && rec->type != REC_DIGEST)
		return -EBUSY;
	if (is_old)
		return behind_end(ib, rec);
	catchup_drain_all(ib);
	return ib->catchup.mode == CATCHUP_DRAINING ? ib->media_error : 0;
}

/* bytes or digests of a range; a medium that cannot be read is a status */
static int
answer(struct inband *ib, const struct record *rec)
{
	struct frame_writer w;
	int slot = 0;
	bool digest = rec->type == REC_DIGEST;
	uint64_t n = digest ? digest_payload(rec->len, rec->aux) : rec->len;
	int bad = may_look(ib, rec);
	if (bad == 0 && !digest && !ib->lent &&
		rec->off + rec->len > DESC_END) {
		bad = copy_lend(ib->copy);
		ib->lent = bad == 0;
	}
	int rc = inband_tx_begin(ib, &w, &slot);
	if (rc < 0)
		return rc;
	struct record re = {.type = digest ? REC_DIGEST_DATA : REC_READ_DATA,
		.seq = rec->seq,
		.off = rec->off,
		.len = n};
	uint8_t *to = frame_add(&w, &re, (uint32_t)n);
	if (bad == 0 && digest)
		bad = pool_digest(ib->copy->pool, rec->off, rec->len, rec->aux,
			(uint64_t *)(void *)to);
	else if (bad == 0)
		bad = pool_read(ib->copy->pool, rec->off, to, n);
	if (bad < 0) {
		re.aux = oob_status_of(bad);
		re.len = 0;
		frame_begin(&w, w.buf, w.size);
		(void)frame_add(&w, &re, 0);
	}
	return inband_tx_send(ib, &w, slot);
}

/* what changes the copy, its lineage included */
static int
apply_changing(struct inband *ib, const struct record *rec)
{
	if (ib->media_error != 0)
		return 0;
	if (rec->seq <= ib->taken || rec->seq > RECORD_SEQ_MAX)
		return err_set(-EPROTO, "record %llu follows record %llu",
			(unsigned long long)rec->seq,
			(unsigned long long)ib->taken);
	if (!(ib->cfg->rights & ACCESS_WRITE))
		return err_set(-EACCES, "no right to write");
	if (atomic_load_explicit(&ib->copy->must_discard, memory_order_relaxed))
		return err_set(-EPROTO, "the copy is not discarded yet");
	if (rec->type == REC_LINEAGE)
		return apply_lineage(ib, rec);
	record(rec);
	apply_take(ib, rec);
	return 0;
}

static int
apply_record(struct inband *ib, const struct record *rec)
{
	uint64_t from = ib->copy->pool->nhdrs != 0 ? HDR_SIZE : 0;
	int rc = record_check(rec, catchup_size(ib), from);
	if (rc < 0)
		return rc;
	switch (rec->type) {
	case REC_COPY:
	case REC_FILL:
	case REC_DEEP:
	case REC_GROW:
	case REC_BARRIER:
	case REC_LINEAGE:
		return apply_changing(ib, rec);
	case REC_ACK_REQ:
		record(rec);
		if (ib->media_error == 0 && rec->seq != ib->taken)
			return err_set(-EPROTO, "an ack request ahead");
		/* they are answered in one frame; an honest initiator has
		 * four under way */
		if (ib->acks_due == ACKS_DUE_MAX)
			return err_set(-EPROTO, "too many ack requests");
		ib->acks_due++;
		return 0;
	case REC_READ:
	case REC_DIGEST:
		return answer(ib, rec);
	case REC_HEARTBEAT:
	case REC_ACK:
	case REC_READ_DATA:
	case REC_DIGEST_DATA:
	case REC_BEAT:
		break;
	}
	return err_set(-EPROTO, "record type %d in a frame of changes",
		(int)rec->type);
}

/* the mutant that the crash tests must find: says "durable" first */
static int
ack_too_early(struct inband *ib, struct frame_reader rd)
{
	struct record rec;
	struct frame_writer w;
	int slot = 0;
	struct timespec pause = {.tv_nsec = 3000000};
	int rc = 0;
	while (rc == 0 && frame_next(&rd, &rec) == 1) {
		if (rec.type != REC_ACK_REQ)
			continue;
		struct record ack = {.type = REC_ACK, .seq = rec.seq};
		rc = inband_tx_begin(ib, &w, &slot);
		if (rc == 0) {
			(void)frame_add(&w, &ack, 0);
			rc = inband_tx_send(ib, &w, slot);
		}
		(void)nanosleep(&pause, NULL);
	}
	return rc;
}

int
apply_frame(struct inband *ib, struct frame_reader *rd)
{
	struct record rec;
	bool early = FAULT("rpmemd/ack-before-apply");
	int rc = early ? ack_too_early(ib, *rd) : 0;
	if (rc < 0)
		return rc;
	while ((rc = frame_next(rd, &rec)) == 1) {
		rc = apply_record(ib, &rec);
		if (rc < 0)
			return rc;
	}
	if (early)
		ib->acks_due = 0;
	return rc;
}
