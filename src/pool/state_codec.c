/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state_codec.c -- the record of a copy as bytes (pure)
 *
 *     0     8  "RPMSTATE"                 40    16  primary's uuid
 *     8     4  version = 1                56    16  boot id
 *    12     4  flags, STATE_F_*           72     8  applied_seq
 *    16     8  generation                 80    16  owner's id
 *    24    16  pool set's uuid            96     8  its open counter
 *   104     8  copy's id                 112     8  stamp
 *   120   384  zeros                     504     8  XXH3-64 of 0 .. 503
 *
 * Little endian.  A slot counts only when everything in it is as it would be
 * written: an unknown flag or a later version is as bad as a wrong checksum,
 * since a record that is only half understood must not decide which copy
 * may be overwritten.
 */
#include "pool/state.h"

#include <errno.h>
#include <string.h>

#include <xxhash.h>

#include "base/byteorder.h"
#include "base/cursor.h"

#define STATE_MAGIC "RPMSTATE"
#define STATE_MAGIC_LEN 8u
#define STATE_VERSION 1u
#define STATE_USED 120u
#define STATE_SUM_OFF 504u

_Static_assert(STATE_SUM_OFF + sizeof(le64) == STATE_SLOT_SIZE, "the end");

void
state_encode(const struct state *s, uint8_t out[STATE_SLOT_SIZE])
{
	struct cursor c = cursor_write(out, STATE_SLOT_SIZE);
	cursor_put_bytes(&c, STATE_MAGIC, STATE_MAGIC_LEN);
	cursor_put_u32(&c, STATE_VERSION);
	cursor_put_u32(&c, s->flags);
	cursor_put_u64(&c, s->generation);
	cursor_put_bytes(&c, s->poolset_uuid, UUID16_LEN);
	cursor_put_bytes(&c, s->primary_uuid, UUID16_LEN);
	cursor_put_bytes(&c, s->boot_id, UUID16_LEN);
	cursor_put_u64(&c, s->applied_seq);
	cursor_put_bytes(&c, s->owner_id, UUID16_LEN);
	cursor_put_u64(&c, s->open_counter);
	cursor_put_u64(&c, s->copy_id);
	cursor_put_u64(&c, s->stamp);
	cursor_put_zeros(&c, STATE_SUM_OFF - STATE_USED);
	cursor_put_u64(&c, XXH3_64bits(out, STATE_SUM_OFF));
}

int
state_decode(const uint8_t in[STATE_SLOT_SIZE], struct state *s_out)
{
	struct cursor c = cursor_read(in, STATE_SLOT_SIZE);
	struct state s = {0};
	uint8_t magic[STATE_MAGIC_LEN];
	cursor_get_bytes(&c, magic, sizeof(magic));
	uint32_t version = cursor_get_u32(&c);
	s.flags = cursor_get_u32(&c);
	s.generation = cursor_get_u64(&c);
	cursor_get_bytes(&c, s.poolset_uuid, UUID16_LEN);
	cursor_get_bytes(&c, s.primary_uuid, UUID16_LEN);
	cursor_get_bytes(&c, s.boot_id, UUID16_LEN);
	s.applied_seq = cursor_get_u64(&c);
	cursor_get_bytes(&c, s.owner_id, UUID16_LEN);
	s.open_counter = cursor_get_u64(&c);
	s.copy_id = cursor_get_u64(&c);
	s.stamp = cursor_get_u64(&c);
	cursor_get_zeros(&c, STATE_SUM_OFF - STATE_USED);
	uint64_t sum = cursor_get_u64(&c);
	if (!cursor_ok(&c) || sum != XXH3_64bits(in, STATE_SUM_OFF))
		return -EBADMSG;
	if (memcmp(magic, STATE_MAGIC, sizeof(magic)) != 0)
		return -EBADMSG;
	if (version != STATE_VERSION || (s.flags & ~STATE_F_ALL) != 0)
		return -EBADMSG;
	*s_out = s;
	return 0;
}

int
state_judge(const uint8_t page[STATE_PAGE], struct state *s_out)
{
	bool found = false;
	for (unsigned i = 0; i < 2; i++) {
		struct state s;
		if (state_decode(page + i * STATE_SLOT_STRIDE, &s) != 0 ||
			s.generation % 2 != i)
			continue;
		if (!found || s.generation > s_out->generation)
			*s_out = s;
		found = true;
	}
	return found ? 0 : -EBADMSG;
}
