/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * journal_codec.h -- NAME.rpmem-catchup as bytes (pure)
 *
 * Little endian.  A page with two slots of 512 bytes, each in a sector of its
 * own, then records, each padded to 8 bytes:
 *
 *  begin, at 0                       end, at 512; zeros until complete
 *    0   8 "RPMCATCH"                  0   8 "RPMCATED"
 *    8   4 version = 1                 8   8 seq of the last record
 *   12   4 flags, JOURNAL_F_*         16   8 bytes of the file up to it
 *   16  16 pool set's uuid            24 480 zeros
 *   32  16 primary's uuid            504   8 XXH3-64 of 0 .. 503, seed = id
 *   48   8 id, random
 *   56   8 seq that the copy is at   record
 *   64   8 size of the pool            0   8 sum
 *   72 432 zeros                       8   1 type, 9 3 zeros, 12 4 aux
 *  504   8 XXH3-64 of 0 .. 503        16   8 seq, 24 8 off, 32 8 len
 *                                     40     payload of a COPY, zeros
 *
 * sum is XXH3-64 of bytes 8 .. 39, seeded with that of the payload, which is
 * seeded with id: what an earlier file left in the blocks is no record.
 */
#ifndef RPMEM_RPMEMD_JOURNAL_CODEC_H
#define RPMEM_RPMEMD_JOURNAL_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"
#include "wire/frame.h"

#define JOURNAL_SLOT_SIZE 512u
#define JOURNAL_HDR_SIZE 4096u /* begin, end, zeros */
#define JOURNAL_END_OFF JOURNAL_SLOT_SIZE
#define JOURNAL_REC_HDR 40u
#define JOURNAL_REC_MAX (JOURNAL_REC_HDR + FRAME_MAX) /* any record's bytes */

/* what was in the pool when the journal was begun is on the medium */
#define JOURNAL_F_SYNCED 1u
#define JOURNAL_F_ALL 1u

struct journal_begin {
	uint32_t flags;
	uint8_t poolset_uuid[UUID16_LEN];
	uint8_t primary_uuid[UUID16_LEN];
	uint64_t id;
	uint64_t seq;
	uint64_t pool_size;
};

struct journal_end {
	uint64_t seq;
	uint64_t len; /* bytes of the file, header included */
};

enum journal_kind {
	JOURNAL_INCOMPLETE, /* never applied: it may go */
	JOURNAL_COMPLETE,   /* may be half applied: it must be, wholly */
	JOURNAL_DAMAGED,    /* may be half applied and cannot be */
};

void journal_begin_encode(
	const struct journal_begin *b, uint8_t out[JOURNAL_SLOT_SIZE]);
void journal_end_encode(const struct journal_end *e, uint64_t id,
	uint8_t out[JOURNAL_SLOT_SIZE]);

/*
 * journal_judge -- what is a file that begins like this?
 *
 *   hdr         its first JOURNAL_HDR_SIZE bytes
 *   file_size   bytes it has
 *   begin_out   what it says; zeros if it cannot be read
 *   end_out     set if COMPLETE
 *
 * A begin that cannot be read is INCOMPLETE if the end is zeros
 * (the machine died before it was whole), else DAMAGED; so is an end that is
 * neither zeros nor whole, or that names more bytes than there are.
 */
enum journal_kind journal_judge(const uint8_t hdr[JOURNAL_HDR_SIZE],
	uint64_t file_size, struct journal_begin *begin_out,
	struct journal_end *end_out);

/* is it a record that a journal keeps, and whole in itself? */
bool journal_takes(const struct record *rec);

/* bytes that it takes */
uint64_t journal_record_size(const struct record *rec);

/* its header, for the payload that follows */
void journal_record_encode(
	const struct record *rec, uint64_t id, uint8_t out[JOURNAL_REC_HDR]);

#define JOURNAL_RECORD 1
#define JOURNAL_SHORT 0

/*
 * journal_scan -- the record at the start of len bytes
 *
 *   after      number of the record before it
 *   rec_out    its payload is borrowed from buf
 *   used_out   bytes that it takes
 *
 * Returns JOURNAL_RECORD; JOURNAL_SHORT: more bytes are needed to tell;
 * -EBADMSG: no record, without a message
 */
NODISCARD int journal_scan(const uint8_t *buf, uint64_t len, uint64_t id,
	uint64_t after, struct record *rec_out, uint64_t *used_out);

#endif
