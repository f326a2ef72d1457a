/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * journal_codec.c -- see journal_codec.h
 *
 * Complete is what decides: a journal without that word was never applied,
 * one with it may have been, in part, and a copy that is half of it is a point
 * of nothing.  So the word has a sector of its own, which is zeros or whole
 * whenever the machine dies; anything else there is damage, never "not yet".
 * Behind the end that it names, records are taken as far as they are whole:
 * the first that is not was never acked.
 */
#include "rpmemd/journal_codec.h"

#include <errno.h>
#include <string.h>

#include <xxhash.h>

#include "base/byteorder.h"
#include "base/checked.h"
#include "base/cursor.h"

#define BEGIN_MAGIC "RPMCATCH"
#define END_MAGIC "RPMCATED"
#define MAGIC_LEN 8u
#define VERSION 1u
#define SUM_OFF (JOURNAL_SLOT_SIZE - 8u)
#define BEGIN_USED 72u
#define END_USED 24u
#define REC_ALIGN 8u
#define PAYLOAD_MAX ((uint64_t)(FRAME_MAX - FRAME_HDR_SIZE - RECORD_HDR_SIZE))

_Static_assert(JOURNAL_REC_HDR % REC_ALIGN == 0, "records stay aligned");

void
journal_begin_encode(
	const struct journal_begin *b, uint8_t out[JOURNAL_SLOT_SIZE])
{
	struct cursor c = cursor_write(out, JOURNAL_SLOT_SIZE);
	cursor_put_bytes(&c, BEGIN_MAGIC, MAGIC_LEN);
	cursor_put_u32(&c, VERSION);
	cursor_put_u32(&c, b->flags);
	cursor_put_bytes(&c, b->poolset_uuid, UUID16_LEN);
	cursor_put_bytes(&c, b->primary_uuid, UUID16_LEN);
	cursor_put_u64(&c, b->id);
	cursor_put_u64(&c, b->seq);
	cursor_put_u64(&c, b->pool_size);
	cursor_put_zeros(&c, SUM_OFF - BEGIN_USED);
	cursor_put_u64(&c, XXH3_64bits(out, SUM_OFF));
}

void
journal_end_encode(const struct journal_end *e, uint64_t id,
	uint8_t out[JOURNAL_SLOT_SIZE])
{
	struct cursor c = cursor_write(out, JOURNAL_SLOT_SIZE);
	cursor_put_bytes(&c, END_MAGIC, MAGIC_LEN);
	cursor_put_u64(&c, e->seq);
	cursor_put_u64(&c, e->len);
	cursor_put_zeros(&c, SUM_OFF - END_USED);
	cursor_put_u64(&c, XXH3_64bits_withSeed(out, SUM_OFF, id));
}

static bool
begin_decode(const uint8_t *in, struct journal_begin *b)
{
	struct cursor c = cursor_read(in, JOURNAL_SLOT_SIZE);
	uint8_t magic[MAGIC_LEN];
	cursor_get_bytes(&c, magic, MAGIC_LEN);
	uint32_t version = cursor_get_u32(&c);
	b->flags = cursor_get_u32(&c);
	cursor_get_bytes(&c, b->poolset_uuid, UUID16_LEN);
	cursor_get_bytes(&c, b->primary_uuid, UUID16_LEN);
	b->id = cursor_get_u64(&c);
	b->seq = cursor_get_u64(&c);
	b->pool_size = cursor_get_u64(&c);
	cursor_get_zeros(&c, SUM_OFF - BEGIN_USED);
	uint64_t sum = cursor_get_u64(&c);
	return cursor_ok(&c) && sum == XXH3_64bits(in, SUM_OFF) &&
	       memcmp(magic, BEGIN_MAGIC, MAGIC_LEN) == 0 &&
	       version == VERSION && (b->flags & ~JOURNAL_F_ALL) == 0;
}

static bool
end_decode(const uint8_t *in, uint64_t id, struct journal_end *e)
{
	struct cursor c = cursor_read(in, JOURNAL_SLOT_SIZE);
	uint8_t magic[MAGIC_LEN];
	cursor_get_bytes(&c, magic, MAGIC_LEN);
	e->seq = cursor_get_u64(&c);
	e->len = cursor_get_u64(&c);
	cursor_get_zeros(&c, SUM_OFF - END_USED);
	uint64_t sum = cursor_get_u64(&c);
	return cursor_ok(&c) && sum == XXH3_64bits_withSeed(in, SUM_OFF, id) &&
	       memcmp(magic, END_MAGIC, MAGIC_LEN) == 0;
}

static bool
is_zero(const uint8_t *p, uint64_t len)
{
	uint8_t seen = 0;
	for (uint64_t i = 0; i < len; i++)
		seen |= p[i];
	return seen == 0;
}

