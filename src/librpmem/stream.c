/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream.c -- appending and waiting; the model is in stream.h
 *
 * Frames.  One frame is open at a time.  Records go into it until it is
 * full or somebody waits; then it is closed and handed to the fabric, which
 * keeps the order.  A frame's number and credit are taken when it is
 * closed, so heartbeats may overtake it while it is open, not after.
 *
 * Why an ack means durability of everything before: the target applies
 * records in order and acks after its own flush (see rpmemd/apply.c).
 *
 * Group commit.  A waiter's frame leaves at once while fewer than ACKS_MAX
 * acks are under way.  Otherwise it stays open, collects the records of other
 * threads, and the first waiter that the next ack wakes sends it.
 */
#include "librpmem/stream_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/snapshot.h"
#include "librpmem/sequencer.h"

void
stream_die(struct stream *st, int neg_errno)
{
	if (st->error != 0)
		return;
	st->error = neg_errno;
	if (st->cfg.marks != NULL)
		stream_mark_down(st);
	conn_kill(st->conn, neg_errno);
	cond_wake_all(&st->changed);
	cond_wake_all(&st->pulse_tick);
}

/* frames that the target has not made room for again, a heartbeat included */
static uint64_t
under_way(const struct stream *st)
{
	return st->frames_sent - st->frames_credited;
}

void
stream_progress(struct stream *st, uint64_t deadline)
{
	struct conn_event ev[8];
	if (deadline != 0)
		deadline = min_u64(deadline, stream_beat_at(st));
	if (st->polling) {
		if (deadline != 0)
			cond_wait(&st->changed, &st->lock, deadline);
		if (deadline_passed(stream_beat_at(st)))
			stream_tick(st);
		return;
	}
	st->polling = true;
	mutex_unlock(&st->lock);
	int n = conn_poll(st->conn, ev, ARRAY_LEN(ev), deadline);
	mutex_lock(&st->lock);
	st->polling = false;
	for (int i = 0; i < n; i++)
		stream_rx(st, &ev[i]);
	if (n < 0)
		stream_die(st, n);
	/* always: one of the sleepers has to take over the polling */
	cond_wake_all(&st->changed);
	if (deadline_passed(stream_beat_at(st)))
		stream_tick(st);
}

/* hand a closed frame to the fabric, waiting for room in its queue */
static int
send_closed(struct stream *st)
{
	while (st->closed && st->error == 0) {
		int rc = conn_send(st->conn, st->slot, st->closed_len);
		if (rc == 0) {
			st->slot = NO_SLOT;
			st->closed = false;
		} else if (rc == -EAGAIN) {
			stream_progress(st, deadline_in_ms(1));
		} else {
			stream_die(st, rc);
		}
	}
	return st->error;
}

static void
add_ack_request(struct stream *st)
{
	struct record ask = {.type = REC_ACK_REQ, .seq = st->last_seq};
	(void)frame_add(&st->frame, &ask, 0);
	st->ack_asked_at[st->nacks_asked % ACKS_MAX] = now_ns();
	st->nacks_asked++;
	st->acks_out++;
	st->ack_asked_seq = st->last_seq;
	st->ack_wanted = false;
}

int
stream_submit(struct stream *st)
{
	if (st->slot == NO_SLOT || st->closed)
		return send_closed(st);
	if (st->ack_wanted && st->acks_out < ACKS_MAX)
		add_ack_request(st);
	st->frames_sent++;
	st->stats.frames++;
	st->closed_len = frame_end(
		&st->frame, st->frames_sent, st->frames_taken, st->cfg.seed);
	st->closed = true;
	return send_closed(st);
}

int
stream_stuck(const struct stream *st)
{
	return err_set(-ETIMEDOUT,
		"%s answers, but made nothing durable for %u ms "
		"(RPMEM_DISK_TIMEOUT_MS): look at the target's disk",
		st->cfg.target, st->cfg.disk_timeout_ms);
}

