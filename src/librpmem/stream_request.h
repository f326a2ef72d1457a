/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_request.h -- a question to the target that is under way
 *
 * The thread that asked does something else until it wants the answer: hashes
 * its own bytes, for instance, while the target hashes the copy's.
 */
#ifndef RPMEM_LIBRPMEM_STREAM_REQUEST_H
#define RPMEM_LIBRPMEM_STREAM_REQUEST_H

#include "librpmem/stream.h"
#include "wire/record.h"

/* where an answer goes; in the stream's list while it is under way */
struct request {
	struct request *next;
	uint64_t tag;
	uint8_t *dst;	   /* where its answer's payload goes */
	uint64_t off;	   /* the range asked for */
	uint64_t dst_size; /* bytes of the whole answer */
	uint64_t dst_left; /* of them, still to come */
	uint32_t unit;	   /* pool bytes per answer byte: 1, or block / 8 */
	int status;	   /* positive errno of a refused part */
};

/* on the stack of the thread that asks, until it has taken the answer */
struct question {
	struct request request;
	enum record_type type;
	uint64_t off; /* what is not asked yet */
	uint64_t len;
	uint32_t aux;
	uint64_t chunk; /* bytes of pool per record */
	uint64_t incarnation;
};

/*
 * stream_digests_ask -- put the question for digests into the stream
 *
 *   q     borrowed until stream_digests_take or _drop, one of which has to
 *         follow, also where this failed
 *   out   as for stream_digests, and borrowed as long
 *
 * Ordering  answered behind every record appended before, and before those
 *           appended after, as long as the range has one chunk (16 MiB, or as
 *           many blocks as a frame has digests) and REQUESTS_MAX questions are
 *           not under way: else a part is asked for by stream_digests_take.
 * Errors    the stream's
 */
NODISCARD int stream_digests_ask(struct stream *st, struct question *q,
	uint64_t off, uint64_t len, uint32_t block, uint64_t *out);

/* wait for the answer; errors as those of stream_digests */
NODISCARD int stream_digests_take(struct stream *st, struct question *q);

/* fills dst with whole lines of the pool; 0 or a negative errno */
typedef int stream_reader(void *arg, uint64_t off, void *dst, uint64_t len);

#define STREAM_LOOK_MAX 4096u
#define STREAM_LOOK_UNITS 8u

/* a block on both sides, at one point of the stream */
struct stream_look {
	uint64_t off;
	uint64_t len;  /* STREAM_LOOK_MAX at most */
	uint32_t unit; /* bytes per digest, STREAM_LOOK_UNITS at most */
	bool sends;    /* what is read is sent, too, before the question */
	stream_reader *read;
	void *arg;
	uint64_t mine[STREAM_LOOK_UNITS];
	uint64_t theirs[STREAM_LOOK_UNITS]; /* once the answer is taken */
};

/*
 * stream_look_ask -- read a block, and ask the target for it, in one step
 *
 *   l, q   borrowed until stream_digests_take or _drop, as above
 *
 * Ordering  the bytes are those of the place in the stream at which the
 *           question stands, and so is the record, if they are sent.
 * Errors    the stream's; what read returned, for instance -EAGAIN; -EBUSY: too
 *           many questions are under way
 */
NODISCARD int stream_look_ask(
	struct stream *st, struct stream_look *l, struct question *q);

/* the answer is not wanted any more, and dropped when it comes */
void stream_digests_drop(struct stream *st, struct question *q);

#endif
