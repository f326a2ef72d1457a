/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * frame.c -- frames: a header, then records back to back
 *
 * Writing is on the path of every persist, so a record costs one 32-byte
 * store and a little arithmetic; the hash is taken once, over the finished
 * frame.  Reading checks the hash first and then each record as it is asked
 * for, so nothing of a damaged frame is ever looked at; the rules for
 * records are in record.c.  Numbers and credits of frames belong to the
 * session: they are read here and judged there.
 */
#include "wire/frame.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/byteorder.h"
#include "base/checked.h"
#include "base/err.h"
#include "wire/hash.h"
#include "wire/record.h"

#define RECORD_ALIGN 8u

struct wire_frame {
	uint8_t magic[4];
	le32 len;
	le64 hash;
	le64 frame_no;
	le64 credits;
};
_Static_assert(sizeof(struct wire_frame) == FRAME_HDR_SIZE, "frame header");
_Static_assert(_Alignof(struct wire_frame) == 1, "frame header");
_Static_assert(offsetof(struct wire_frame, len) == 4, "frame header");
_Static_assert(offsetof(struct wire_frame, hash) == 8, "frame header");
_Static_assert(offsetof(struct wire_frame, frame_no) == 16, "frame header");
_Static_assert(offsetof(struct wire_frame, credits) == 24, "frame header");

struct wire_record {
	uint8_t type;
	uint8_t flags;
	le16 lane;
	le32 aux;
	le64 seq;
	le64 off;
	le64 len;
};
_Static_assert(sizeof(struct wire_record) == RECORD_HDR_SIZE, "record header");
_Static_assert(_Alignof(struct wire_record) == 1, "record header");
_Static_assert(offsetof(struct wire_record, flags) == 1, "record header");
_Static_assert(offsetof(struct wire_record, lane) == 2, "record header");
_Static_assert(offsetof(struct wire_record, aux) == 4, "record header");
_Static_assert(offsetof(struct wire_record, seq) == 8, "record header");
_Static_assert(offsetof(struct wire_record, off) == 16, "record header");
_Static_assert(offsetof(struct wire_record, len) == 24, "record header");

static const uint8_t magic[4] = {'R', 'P', 'F', '1'};

void
frame_begin(struct frame_writer *w, void *buf, uint32_t size)
{
	assert(size >= FRAME_HDR_SIZE);
	*w = (struct frame_writer){
		.buf = buf, .size = size, .used = FRAME_HDR_SIZE};
}

uint32_t
frame_room(const struct frame_writer *w)
{
	uint32_t left = w->size - w->used;
	if (left < RECORD_HDR_SIZE)
		return 0;
	return (left - RECORD_HDR_SIZE) & ~(RECORD_ALIGN - 1);
}

bool
frame_fits(const struct frame_writer *w, uint32_t payload_len)
{
	return w->size - w->used >= RECORD_HDR_SIZE &&
	       payload_len <= frame_room(w);
}

uint8_t *
frame_add(
	struct frame_writer *w, const struct record *rec, uint32_t payload_len)
{
	assert(frame_fits(w, payload_len));
	struct wire_record hdr = {.type = (uint8_t)rec->type,
		.flags = rec->flags,
		.lane = le16_of(rec->lane),
		.aux = le32_of(rec->aux),
		.seq = le64_of(rec->seq),
		.off = le64_of(rec->off),
		.len = le64_of(rec->len)};
	uint8_t *to = w->buf + w->used;
	memcpy(to, &hdr, sizeof(hdr));
	to += sizeof(hdr);
	/* the padding is in the payload's last 8 bytes, which the caller
	 * fills only up to payload_len */
	uint32_t padded =
		(payload_len + RECORD_ALIGN - 1) & ~(RECORD_ALIGN - 1);
	if (padded != payload_len)
		memset(to + padded - RECORD_ALIGN, 0, RECORD_ALIGN);
	w->used += RECORD_HDR_SIZE + padded;
	w->nrecords++;
	return to;
}

uint8_t *
frame_next_payload(struct frame_writer *w)
{
	return w->buf + w->used + RECORD_HDR_SIZE;
}