/* open a frame: needs credit and a free slot; waits for both */
static int
open_frame(struct stream *st)
{
	uint64_t seen = st->frames_credited;
	uint64_t start = now_ns();
	while (st->slot == NO_SLOT && st->error == 0) {
		int slot = -EAGAIN;
		if (under_way(st) < st->cfg.credits)
			slot = conn_slot(st->conn);
		if (slot == -EAGAIN) {
			/* the pulse ends the stream if the target is gone; a
			 * target that lives and takes nothing is ours to see */
			if (st->frames_credited != seen)
				start = now_ns();
			seen = st->frames_credited;
			/* nor is room waited for: that ends the stream */
			if (st->is_stuck ||
				now_ns() - start >
					st->cfg.disk_timeout_ms * NS_PER_MS)
				return stream_stuck(st);
			stream_progress(st,
				start + st->cfg.disk_timeout_ms * NS_PER_MS +
					NS_PER_MS);
		} else if (slot < 0) {
			stream_die(st, slot);
		} else {
			st->slot = slot;
			st->closed = false;
			frame_begin(&st->frame, conn_slot_buf(st->conn, slot),
				st->cfg.frame_max);
		}
	}
	return st->error;
}

int
stream_make_room(struct stream *st, uint32_t payload)
{
	for (;;) {
		if (st->error != 0)
			return st->error;
		int rc = st->closed ? send_closed(st) : open_frame(st);
		if (rc < 0)
			return rc;
		if (st->slot == NO_SLOT || st->closed)
			continue;
		/* an ack request must always fit behind the records */
		if (frame_fits(&st->frame, payload + RECORD_HDR_SIZE))
			return 0;
		rc = stream_submit(st);
		if (rc < 0)
			return rc;
	}
}

uint32_t
stream_chunk_room(const struct stream *st, uint64_t left)
{
	uint32_t room = frame_room(&st->frame);
	room = room > RECORD_HDR_SIZE ? room - RECORD_HDR_SIZE : 0;
	room &= ~(uint32_t)(LINE_SIZE - 1);
	if (left <= room)
		return (uint32_t)left;
	/* do not cut a big range into slivers at a nearly full frame */
	return room >= st->cfg.frame_max / 4 ? room : 0;
}

uint64_t
stream_next_seq(struct stream *st)
{
	st->last_seq = sequencer_next(st->cfg.sequencer);
	return st->last_seq;
}

int
stream_append_chunk(struct stream *st, uint64_t off, uint64_t len,
	unsigned lane, uint64_t *done_out)
{
	int rc = stream_make_room(st, 0);
	if (rc < 0)
		return rc;
	uint32_t n = stream_chunk_room(st, len);
	if (n == 0) {
		*done_out = 0;
		return stream_submit(st);
	}
	if (FAULT("librpmem/die-before-append"))
		(void)raise(SIGKILL);
	struct record rec = {.type = REC_COPY,
		.lane = (uint16_t)lane,
		.seq = stream_next_seq(st),
		.off = off,
		.len = n};
	uint8_t *to = frame_add(&st->frame, &rec, n);
	stream_mark(st, off, n);
	if (st->cfg.whole_lines)
		snapshot_lines(to, st->cfg.addr + off, n);
	else
		snapshot_bytes(to, st->cfg.addr + off, n);
	st->stats.records++;
	st->stats.bytes += n;
	*done_out = n;
	return 0;
}

void
stream_round(const struct stream *st, uint64_t *off, uint64_t *len)
{
	if (!st->cfg.whole_lines || FAULT("librpmem/exact-ranges"))
		return;
	/* relaxed: whoever names a range knows that the pool has it */
	uint64_t size = atomic_load_explicit(&st->size, memory_order_relaxed);
	uint64_t end = min_u64(align_up(*off + *len, LINE_SIZE), size);
	*off = max_u64(align_down(*off, LINE_SIZE), st->cfg.lines_from);
	*len = end - *off;
}

int
stream_append(struct stream *st, uint64_t off, uint64_t len, unsigned lane,
	uint64_t *seq_out)
{
	int rc = 0;
	if (len != 0)
		stream_round(st, &off, &len);
	mutex_lock(&st->lock);
	st->stats.appends++;
	while (len != 0 && rc == 0) {
		uint64_t done = 0;
		rc = stream_append_chunk(st, off, len, lane, &done);
		off += done;
		len -= done;
	}
	rc = stream_settle(st, rc, off, len, seq_out);
	mutex_unlock(&st->lock);
	return rc;
}

