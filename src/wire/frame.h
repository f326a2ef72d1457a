/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * frame.h -- frames and records of the in-band connection
 *
 * One send carries one frame: a header and records, back to back, each
 * padded to 8 bytes.  Little endian; drawings in doc/protocol.md.
 *
 *  frame header               record header
 *   0  4 magic "RPF1"          0  1 type      1  1 flags    2  2 lane
 *   4  4 len, header included  4  4 aux       (status, block size or byte)
 *   8  8 hash                  8  8 seq       (number, or tag of a request)
 *  16  8 frame_no             16  8 off
 *  24  8 credits              24  8 len       (bytes of the range or payload)
 *
 * hash is XXH3-64 seeded with the session's secret over bytes 16 .. len - 1:
 * it finds corruption, it does not stop a forger.  frame_no counts from 1 in
 * each direction.  credits is the number of the peer's frames that the
 * sender has taken in and made room for again, counted from the start.
 */
#ifndef RPMEM_WIRE_FRAME_H
#define RPMEM_WIRE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

#define FRAME_HDR_SIZE 32u
#define RECORD_HDR_SIZE 32u
#define FRAME_MAX (64u * 1024 + 1024) /* a 64 KiB payload and its headers */
#define FRAME_MIN_MAX 8192u /* smallest frame_max: room for a LINEAGE */
#define DIGEST_BLOCK_MIN 512u
#define BEAT_PAYLOAD 32u
#define LINEAGE_PAYLOAD_MAX 6168u	/* encoded by src/lineage */
#define GROW_UNIT 4096u			/* pools are whole pages */
#define RECORD_SEQ_MAX (UINT64_MAX / 4) /* numbers never come near it */

enum record_type {
	/* initiator to target: changes, in stream order */
	REC_COPY = 1,	 /* seq, off, len, payload of len bytes */
	REC_FILL = 2,	 /* seq, off, len, aux = byte */
	REC_DEEP = 3,	 /* seq, off, len */
	REC_BARRIER = 4, /* seq: earlier records durable before later ones */
	/* initiator to target: questions, answered in stream order */
	REC_ACK_REQ = 5,   /* seq = last number before it */
	REC_READ = 6,	   /* seq = tag, off, len <= a frame's payload */
	REC_DIGEST = 7,	   /* seq = tag, off, len, aux = block size */
	REC_HEARTBEAT = 8, /* seq = counter; answered at once */
	/* a change again: */
	REC_GROW = 9,	  /* seq, len = bytes that the pool has from here on */
	REC_LINEAGE = 10, /* seq, payload: the copy's lineage from here on */
	/* target to initiator */
	REC_ACK = 16,	    /* seq = durable up to, aux = status */
	REC_READ_DATA = 17, /* seq = tag, off, aux = status, payload */
	REC_DIGEST_DATA =
		18,    /* seq = tag, off, aux = status, payload of le64 */
	REC_BEAT = 19, /* seq = the heartbeat's, payload: struct beat */
};

/* flags of ACK */
#define REC_F_DEEP 1u	    /* every deep record up to seq reached media */
#define REC_F_JOURNALLED 2u /* taken in up to seq, not durable; never DEEP */

struct record {
	enum record_type type;
	uint8_t flags;
	uint16_t lane;
	uint32_t aux;
	uint64_t seq;
	uint64_t off;
	uint64_t len;
	const uint8_t *payload; /* in the frame, borrowed; NULL if none */
};

/* what a target says of itself in REC_BEAT */
struct beat {
	uint64_t received;	 /* frames */
	uint64_t applied;	 /* seq */
	uint64_t durable;	 /* seq */
	uint64_t msync_since_ms; /* 0: not in msync; else how long, >= 1 */
};

enum frame_side { FRAME_FROM_INITIATOR, FRAME_FROM_TARGET };

struct frame_writer {
	uint8_t *buf;
	uint32_t size;
	uint32_t used;
	uint32_t nrecords;
};

/* start a frame in buf, size bytes (>= FRAME_HDR_SIZE) */
void frame_begin(struct frame_writer *w, void *buf, uint32_t size);

/* the largest payload that a record added now could have; 0 if not even an
 * empty record fits (frame_fits tells) */
uint32_t frame_room(const struct frame_writer *w);
bool frame_fits(const struct frame_writer *w, uint32_t payload_len);

/*
 * frame_add -- append a record, leave its payload to the caller
 *
 * rec->payload is not used.  The record must fit (frame_fits).
 *
 *   payload_len   bytes of payload: rec->len for COPY, LINEAGE,
 *                 READ_DATA and DIGEST_DATA, BEAT_PAYLOAD for BEAT, else 0
 *
 * Returns where the payload goes; padding is zeroed
 */
uint8_t *frame_add(
	struct frame_writer *w, const struct record *rec, uint32_t payload_len);

/* fill in the header; returns the frame's length in bytes */
uint32_t frame_end(struct frame_writer *w, uint64_t frame_no, uint64_t credits,
	uint64_t seed);

/* where the payload of a record goes that is added next, to have it there
 * before; frame_add leaves it alone, if it is a multiple of 8 bytes and fits
 */
uint8_t *frame_next_payload(struct frame_writer *w);

struct frame_reader {
	const uint8_t *buf;
	uint32_t len;
	uint32_t pos;
	enum frame_side from;
	uint64_t frame_no;
	uint64_t credits;
};

/*
 * frame_open -- check a received frame's header and hash
 *
 *   len    bytes received
 *   from   who sent it: only that side's record types will be accepted
 *
 * Returns 0; -EPROTO: magic or length wrong; -EBADMSG: hash wrong
 */
NODISCARD int frame_open(struct frame_reader *r, const void *buf, uint32_t len,
	uint64_t seed, enum frame_side from);

/*
 * frame_next -- the next record, with type, flags, lengths and padding
 * checked and unused fields zero; ranges against the pool are not looked at
 *
 * Returns 1 (a record), 0 (no more), -EPROTO with a message
 */
NODISCARD int frame_next(struct frame_reader *r, struct record *rec_out);

/*
 * record_check -- is the range of a record from an initiator inside the pool?
 *
 *   writable_from   first byte that may be changed (header size, or 0)
 *
 * Returns 0 or -EPROTO with a message
 */
NODISCARD int record_check(
	const struct record *rec, uint64_t pool_size, uint64_t writable_from);

/* bytes of payload that answer a digest record: 8 per block */
uint64_t digest_payload(uint64_t len, uint32_t block);

void beat_encode(const struct beat *b, uint8_t out[BEAT_PAYLOAD]);
void beat_decode(const uint8_t in[BEAT_PAYLOAD], struct beat *b_out);

/* XXH3-64 of a block of pool memory, as DIGEST_DATA carries it */
uint64_t block_digest(const void *p, uint64_t len);

/* the digest of zeros that was made last; len 0: none yet */
struct zeros_digest {
	uint64_t len;
	uint64_t digest;
};

/* block_digest of len zeros, 1 .. 64 KiB */
uint64_t zeros_digest(struct zeros_digest *last, uint64_t len);

#endif
