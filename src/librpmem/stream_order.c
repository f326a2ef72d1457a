/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_order.c -- records without a payload: fills, growth, barriers
 *
 * A fill says "these lines hold nothing but this byte".  The program may have
 * stored something else since its memset; so each line is looked at (as a
 * snapshot looks, twice) when the record gets its number, and a line that
 * holds anything else is copied: what travels is what memory was.
 *
 * A pool grows in the stream, so that every record behind it may name the new
 * range, and a copy that stops before it has missed no record of that range.
 *
 * A barrier orders at the target what a fence orders here.  Records are
 * applied in order anyway, so it matters where the machine may die between
 * caches and media; behind a barrier or an ack there is nothing to order.
 */
#include "librpmem/stream_internal.h"
#include "librpmem/stream_resend.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/fault.h"
#include "base/snapshot.h"

static bool
holds(const uint8_t *line, uint64_t len, uint8_t byte)
{
	uint8_t now[LINE_SIZE];
	snapshot_lines(now, line, len);
	for (uint64_t i = 0; i < len; i++)
		if (now[i] != byte)
			return false;
	return true;
}

/* bytes at the start of a range of whole lines that hold, or do not hold,
 * the byte */
static uint64_t
run_length(const struct stream *st, uint64_t off, uint64_t len, uint8_t byte,
	bool want)
{
	uint64_t n = 0;
	while (n < len) {
		uint64_t line = min_u64(len - n, LINE_SIZE);
		if (holds(st->cfg.addr + off + n, line, byte) != want)
			break;
		n += line;
	}
	return n;
}

static int
fill_run(struct stream *st, uint64_t off, uint64_t len, uint8_t byte,
	uint64_t *done_out)
{
	int rc = stream_make_room(st, 0);
	if (rc < 0)
		return rc;
	/* making room may have waited without the lock: look now */
	uint64_t n = st->cfg.whole_lines ? run_length(st, off, len, byte, true)
					 : len;
	*done_out = n;
	if (n == 0)
		return 0;
	struct record rec = {.type = REC_FILL,
		.aux = byte,
		.seq = stream_next_seq(st),
		.off = off,
		.len = n};
	(void)frame_add(&st->frame, &rec, 0);
	stream_mark(st, off, n);
	st->stats.records++;
	return 0;
}

int
stream_fill(struct stream *st, uint64_t off, uint64_t len, uint8_t byte,
	uint64_t *seq_out)
{
	int rc = 0;
	if (len != 0)
		stream_round(st, &off, &len);
	mutex_lock(&st->lock);
	st->stats.appends++;
	while (len != 0 && rc == 0) {
		uint64_t done = 0;
		rc = fill_run(st, off, len, byte, &done);
		if (rc == 0 && done == 0) {
			uint64_t n = run_length(st, off, len, byte, false);
			/* 0: it has become a line to fill meanwhile */
			if (n != 0)
				rc = stream_append_chunk(st, off, n, 0, &done);
		}
		off += done;
		len -= done;
	}
	rc = stream_settle(st, rc, off, len, seq_out);
	mutex_unlock(&st->lock);
	return rc;
}

int
stream_add_grow(struct stream *st, uint64_t size)
{
	int rc = stream_make_room(st, 0);
	if (rc < 0)
		return rc;
	struct record rec = {
		.type = REC_GROW, .seq = stream_next_seq(st), .len = size};
	(void)frame_add(&st->frame, &rec, 0);
	st->stats.records++;
	return 0;
}

int
stream_grow(struct stream *st, uint64_t size, uint64_t *seq_out)
{
	int rc = 0;
	mutex_lock(&st->lock);
	if (st->cfg.marks != NULL)
		rc = marks_grow(st->cfg.marks, size);
	if (rc == 0)
		rc = stream_add_grow(st, size);
	/* a stream that is down learns of it, too; see stream_restart */
	if (rc == 0 || (st->cfg.marks != NULL && rc != -ENOMEM))
		atomic_store_explicit(&st->size, size, memory_order_relaxed);
	rc = stream_settle(st, rc, 0, 0, seq_out);
	mutex_unlock(&st->lock);
	return rc;
}

int
stream_lineage(
	struct stream *st, const void *bytes, uint32_t len, uint64_t *seq_out)
{
	mutex_lock(&st->lock);
	int rc = stream_make_room(st, len);
	if (rc == 0) {
		struct record rec = {.type = REC_LINEAGE,
			.seq = stream_next_seq(st),
			.len = len};
		memcpy(frame_add(&st->frame, &rec, len), bytes, len);
		st->stats.records++;
		*seq_out = rec.seq;
	}
	mutex_unlock(&st->lock);
	return rc;
}

int
stream_barrier(struct stream *st)
{
	int rc = 0;
	if (FAULT("librpmem/no-barrier"))
		return 0;
	/* what it orders is not sent, and has no order when it is made up for
	 */
	if (stream_is_down(st))
		return -ECONNRESET;
	mutex_lock(&st->lock);
	if (st->error != 0)
		rc = st->error;
	else if (st->last_seq != st->ordered_seq &&
		 st->last_seq != st->acked_seq)
		rc = stream_make_room(st, 0);
	/* the same again: others may have come while room was made */
	if (rc == 0 && st->last_seq != st->ordered_seq &&
		st->last_seq != st->acked_seq) {
		struct record rec = {
			.type = REC_BARRIER, .seq = stream_next_seq(st)};
		(void)frame_add(&st->frame, &rec, 0);
		st->ordered_seq = rec.seq;
		st->stats.records++;
	}
	mutex_unlock(&st->lock);
	return rc;
}
