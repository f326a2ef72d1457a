/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * record.c -- which records are well-formed, and which ranges are allowed
 *
 * A table says for each type who sends it and which header fields it uses;
 * a field that is not used must be zero, so that later versions can give it
 * a meaning.  What the table cannot say (block sizes, answers that carry a
 * status) follows it.  Whether a record makes sense at this point of the
 * session, its number for instance, is not decided here.
 */
#include "wire/record.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>

#include "base/checked.h"
#include "base/err.h"

/* the largest payload of any frame */
#define PAYLOAD_MAX ((uint64_t)(FRAME_MAX - FRAME_HDR_SIZE - RECORD_HDR_SIZE))

_Static_assert(
	FRAME_HDR_SIZE + RECORD_HDR_SIZE + LINEAGE_PAYLOAD_MAX <= FRAME_MIN_MAX,
	"a lineage fits any frame");

#define USES_LANE 1u
#define USES_AUX 2u
#define USES_OFF 4u
#define USES_LEN 8u
#define USES_FLAGS 16u
#define NEEDS_LEN 32u	/* not an empty range */
#define HAS_PAYLOAD 64u /* of len bytes */
#define IS_RANGE 128u	/* off, len name bytes of the pool */
#define CHANGES 256u	/* needs a writable range */

struct shape {
	const char *name; /* NULL: no such type */
	enum frame_side from;
	unsigned rules;
};

static const struct shape shapes[] = {
	[REC_COPY] = {"COPY", FRAME_FROM_INITIATOR,
		USES_LANE | USES_OFF | USES_LEN | NEEDS_LEN | HAS_PAYLOAD |
			IS_RANGE | CHANGES},
	[REC_FILL] = {"FILL", FRAME_FROM_INITIATOR,
		USES_LANE | USES_AUX | USES_OFF | USES_LEN | NEEDS_LEN |
			IS_RANGE | CHANGES},
	[REC_DEEP] = {"DEEP", FRAME_FROM_INITIATOR,
		USES_LANE | USES_OFF | USES_LEN | IS_RANGE | CHANGES},
	[REC_BARRIER] = {"BARRIER", FRAME_FROM_INITIATOR, USES_LANE},
	[REC_ACK_REQ] = {"ACK_REQ", FRAME_FROM_INITIATOR, USES_LANE},
	[REC_READ] = {"READ", FRAME_FROM_INITIATOR,
		USES_OFF | USES_LEN | NEEDS_LEN | IS_RANGE},
	[REC_DIGEST] = {"DIGEST", FRAME_FROM_INITIATOR,
		USES_AUX | USES_OFF | USES_LEN | NEEDS_LEN | IS_RANGE},
	[REC_HEARTBEAT] = {"HEARTBEAT", FRAME_FROM_INITIATOR, 0},
	[REC_GROW] = {"GROW", FRAME_FROM_INITIATOR,
		USES_LANE | USES_LEN | NEEDS_LEN},
	[REC_LINEAGE] = {"LINEAGE", FRAME_FROM_INITIATOR,
		USES_LANE | USES_LEN | NEEDS_LEN | HAS_PAYLOAD},
	[REC_ACK] = {"ACK", FRAME_FROM_TARGET, USES_AUX | USES_FLAGS},
	[REC_READ_DATA] = {"READ_DATA", FRAME_FROM_TARGET,
		USES_AUX | USES_OFF | USES_LEN | HAS_PAYLOAD},
	[REC_DIGEST_DATA] = {"DIGEST_DATA", FRAME_FROM_TARGET,
		USES_AUX | USES_OFF | USES_LEN | HAS_PAYLOAD},
	[REC_BEAT] = {"BEAT", FRAME_FROM_TARGET, USES_LEN | HAS_PAYLOAD},
};

static const struct shape *
shape_of(enum record_type type)
{
	unsigned i = (unsigned)type;
	if (i >= ARRAY_LEN(shapes) || shapes[i].name == NULL)
		return NULL;
	return &shapes[i];
}

