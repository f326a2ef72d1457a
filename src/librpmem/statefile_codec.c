/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile_codec.c -- an owner's record of a copy as bytes (pure)
 *
 *     0     8  "RPMOWNER"                 88     8  open_counter
 *     8     4  version = 2                96     8  pool_size
 *    12     4  flags, STATEFILE_F_*      104     8  fingerprint
 *    16     8  generation                112     8  acked_seq
 *    24    16  pool set's uuid           120     8  maps_sum
 *    40    16  primary's uuid            128   104  attr
 *    56    16  owner_id                  232   640  target, zeros to its end
 *    72    16  boot_id                   872  4096  set_name, likewise
 *                                       4968     8  copy_id
 *                                       4976  3208  zeros
 *                                       8184     8  XXH3-64 of 0 .. 8183
 *
 * Little endian.  A slot counts only when everything in it is as it would be
 * written: an unknown flag or a later version is as bad as a wrong checksum,
 * since a record that is only half understood must not decide what a copy is
 * thought to have.
 */
#include "librpmem/statefile_codec.h"

#include <errno.h>
#include <string.h>

#include <xxhash.h>

#include "base/byteorder.h"
#include "base/cursor.h"

#define MAGIC "RPMOWNER"
#define MAGIC_LEN 8u
#define VERSION 2u
#define USED 4976u
#define SUM_OFF (STATEFILE_SLOT_SIZE - sizeof(le64))

_Static_assert(USED == 232 + TARGET_TEXT_MAX + OOB_DESC_MAX + 8, "the drawing");
_Static_assert(USED < SUM_OFF, "the end");

/* text and zeros up to the end of its field; the last byte is one */
static void
put_text(struct cursor *c, const char *text, size_t size)
{
	size_t len = strnlen(text, size - 1);
	cursor_put_bytes(c, text, len);
	cursor_put_zeros(c, size - len);
}

static bool
get_text(struct cursor *c, char *out, size_t size)
{
	cursor_get_bytes(c, out, size);
	size_t len = strnlen(out, size);
	for (size_t i = len; i < size; i++)
		if (out[i] != '\0')
			return false;
	return len < size;
}

void
statefile_encode(
	const struct statefile_record *r, uint8_t out[STATEFILE_SLOT_SIZE])
{
	struct cursor c = cursor_write(out, STATEFILE_SLOT_SIZE);
	cursor_put_bytes(&c, MAGIC, MAGIC_LEN);
	cursor_put_u32(&c, VERSION);
	cursor_put_u32(&c, r->flags);
	cursor_put_u64(&c, r->generation);
	cursor_put_bytes(&c, r->poolset_uuid, UUID16_LEN);
	cursor_put_bytes(&c, r->primary_uuid, UUID16_LEN);
	cursor_put_bytes(&c, r->owner_id, UUID16_LEN);
	cursor_put_bytes(&c, r->boot_id, UUID16_LEN);
	cursor_put_u64(&c, r->open_counter);
	cursor_put_u64(&c, r->pool_size);
	cursor_put_u64(&c, r->fingerprint);
	cursor_put_u64(&c, r->acked_seq);
	cursor_put_u64(&c, r->maps_sum);
	cursor_put_bytes(&c, r->attr, sizeof(r->attr));
	put_text(&c, r->target, sizeof(r->target));
	put_text(&c, r->set_name, sizeof(r->set_name));
	cursor_put_u64(&c, r->copy_id);
	cursor_put_zeros(&c, SUM_OFF - USED);
	cursor_put_u64(&c, XXH3_64bits(out, SUM_OFF));
}

/* everything behind the version, in the drawing's order */
static bool
get_fields(struct cursor *c, struct statefile_record *r)
{
	r->flags = cursor_get_u32(c);
	r->generation = cursor_get_u64(c);
	cursor_get_bytes(c, r->poolset_uuid, UUID16_LEN);
	cursor_get_bytes(c, r->primary_uuid, UUID16_LEN);
	cursor_get_bytes(c, r->owner_id, UUID16_LEN);
	cursor_get_bytes(c, r->boot_id, UUID16_LEN);
	r->open_counter = cursor_get_u64(c);
	r->pool_size = cursor_get_u64(c);
	r->fingerprint = cursor_get_u64(c);
	r->acked_seq = cursor_get_u64(c);
	r->maps_sum = cursor_get_u64(c);
	cursor_get_bytes(c, r->attr, sizeof(r->attr));
	bool are_texts = get_text(c, r->target, sizeof(r->target));
	are_texts &= get_text(c, r->set_name, sizeof(r->set_name));
	r->copy_id = cursor_get_u64(c);
	cursor_get_zeros(c, SUM_OFF - USED);
	return are_texts;
}

int
statefile_decode(
	const uint8_t in[STATEFILE_SLOT_SIZE], struct statefile_record *r_out)
{
	struct cursor c = cursor_read(in, STATEFILE_SLOT_SIZE);
	struct statefile_record r = {0};
	uint8_t magic[MAGIC_LEN];
	cursor_get_bytes(&c, magic, sizeof(magic));
	uint32_t version = cursor_get_u32(&c);
	bool are_texts = get_fields(&c, &r);
	uint64_t sum = cursor_get_u64(&c);
	if (!cursor_ok(&c) || sum != XXH3_64bits(in, SUM_OFF))
		return -EBADMSG;
	if (memcmp(magic, MAGIC, sizeof(magic)) != 0 || version != VERSION)
		return -EBADMSG;
	if ((r.flags & ~STATEFILE_F_ALL) != 0 || !are_texts ||
		r.pool_size > STATEFILE_POOL_MAX)
		return -EBADMSG;
	*r_out = r;
	return 0;
}

uint64_t
statefile_map_len(uint64_t pool_size)
{
	const uint64_t word = 64 * STATEFILE_BLOCK;
	return 8 * (pool_size / word + (pool_size % word != 0));
}

/* each map's sum is the seed of the next one's */
uint64_t
statefile_maps_sum(const uint8_t *const maps[STATEFILE_MAPS], uint64_t len)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < STATEFILE_MAPS; i++)
		sum = XXH3_64bits_withSeed(maps[i], len, sum);
	return sum;
}

/*
 * A sum that does not fit means that somebody wrote to the maps after the
 * close, or that they are not the ones of this record: no boot id helps then.
 */
bool
statefile_trusts(const struct statefile_record *r, uint64_t sum,
	const uint8_t boot_id[UUID16_LEN])
{
	if ((r->flags & STATEFILE_F_CLEAN) != 0)
		return sum == r->maps_sum;
	return (r->flags & STATEFILE_F_TRUSTED_MARKS) != 0 &&
	       !uuid16_is_zero(boot_id) && uuid16_equal(boot_id, r->boot_id);
}
