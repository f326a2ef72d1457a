/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_resend.h -- a stream that outlives its connection
 */
#ifndef RPMEM_LIBRPMEM_STREAM_RESEND_H
#define RPMEM_LIBRPMEM_STREAM_RESEND_H

#include "librpmem/stream_request.h"

/* what is new with another connection */
struct stream_session {
	uint64_t seed;
	uint32_t credits;
	uint32_t frame_max;
	uint64_t applied_seq; /* numbers up to here were used */
	uint64_t copy_size;   /* if the pool is larger, GROW comes first */
};

/*
 * stream_restart -- go on over another connection
 *
 * The stream is down, and no thread calls this beside another.  What was not
 * acknowledged is dirty in the marks; what is appended from here on goes to
 * the new connection.  A wait for what was lost with the old one is
 * -ECONNRESET until stream_caught_up.
 *
 *   conn   taken
 */
void stream_restart(struct stream *st, struct conn *conn,
	const struct stream_session *session);

/*
 * stream_resend -- send one dirty block of the marks again, as it is now
 *
 *   len_out   bytes that were sent; 0: there is no dirty block
 *
 * Ordering  in the stream, so behind every older record of these lines and
 *           before every later one.
 * Errors    the stream's; what read returned (the rest stays dirty), for
 *           instance -EAGAIN
 */
NODISCARD int stream_resend(
	struct stream *st, stream_reader *read, void *arg, uint64_t *len_out);

/*
 * stream_append_read -- add copies of a range, of what read says it holds
 *
 * For a range that nobody stores to meanwhile, in a copy that holds zeros
 * there: read is asked once, straight into the frame, and zeros are left out.
 *
 *   sent_out   bytes that are not zeros
 *
 * Otherwise as stream_append; errors also those of read, with what was read
 * before in the stream.
 */
NODISCARD int stream_append_read(struct stream *st, stream_reader *read,
	void *arg, uint64_t off, uint64_t len, uint64_t *sent_out);

/* take a dirty block, to send it by other means; false: there is none */
bool stream_take_dirty(struct stream *st, uint64_t *off_out);

/* has a stream with marks ended, and was not started again?  Takes no lock. */
bool stream_is_down(struct stream *st);

/*
 * Is it down, and is there nothing to remember of this range, whose blocks are
 * dirty already?  Takes no lock; see stream_resend.c
 *
 *   seq_out   the number of all that is missed
 */
bool stream_is_missed(
	struct stream *st, uint64_t off, uint64_t len, uint64_t *seq_out);

/*
 * stream_lags -- have calls returned without what the target, although it
 * answers, did not make durable?
 *
 * From the first wait of a stream with marks that ends with -ETIMEDOUT to the
 * ack of all that such waits were for.  Up to the next ack, of anything, no
 * wait takes any time.  The keeper is woken by the first and by the last.
 */
bool stream_lags(struct stream *st);

/* does the copy lack something that calls were told, or may have been? */
bool stream_lacks(struct stream *st);

/* there is something to do for the keeper: it is called at once */
void stream_keep_now(struct stream *st);

/* how often the program has appended */
uint64_t stream_appends(struct stream *st);

/* bytes of the dirty blocks */
uint64_t stream_dirty(struct stream *st);

/* a range of the copy turned out to be different: it is dirty */
void stream_differs(struct stream *st, uint64_t off, uint64_t len);

/* the highest number that is known to be durable at the copy */
uint64_t stream_lost_at(struct stream *st);

/* the copy has everything: true, unless a block has become dirty again or the
 * stream is down */
bool stream_caught_up(struct stream *st);

#endif