static int
check_unused(const struct record *rec, const struct shape *s)
{
	if (((s->rules & USES_LANE) || rec->lane == 0) &&
		((s->rules & USES_AUX) || rec->aux == 0) &&
		((s->rules & USES_OFF) || rec->off == 0) &&
		((s->rules & USES_LEN) || rec->len == 0) &&
		((s->rules & USES_FLAGS) || rec->flags == 0))
		return 0;
	return err_set(-EPROTO,
		"%s record: a field it does not use is not zero (lane %u, "
		"aux %u, off %llu, len %llu, flags %u)",
		s->name, (unsigned)rec->lane, rec->aux,
		(unsigned long long)rec->off, (unsigned long long)rec->len,
		(unsigned)rec->flags);
}

static bool
digest_is_sane(const struct record *rec)
{
	return rec->aux >= DIGEST_BLOCK_MIN &&
	       (rec->aux & (rec->aux - 1)) == 0 &&
	       digest_payload(rec->len, rec->aux) <= PAYLOAD_MAX;
}

/* aux, len and flags against each other */
static bool
values_are_sane(const struct record *rec)
{
	switch (rec->type) {
	case REC_FILL:
		return rec->aux <= UINT8_MAX;
	case REC_READ:
		return rec->len <= PAYLOAD_MAX;
	case REC_DIGEST:
		return digest_is_sane(rec);
	case REC_READ_DATA:
		return (rec->aux != 0) == (rec->len == 0);
	case REC_DIGEST_DATA:
		return (rec->aux != 0) == (rec->len == 0) && rec->len % 8 == 0;
	case REC_BEAT:
		return rec->len == BEAT_PAYLOAD;
	case REC_GROW:
		return rec->len <= INT64_MAX && rec->len % GROW_UNIT == 0;
	case REC_LINEAGE:
		return rec->len <= LINEAGE_PAYLOAD_MAX;
	case REC_ACK:
		return rec->flags == 0 || rec->flags == REC_F_DEEP ||
		       rec->flags == REC_F_JOURNALLED;
	case REC_COPY:
	case REC_DEEP:
	case REC_BARRIER:
	case REC_ACK_REQ:
	case REC_HEARTBEAT:
		break;
	}
	return true;
}

int
record_shape(const struct record *rec, enum frame_side from, uint32_t left,
	uint32_t *payload_len_out)
{
	const struct shape *s = shape_of(rec->type);
	if (s == NULL || s->from != from)
		return err_set(-EPROTO, "%s record (type %u) from the %s",
			s == NULL ? "unknown" : s->name, (unsigned)rec->type,
			from == FRAME_FROM_TARGET ? "target" : "initiator");
	int rc = check_unused(rec, s);
	if (rc < 0)
		return rc;
	if (((s->rules & NEEDS_LEN) && rec->len == 0) || !values_are_sane(rec))
		return err_set(-EPROTO,
			"%s record: len %llu with aux %u, flags %u is out of "
			"bounds",
			s->name, (unsigned long long)rec->len, rec->aux,
			(unsigned)rec->flags);
	if ((s->rules & HAS_PAYLOAD) && rec->len > left)
		return err_set(-EPROTO,
			"%s record: %llu bytes of payload, the frame has %u",
			s->name, (unsigned long long)rec->len, left);
	*payload_len_out = (s->rules & HAS_PAYLOAD) ? (uint32_t)rec->len : 0;
	return 0;
}

int
record_check(
	const struct record *rec, uint64_t pool_size, uint64_t writable_from)
{
	const struct shape *s = shape_of(rec->type);
	if (s == NULL || !(s->rules & IS_RANGE))
		return 0;
	uint64_t from = (s->rules & CHANGES) ? writable_from : 0;
	if (rec->off < from || !range_within(rec->off, rec->len, pool_size))
		return err_set(-EPROTO,
			"%s record: offset %llu, length %llu is outside %llu "
			".. %llu of the pool",
			s->name, (unsigned long long)rec->off,
			(unsigned long long)rec->len, (unsigned long long)from,
			(unsigned long long)pool_size);
	return 0;
}

uint64_t
digest_payload(uint64_t len, uint32_t block)
{
	assert(block != 0);
	return (len / block + (len % block != 0)) * sizeof(uint64_t);
}