uint32_t
frame_end(struct frame_writer *w, uint64_t frame_no, uint64_t credits,
	uint64_t seed)
{
	struct wire_frame hdr = {.len = le32_of(w->used),
		.frame_no = le64_of(frame_no),
		.credits = le64_of(credits)};
	memcpy(hdr.magic, magic, sizeof(magic));
	memcpy(w->buf, &hdr, sizeof(hdr));
	hdr.hash = le64_of(frame_hash(w->buf, w->used, seed));
	memcpy(w->buf, &hdr, sizeof(hdr));
	return w->used;
}

int
frame_open(struct frame_reader *r, const void *buf, uint32_t len, uint64_t seed,
	enum frame_side from)
{
	struct wire_frame hdr;
	if (len < FRAME_HDR_SIZE || len > FRAME_MAX || len % RECORD_ALIGN != 0)
		return err_set(-EPROTO, "no frame has %u bytes", len);
	memcpy(&hdr, buf, sizeof(hdr));
	if (memcmp(hdr.magic, magic, sizeof(magic)) != 0)
		return err_set(-EPROTO, "%u bytes that are not a frame", len);
	if (le32_get(hdr.len) != len)
		return err_set(-EPROTO, "frame of %u bytes that says it has %u",
			len, le32_get(hdr.len));
	if (le64_get(hdr.hash) != frame_hash(buf, len, seed))
		return err_set(-EBADMSG,
			"frame of %u bytes with a wrong hash: memory or "
			"network corrupts data",
			len);
	*r = (struct frame_reader){.buf = buf,
		.len = len,
		.pos = FRAME_HDR_SIZE,
		.from = from,
		.frame_no = le64_get(hdr.frame_no),
		.credits = le64_get(hdr.credits)};
	return 0;
}

/* are the padding bytes behind a payload zero? */
static bool
padding_is_zero(const uint8_t *p, uint32_t len, uint32_t padded)
{
	uint8_t seen = 0;
	for (uint32_t i = len; i < padded; i++)
		seen |= p[i];
	return seen == 0;
}

int
frame_next(struct frame_reader *r, struct record *rec_out)
{
	struct wire_record hdr;
	uint32_t left = r->len - r->pos;
	if (left == 0)
		return 0;
	if (left < RECORD_HDR_SIZE)
		return err_set(-EPROTO,
			"frame with %u bytes behind its last "
			"record",
			left);
	const uint8_t *at = r->buf + r->pos;
	left -= RECORD_HDR_SIZE;
	memcpy(&hdr, at, sizeof(hdr));
	*rec_out = (struct record){.type = (enum record_type)hdr.type,
		.flags = hdr.flags,
		.lane = le16_get(hdr.lane),
		.aux = le32_get(hdr.aux),
		.seq = le64_get(hdr.seq),
		.off = le64_get(hdr.off),
		.len = le64_get(hdr.len)};
	uint32_t payload_len = 0;
	int rc = record_shape(rec_out, r->from, left, &payload_len);
	if (rc < 0)
		return rc;
	/* left is a multiple of 8, so the padded payload fits as well */
	uint32_t padded =
		(payload_len + RECORD_ALIGN - 1) & ~(RECORD_ALIGN - 1);
	at += RECORD_HDR_SIZE;
	if (!padding_is_zero(at, payload_len, padded))
		return err_set(-EPROTO,
			"record of type %u with padding that "
			"is not zero",
			(unsigned)hdr.type);
	if (payload_len != 0)
		rec_out->payload = at;
	r->pos += RECORD_HDR_SIZE + padded;
	return 1;
}

void
beat_encode(const struct beat *b, uint8_t out[BEAT_PAYLOAD])
{
	le64 w[4] = {le64_of(b->received), le64_of(b->applied),
		le64_of(b->durable), le64_of(b->msync_since_ms)};
	_Static_assert(sizeof(w) == BEAT_PAYLOAD, "struct beat");
	memcpy(out, w, sizeof(w));
}

void
beat_decode(const uint8_t in[BEAT_PAYLOAD], struct beat *b_out)
{
	le64 w[4];
	memcpy(w, in, sizeof(w));
	b_out->received = le64_get(w[0]);
	b_out->applied = le64_get(w[1]);
	b_out->durable = le64_get(w[2]);
	b_out->msync_since_ms = le64_get(w[3]);
}
