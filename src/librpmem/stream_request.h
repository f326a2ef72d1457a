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

/* the answer is not wanted any more, and dropped when it comes */
void stream_digests_drop(struct stream *st, struct question *q);

#endif