int
stream_deep(struct stream *st, uint64_t off, uint64_t len, unsigned lane,
	uint64_t *seq_out)
{
	mutex_lock(&st->lock);
	int rc = stream_make_room(st, 0);
	if (rc == 0) {
		struct record rec = {.type = REC_DEEP,
			.lane = (uint16_t)lane,
			.seq = stream_next_seq(st),
			.off = off,
			.len = len};
		(void)frame_add(&st->frame, &rec, 0);
		st->last_deep_seq = rec.seq;
		st->stats.records++;
	}
	rc = stream_settle(st, rc, off, 0, seq_out);
	mutex_unlock(&st->lock);
	return rc;
}

/* see that an ack for seq is, or will be, asked for */
static int
ask_for_ack(struct stream *st, uint64_t seq)
{
	if (st->ack_asked_seq >= seq)
		return 0;
	/* the records may have left in full frames already */
	int rc = stream_make_room(st, 0);
	if (rc < 0 || st->ack_asked_seq >= seq)
		return rc;
	st->ack_wanted = true;
	return st->acks_out < ACKS_MAX ? stream_submit(st) : 0;
}

int
stream_submit_to(struct stream *st, uint64_t seq)
{
	int rc = 0;
	mutex_lock(&st->lock);
	if (st->acked_seq < seq)
		rc = st->error != 0 ? st->error : ask_for_ack(st, seq);
	mutex_unlock(&st->lock);
	return rc;
}

/* went down with an earlier connection, and is not caught up */
static bool
is_lost(const struct stream *st, uint64_t seq)
{
	return st->gap_from < seq && seq <= st->gap_to;
}

bool
stream_is_behind(const struct stream *st)
{
	return st->lag_seq > st->acked_seq;
}

/* the target lives, and its disk does not: nobody waits for it any longer */
static int
give_up(struct stream *st, uint64_t seq)
{
	if (st->cfg.marks != NULL) {
		st->is_stuck = true;
		st->lag_seq = max_u64(st->lag_seq, seq);
		cond_wake_all(&st->pulse_tick);
		cond_wake_all(&st->changed);
	}
	return stream_stuck(st);
}

static int
wait_locked(struct stream *st, uint64_t seq, uint64_t deadline)
{
	/* not asked either: frames that leave full hold the most */
	int rc = st->is_stuck ? 0 : ask_for_ack(st, seq);
	uint64_t start = now_ns();
	uint64_t limit = st->cfg.disk_timeout_ms * NS_PER_MS;
	st->stats.waits++;
	while (rc == 0 && (st->acked_seq < seq || is_lost(st, seq))) {
		if (st->error != 0)
			return st->error;
		if (is_lost(st, seq))
			return -ECONNRESET;
		/* an ack came in and made room for asking */
		if (st->ack_asked_seq < seq && st->acks_out < ACKS_MAX) {
			rc = ask_for_ack(st, seq);
			continue;
		}
		uint64_t until = max_u64(start, st->durable_at) + limit;
		if (deadline_passed(until) || st->is_stuck)
			return give_up(st, seq);
		if (deadline_passed(deadline))
			return -EAGAIN;
		stream_progress(st, min_u64(until, deadline));
	}
	return rc;
}

int
stream_wait(struct stream *st, uint64_t seq, uint64_t deadline)
{
	int rc = 0;
	mutex_lock(&st->lock);
	if (st->acked_seq < seq || is_lost(st, seq))
		rc = st->error != 0 ? st->error
				    : wait_locked(st, seq, deadline);
	if (rc == 0 && st->last_deep_seq <= seq &&
		st->deep_seq < st->last_deep_seq)
		rc = err_set(-EIO,
			"%s acknowledged a deep flush without having done it",
			st->cfg.target);
	mutex_unlock(&st->lock);
	return rc;
}
