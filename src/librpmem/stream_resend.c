/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_resend.c -- a stream that outlives its connection
 *
 * Why the copy has everything in the end.  While the stream is up each record
 * marks its blocks; when it goes down all marks that are not known to be
 * acknowledged are dirty; while it is down a range that changes is made dirty
 * instead of sent.  All of it under the stream's lock, and so is the restart:
 * a range is either in a record of the new connection or in a dirty block.
 * A dirty block is taken out, read and put into the stream in one step; what
 * it holds was in memory at that place of the stream.  So when no block is
 * dirty any more and all is acknowledged, each line of the copy has what it
 * had here at its last flush, or something newer: a state the primary could
 * have been left in by a crash.  Until then the copy is no such state, and the
 * target has been told so.
 */
#include "librpmem/stream_resend.h"
#include "librpmem/sequencer.h"
#include "librpmem/stream_internal.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/fault.h"
#include "base/membarrier.h"

void
stream_mark(struct stream *st, uint64_t off, uint64_t len)
{
	if (st->cfg.marks != NULL && !FAULT("librpmem/forgets-unacked"))
		marks_note(st->cfg.marks, off, len);
}

void
stream_mark_missed(struct stream *st, uint64_t off, uint64_t len)
{
	if (st->cfg.marks != NULL && !FAULT("librpmem/forgets-missed"))
		marks_missed(st->cfg.marks, off, len);
}

int
stream_settle(struct stream *st, int rc, uint64_t off, uint64_t len,
	uint64_t *seq_out)
{
	if (rc == 0)
		rc = st->error;
	if (rc < 0 && st->cfg.marks != NULL) {
		/* alive, but it did not take this: it begins again */
		stream_die(st, rc);
		stream_mark_missed(st, off, len);
		(void)stream_next_seq(st);
	}
	*seq_out = st->last_seq;
	return rc;
}

uint64_t
stream_dirty(struct stream *st)
{
	uint64_t n = 0;
	mutex_lock(&st->lock);
	if (st->cfg.marks != NULL)
		n = st->cfg.marks->ndirty * MARKS_BLOCK;
	mutex_unlock(&st->lock);
	return n;
}

uint64_t
stream_appends(struct stream *st)
{
	mutex_lock(&st->lock);
	uint64_t n = st->stats.appends;
	mutex_unlock(&st->lock);
	return n;
}

void
stream_differs(struct stream *st, uint64_t off, uint64_t len)
{
	mutex_lock(&st->lock);
	stream_mark_missed(st, off, len);
	mutex_unlock(&st->lock);
}

bool
stream_is_down(struct stream *st)
{
	/* relaxed: a thread that knows of a record of the new connection has
	 * the lock's word for it */
	return atomic_load_explicit(&st->is_down, memory_order_relaxed);
}

bool
stream_is_missed(
	struct stream *st, uint64_t off, uint64_t len, uint64_t *seq_out)
{
	if (!stream_is_down(st) || !st->has_membarrier ||
		off < st->cfg.lines_from ||
		!marks_is_missed(st->cfg.marks, off, len))
		return false;
	*seq_out = atomic_load_explicit(&st->lost_seq, memory_order_relaxed);
	return true;
}

void
stream_mark_down(struct stream *st)
{
	marks_lost(st->cfg.marks);
	if (st->gap_to == 0)
		st->gap_from = st->acked_seq;
	st->gap_to = UINT64_MAX;
	/* one number in the gap for all that is missed */
	atomic_store_explicit(
		&st->lost_seq, stream_next_seq(st), memory_order_relaxed);
	atomic_store_explicit(&st->is_down, true, memory_order_relaxed);
}

bool
stream_take_dirty(struct stream *st, uint64_t *off_out)
{
	mutex_lock(&st->lock);
	bool is_any = marks_take(st->cfg.marks, off_out);
	mutex_unlock(&st->lock);
	return is_any;
}

uint64_t
stream_lost_at(struct stream *st)
{
	mutex_lock(&st->lock);
	uint64_t seq = st->real_acked;
	mutex_unlock(&st->lock);
	return seq;
}

bool
stream_caught_up(struct stream *st)
{
	mutex_lock(&st->lock);
	bool has_all = st->error == 0 && st->cfg.marks->ndirty == 0;
	if (has_all)
		st->gap_to = 0;
	cond_wake_all(&st->changed);
	mutex_unlock(&st->lock);
	return has_all;
}

/* everything that belongs to a connection; the numbers go on */
static void
begin_anew(struct stream *st, const struct stream_session *s)
{
	/* of a stream that has not seen this copy before, perhaps */
	sequencer_raise(st->cfg.sequencer, s->applied_seq);
	st->last_seq = max_u64(st->last_seq, s->applied_seq);
	st->cfg.seed = s->seed;
	st->cfg.credits = s->credits;
	st->cfg.frame_max = s->frame_max;
	st->slot = NO_SLOT;
	st->closed = false;
	st->frames_sent = st->frames_credited = st->frames_taken = 0;
	st->acks_out = 0;
	st->ack_wanted = false;
	st->nacks_asked = st->nacks_got = 0;
	st->nrequests = 0;
	st->hb_count = st->hb_sent_at = 0;
	st->rx_at = st->durable_at = now_ns();
	/* what is older is dirty, or was acknowledged */
	st->acked_seq = st->ack_asked_seq = st->last_seq;
	st->ordered_seq = st->deep_seq = st->last_deep_seq = st->last_seq;
	st->gap_to = st->last_seq;
	st->is_stuck = false;
	st->lag_seq = 0;
	st->error = 0;
	atomic_store_explicit(&st->is_down, false, memory_order_relaxed);
	st->incarnation++;
}