enum journal_kind
journal_judge(const uint8_t hdr[JOURNAL_HDR_SIZE], uint64_t file_size,
	struct journal_begin *begin_out, struct journal_end *end_out)
{
	const uint8_t *end = hdr + JOURNAL_END_OFF;
	bool begun = begin_decode(hdr, begin_out);
	*end_out = (struct journal_end){0};
	if (!begun)
		*begin_out = (struct journal_begin){0};
	if (is_zero(end, JOURNAL_SLOT_SIZE))
		return JOURNAL_INCOMPLETE;
	if (!begun || !end_decode(end, begin_out->id, end_out) ||
		end_out->len < JOURNAL_HDR_SIZE || end_out->len > file_size ||
		end_out->seq < begin_out->seq ||
		(end_out->seq == begin_out->seq) !=
			(end_out->len == JOURNAL_HDR_SIZE))
		return JOURNAL_DAMAGED;
	return JOURNAL_COMPLETE;
}

static uint64_t
payload_len(const struct record *rec)
{
	return rec->type == REC_COPY ? rec->len : 0;
}

bool
journal_takes(const struct record *rec)
{
	if (rec->seq > RECORD_SEQ_MAX)
		return false;
	switch (rec->type) {
	case REC_COPY:
		return rec->len != 0 && rec->len <= PAYLOAD_MAX &&
		       rec->aux == 0;
	case REC_FILL:
		return rec->len != 0 && rec->aux <= UINT8_MAX;
	case REC_DEEP:
		return rec->aux == 0;
	case REC_BARRIER:
		return rec->aux == 0 && rec->off == 0 && rec->len == 0;
	case REC_GROW:
		return rec->aux == 0 && rec->off == 0 && rec->len != 0 &&
		       rec->len <= INT64_MAX && rec->len % GROW_UNIT == 0;
	case REC_ACK_REQ:
	case REC_READ:
	case REC_DIGEST:
	case REC_HEARTBEAT:
	case REC_LINEAGE:
	case REC_ACK:
	case REC_READ_DATA:
	case REC_DIGEST_DATA:
	case REC_BEAT:
		break;
	}
	return false;
}

uint64_t
journal_record_size(const struct record *rec)
{
	return align_up(JOURNAL_REC_HDR + payload_len(rec), REC_ALIGN);
}

static uint64_t
record_sum(
	const uint8_t *hdr, const uint8_t *payload, uint64_t len, uint64_t id)
{
	uint64_t seed = len != 0 ? XXH3_64bits_withSeed(payload, len, id) : id;
	return XXH3_64bits_withSeed(hdr + 8, JOURNAL_REC_HDR - 8, seed);
}

void
journal_record_encode(
	const struct record *rec, uint64_t id, uint8_t out[JOURNAL_REC_HDR])
{
	struct cursor c = cursor_write(out, JOURNAL_REC_HDR);
	cursor_put_u64(&c, 0);
	cursor_put_u8(&c, (uint8_t)rec->type);
	cursor_put_zeros(&c, 3);
	cursor_put_u32(&c, rec->aux);
	cursor_put_u64(&c, rec->seq);
	cursor_put_u64(&c, rec->off);
	cursor_put_u64(&c, rec->len);
	le64 sum = le64_of(record_sum(out, rec->payload, payload_len(rec), id));
	memcpy(out, &sum, sizeof(sum));
}

int
journal_scan(const uint8_t *buf, uint64_t len, uint64_t id, uint64_t after,
	struct record *rec_out, uint64_t *used_out)
{
	if (len < JOURNAL_REC_HDR)
		return JOURNAL_SHORT;
	struct cursor c = cursor_read(buf, JOURNAL_REC_HDR);
	struct record r = {0};
	uint64_t sum = cursor_get_u64(&c);
	r.type = (enum record_type)cursor_get_u8(&c);
	cursor_get_zeros(&c, 3);
	r.aux = cursor_get_u32(&c);
	r.seq = cursor_get_u64(&c);
	r.off = cursor_get_u64(&c);
	r.len = cursor_get_u64(&c);
	/* before its length is believed: no more than a frame can hold */
	if (!cursor_ok(&c) || !journal_takes(&r) || r.seq <= after)
		return -EBADMSG;
	uint64_t size = journal_record_size(&r);
	if (size > len)
		return JOURNAL_SHORT;
	uint64_t n = payload_len(&r);
	const uint8_t *payload = buf + JOURNAL_REC_HDR;
	if (sum != record_sum(buf, payload, n, id) ||
		!is_zero(payload + n, size - JOURNAL_REC_HDR - n))
		return -EBADMSG;
	if (n != 0)
		r.payload = payload;
	*rec_out = r;
	*used_out = size;
	return JOURNAL_RECORD;
}
