/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_internal.h -- what the files of the stream share
 *
 * stream.c appends and waits, stream_rx.c takes in what the target says,
 * stream_request.c asks, stream_pulse.c keeps watch.
 *
 * Lock order: st->lock, then the connection's own mutex (inside fabric).
 */
#ifndef RPMEM_LIBRPMEM_STREAM_INTERNAL_H
#define RPMEM_LIBRPMEM_STREAM_INTERNAL_H

#include <stdatomic.h>

#include "base/mutex.h"
#include "librpmem/marks.h"
#include "librpmem/stream.h"
#include "librpmem/stream_request.h"
#include "wire/frame.h"

/* ack requests under way: the fourth waiter's record may ride with others */
#define ACKS_MAX 4u
/* read and digest requests under way; + ACKS_MAX + beats and credit frames
 * must stay below STREAM_NRECV */
#define REQUESTS_MAX 16u
#define NO_SLOT (-1)

struct stream {
	struct stream_cfg cfg;
	struct conn *conn;
	struct mutex lock;
	struct cond changed;	   /* anything below moved */
	atomic_uint_fast64_t size; /* of the pool; grows, under lock */

	/* changes under lock, is looked at without; see stream_resend.c */
	atomic_bool is_down;
	atomic_uint_fast64_t lost_seq; /* number of what is missed meanwhile */
	bool has_membarrier;

	/* all guarded by lock */
	uint64_t last_seq;
	uint64_t acked_seq;
	uint64_t deep_seq;	/* up to here acked with the deep mark */
	uint64_t last_deep_seq; /* number of the last deep flush; 0: none */
	uint64_t ordered_seq;	/* of the last barrier */
	int error;		/* negative; what ended the stream */
	uint64_t real_acked;	/* durable there, on any connection */
	uint64_t incarnation;	/* counts the connections */
	/* (gap_from, gap_to]: numbers that were lost and are not caught up */
	uint64_t gap_from;
	uint64_t gap_to; /* 0: none; UINT64_MAX: the stream is down */

	/* the open frame */
	int slot; /* NO_SLOT: none is open */
	struct frame_writer frame;
	bool closed;	     /* finished, libfabric had no room yet */
	uint32_t closed_len; /* of a closed frame */

	uint64_t frames_sent;
	uint64_t frames_credited; /* of them, made room for at the target */
	uint64_t frames_taken;	  /* of the target's, posted again */

	unsigned acks_out;
	bool ack_wanted;	/* somebody waits for the open frame */
	uint64_t ack_asked_seq; /* highest number an ack was asked for */
	uint64_t ack_asked_at[ACKS_MAX]; /* ring: when; for the round trip */
	uint64_t nacks_asked;
	uint64_t nacks_got;

	struct request *requests;
	unsigned nrequests; /* frames of questions under way */
	uint64_t last_tag;

	bool is_stuck;	  /* a wait was given up, and no ack came since */
	uint64_t lag_seq; /* highest that a wait was given up for */

	bool polling; /* a thread is in conn_poll */
	uint64_t rx_at;
	uint64_t durable_at; /* last time acked_seq moved, or was all there */
	uint64_t hb_count;
	uint64_t hb_sent_at; /* of the oldest unanswered heartbeat; 0: none */

	struct stats stats;

	/* the pulse */
	pthread_t pulse;
	bool pulse_runs;
	bool pulse_stop;
	bool keep_now;	   /* the keeper is called before its time */
	bool pulse_beats;  /* guarded by lock, as is the next */
	pthread_t beating; /* the pulse, as it knows itself */
	uint64_t tick_at;  /* when the pulse beats next */
	struct cond pulse_tick;
};

/* the next record's number; only with room for the record, which follows */
uint64_t stream_next_seq(struct stream *st) REQUIRES(&st->lock);

/* largest payload worth putting into the open frame now; 0: send it first */
uint32_t stream_chunk_room(const struct stream *st, uint64_t left)
	REQUIRES(&st->lock);

/*
 * add a copy of the start of a range, as much as fits the open frame
 *
 *   done_out   bytes; 0: none yet, call again
 */
NODISCARD int stream_append_chunk(struct stream *st, uint64_t off, uint64_t len,
	unsigned lane, uint64_t *done_out) REQUIRES(&st->lock);

/* the lines that a range touches, inside [lines_from, size) */
void stream_round(const struct stream *st, uint64_t *off, uint64_t *len);

/* see stream_lags */
bool stream_is_behind(const struct stream *st) REQUIRES(&st->lock);

/* -ETIMEDOUT with a message: alive, but no progress for disk_timeout_ms */
NODISCARD int stream_stuck(const struct stream *st);

/* end the stream (first error stays), wake everybody */
void stream_die(struct stream *st, int neg_errno) REQUIRES(&st->lock);

/*
 * what an append returns that ended with rc and has len bytes at off left
 *
 * They are dirty, under a number of their own, so that a wait for it knows.
 */
NODISCARD int stream_settle(struct stream *st, int rc, uint64_t off,
	uint64_t len, uint64_t *seq_out) REQUIRES(&st->lock);

/* the stream goes down; marks are kept */
void stream_mark_down(struct stream *st) REQUIRES(&st->lock);

/* a record with the next number carries this range, or it did not leave */
void stream_mark(struct stream *st, uint64_t off, uint64_t len)
	REQUIRES(&st->lock);
void stream_mark_missed(struct stream *st, uint64_t off, uint64_t len)
	REQUIRES(&st->lock);

/* add a GROW record */
NODISCARD int stream_add_grow(struct stream *st, uint64_t size)
	REQUIRES(&st->lock);

/* take in one received frame */
void stream_rx(struct stream *st, const struct conn_event *ev)
	REQUIRES(&st->lock);

/*
 * poll the connection, or sleep until the thread that does has news
 *
 * Drops the lock meanwhile.  Returns on any news, or at the deadline; with a
 * deadline of 0 only looks (and does nothing if another thread polls).
 */
void stream_progress(struct stream *st, uint64_t deadline) REQUIRES(&st->lock);

/*
 * have an open frame in which a record with this payload fits; may send the
 * present one and wait for credit.  Drops the lock while it waits.
 */
NODISCARD int stream_make_room(struct stream *st, uint32_t payload)
	REQUIRES(&st->lock);

/* close and send the open frame, if there is one; asks for an ack if wanted */
NODISCARD int stream_submit(struct stream *st) REQUIRES(&st->lock);

/* when the calling thread has to beat: the pulse in time, another if it is late
 */
uint64_t stream_beat_at(const struct stream *st) REQUIRES(&st->lock);

/* look, send a heartbeat, or end the stream */
void stream_tick(struct stream *st) REQUIRES(&st->lock);

/* a heartbeat in a frame of its own, past credits and the open frame */
void stream_heartbeat(struct stream *st) REQUIRES(&st->lock);

/* a question for digests; it is in the stream's list from begin on */
void stream_question_init(struct stream *st, struct question *q, uint64_t off,
	uint64_t len, uint32_t block, uint64_t *out);
void stream_question_begin(struct stream *st, struct question *q)
	REQUIRES(&st->lock);

/* its next part into the open frame, which has room */
void stream_question_add(struct stream *st, struct question *q)
	REQUIRES(&st->lock);

NODISCARD int stream_pulse_start(struct stream *st);

/* stop the pulse and wait for it: it never sleeps in a call for long */
void stream_pulse_join(struct stream *st);

#endif