void
stream_restart(struct stream *st, struct conn *conn,
	const struct stream_session *session)
{
	mutex_lock(&st->lock);
	/* one thread may still be in conn_poll with the old connection, which
	 * is dead and lets it go */
	while (st->polling)
		cond_wait(&st->changed, &st->lock, deadline_in_ms(10));
	struct conn *old = st->conn;
	st->conn = conn;
	begin_anew(st, session);
	/* before any record of the new range; a fresh connection has room.  It
	 * has nothing there, also if it had: parts of it may be lost. */
	if (session->copy_size < st->size) {
		stream_mark_missed(
			st, session->copy_size, st->size - session->copy_size);
		if (stream_add_grow(st, st->size) < 0)
			stream_die(st, -ECONNRESET);
	}
	cond_wake_all(&st->changed);
	mutex_unlock(&st->lock);
	conn_close(old);
}

static bool
is_zero(const uint8_t *p, uint64_t len)
{
	return p[0] == 0 && memcmp(p, p + 1, len - 1) == 0;
}

/* a piece of a dirty block into the open frame; n_out 0: it was full */
static int
resend_piece(struct stream *st, stream_reader *read, void *arg, uint64_t off,
	uint64_t len, uint64_t *n_out)
{
	uint8_t lines[16 * 1024];
	uint64_t fit = st->cfg.frame_max - FRAME_HDR_SIZE - 3 * RECORD_HDR_SIZE;
	*n_out = min_u64(len, min_u64(sizeof(lines), align_down(fit, 64)));
	int rc = stream_make_room(st, (uint32_t)*n_out);
	if (rc == 0)
		rc = read(arg, off, lines, *n_out);
	if (rc < 0)
		return rc;
	struct record rec = {
		.seq = stream_next_seq(st), .off = off, .len = *n_out};
	if (is_zero(lines, *n_out)) {
		/* a hole as a rule: it stays one at the target, too */
		rec.type = REC_FILL;
		(void)frame_add(&st->frame, &rec, 0);
	} else {
		rec.type = REC_COPY;
		memcpy(frame_add(&st->frame, &rec, (uint32_t)*n_out), lines,
			*n_out);
		st->stats.bytes += *n_out;
	}
	stream_mark(st, off, *n_out);
	st->stats.records++;
	return 0;
}

int
stream_resend(
	struct stream *st, stream_reader *read, void *arg, uint64_t *len_out)
{
	uint64_t off = 0;
	int rc = 0;
	*len_out = 0;
	mutex_lock(&st->lock);
	rc = st->error;
	if (rc == 0 && marks_take(st->cfg.marks, &off)) {
		if (st->has_membarrier)
			membarrier_all();
		uint64_t size =
			atomic_load_explicit(&st->size, memory_order_relaxed);
		uint64_t end = min_u64(off + MARKS_BLOCK, size);
		off = max_u64(off, st->cfg.lines_from);
		while (rc == 0 && off < end) {
			uint64_t n = 0;
			rc = resend_piece(st, read, arg, off, end - off, &n);
			off += rc == 0 ? n : 0;
			*len_out += rc == 0 ? n : 0;
		}
		if (off < end)
			stream_mark_missed(st, off, end - off);
	}
	mutex_unlock(&st->lock);
	return rc;
}

struct reading {
	stream_reader *read;
	void *arg;
	uint64_t off;
	uint64_t len;  /* left */
	uint64_t sent; /* what was not zeros */
};

/* as much as fits the open frame; nothing: it was full, and has left */
static int
read_piece(struct stream *st, struct reading *r)
{
	int rc = stream_make_room(st, 0);
	if (rc < 0)
		return rc;
	uint32_t n = stream_chunk_room(st, r->len);
	if (n == 0)
		return stream_submit(st);
	uint8_t *to = frame_next_payload(&st->frame);
	rc = r->read(r->arg, r->off, to, n);
	if (rc < 0)
		return rc;
	if (!is_zero(to, n)) {
		struct record rec = {.type = REC_COPY,
			.seq = stream_next_seq(st),
			.off = r->off,
			.len = n};
		(void)frame_add(&st->frame, &rec, n);
		stream_mark(st, r->off, n);
		st->stats.records++;
		st->stats.bytes += n;
		r->sent += n;
	}
	r->off += n;
	r->len -= n;
	return 0;
}

int
stream_append_read(struct stream *st, stream_reader *read, void *arg,
	uint64_t off, uint64_t len, uint64_t *sent_out)
{
	struct reading r = {.read = read, .arg = arg, .off = off, .len = len};
	mutex_lock(&st->lock);
	int rc = st->error;
	while (rc == 0 && r.len != 0)
		rc = read_piece(st, &r);
	mutex_unlock(&st->lock);
	*sent_out = r.sent;
	return rc;
}
