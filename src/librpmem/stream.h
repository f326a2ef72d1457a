/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream.h -- the one ordered sequence of changes to a remote pool
 *
 * A stream is the one place where changes to a remote pool get their order.
 * Appending copies the bytes and takes the next number under one lock, so no
 * later store can slip into an earlier record; everything after that,
 * sending, waiting, acknowledging, only moves numbers forward.  The only
 * thing that ends a stream is the death of its connection (or a status from
 * the target that says its media failed): every waiter is woken and told.
 * With marks (marks.h) it remembers what the copy has not got, goes on doing
 * so while it is down, and can be started again on another connection.
 *
 * Whoever waits polls the connection; the others sleep.  A pulse thread
 * sends heartbeats when nothing was heard for a while, finds an idle peer's
 * death, and ends the stream when heartbeats stay unanswered.
 *
 * Allocates only in stream_new.
 */
#ifndef RPMEM_LIBRPMEM_STREAM_H
#define RPMEM_LIBRPMEM_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "fabric/fabric.h"
#include "librpmem/stats.h"

struct stream;
struct sequencer;
struct marks;

/* received frames a target may have under way to us: acks, read and digest
 * answers, beats and credit frames; see ACKS_MAX, REQUESTS_MAX in stream.c */
#define STREAM_NRECV 32u
/* send slots beyond the target's credits: heartbeats never wait */
#define STREAM_NSEND_EXTRA 4u

struct stream_cfg {
	const uint8_t *addr; /* start of the pool in this process */
	uint64_t size;	     /* at the start; see stream_grow */
	bool whole_lines;    /* owner: round to lines, read them twice */
	uint64_t lines_from; /* never round below it */
	struct sequencer *sequencer; /* taken on success */
	uint64_t acked_seq;	     /* what the target has already */
	uint64_t seed;
	uint32_t credits;
	uint32_t frame_max;
	uint32_t timeout_ms;
	uint32_t disk_timeout_ms;
	const char *target; /* for messages; borrowed for ever */

	/* of a stream that outlives its connections; else NULL */
	struct marks *marks; /* guarded by the stream's lock from here on */
	/* where the last number that is durable at the copy is kept, which no
	 * later start of the target takes back; NULL: nowhere */
	_Atomic uint64_t *safe_seq;
	/* called by the pulse thread now and then, and at the end of a
	 * connection; returns when to be called again at the latest */
	uint64_t (*keep)(void *arg);
	void *keep_arg;
};

/*
 * stream_new -- start a stream on a fresh connection
 *
 *   conn   taken on success; NULL, with marks: it is down until stream_restart
 *
 * Errors  -ENOMEM, -EAGAIN (no thread)
 */
NODISCARD int stream_new(const struct stream_cfg *cfg, struct conn *conn,
	struct stream **st_out);

/*
 * stream_append -- add a copy of a range of the pool
 *
 * The bytes are those memory holds during the call; the range was checked.
 * Waits, without the lock, while the target has no credit to give.
 *
 *   seq_out   number of the last record
 *
 * Durability  none before stream_wait.
 * Ordering    after everything appended before, by any thread.
 * Errors      the stream's: -ECONNRESET, -ETIMEDOUT, -EIO
 */
NODISCARD int stream_append(struct stream *st, uint64_t off, uint64_t len,
	unsigned lane, uint64_t *seq_out);

/*
 * stream_fill -- add a memset: the range holds the byte
 *
 * With whole_lines only lines that hold nothing but the byte now become a
 * fill; what else the rounded range touches travels as a copy.
 *
 * Otherwise as stream_append.
 */
NODISCARD int stream_fill(struct stream *st, uint64_t off, uint64_t len,
	uint8_t byte, uint64_t *seq_out);

/* the pool has `size` bytes from here on, more than before; the target makes
 * its own as large, or its refusal ends the stream */
NODISCARD int stream_grow(struct stream *st, uint64_t size, uint64_t *seq_out);

/* the copy's lineage from here on, encoded; durable there before its ack, and
 * behind everything before it */
NODISCARD int stream_lineage(
	struct stream *st, const void *bytes, uint32_t len, uint64_t *seq_out);

/* add a deep flush of a range */
NODISCARD int stream_deep(struct stream *st, uint64_t off, uint64_t len,
	unsigned lane, uint64_t *seq_out);

/*
 * stream_barrier -- what was appended becomes durable before what follows
 *
 * No record where it would order nothing: behind another barrier, and when
 * everything is acked.
 */
NODISCARD int stream_barrier(struct stream *st);

/*
 * stream_submit_to -- see that everything up to seq leaves and is acked
 *
 * Waits for credit only.
 */
NODISCARD int stream_submit_to(struct stream *st, uint64_t seq);

#define STREAM_NO_DEADLINE UINT64_MAX

/*
 * stream_wait -- until the target says that everything up to seq is durable
 *
 *   deadline   give up then; STREAM_NO_DEADLINE: only the stream's own limits
 *
 * Returns 0; the stream's error; -EAGAIN: the deadline passed; -ETIMEDOUT:
 * the target answers but made nothing durable for disk_timeout_ms (the stream
 * lives on); -EIO: a deep flush up to seq was acked without the deep mark
 */
NODISCARD int stream_wait(struct stream *st, uint64_t seq, uint64_t deadline);

/* number of the last record appended */
uint64_t stream_last(struct stream *st);

/*
 * stream_read -- bytes of the target's pool, behind everything appended
 *
 * Errors  the stream's, or the target's status
 */
NODISCARD int stream_read(
	struct stream *st, void *dst, uint64_t off, uint64_t len);

/*
 * stream_digests -- XXH3-64 of each block of a range of the target's pool
 *
 *   block   bytes, a power of two
 *   out     one per block; the range has at most STREAM_DIGESTS_MAX blocks
 */
#define STREAM_DIGESTS_MAX 4096u
NODISCARD int stream_digests(struct stream *st, uint64_t off, uint64_t len,
	uint32_t block, uint64_t *out);

/* of the last record appended, and up to which everything is durable */
void stream_numbers(
	struct stream *st, uint64_t *appended_out, uint64_t *acked_out);

/* whom it has its numbers from; the stream's */
struct sequencer *stream_numbers_of(struct stream *st);

/* 0 or the error that ended it (negative) */
int stream_error(struct stream *st);

/* end it with this error, now; never blocks */
void stream_kill(struct stream *st, int neg_errno);

/* copy of the counters */
void stream_stats(struct stream *st, struct stats *stats_out);

/* borrowed until the connection is another one, see stream_quiet */
const char *stream_provider(struct stream *st);

/* the pulse and its keeper have ended; there is no way back */
void stream_quiet(struct stream *st);

/* stop the pulse thread, at most `ms`; calls still work, without heartbeats */
void stream_park(struct stream *st, uint32_t ms);

/* end, join, free; nobody else may be in a call.  NULL is fine. */
void stream_free(struct stream *st);

/* in a forked child: free memory, touch neither thread nor connection */
void stream_abandon(struct stream *st);

#endif
