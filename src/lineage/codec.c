/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * codec.c -- a lineage as bytes; the drawing is in lineage.h
 *
 * A lineage counts only when everything in it is as it would be written, so a
 * lineage has one form.  What is only half understood must not decide who may
 * overwrite whom.
 *
 * XXH_INLINE_ALL as in wire/hash.c: nothing of xxhash is exported or linked.
 */
#include "lineage/lineage.h"

#include <errno.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/cursor.h"

#define MAGIC "RPLG"
#define MAGIC_LEN 4u
#define VERSION 1u
#define F_CUT 1u
#define HEAD_LEN 16u
#define ENTRY_LEN 32u
#define SUM_LEN 8u

_Static_assert(LINEAGE_SIZE_MAX == 6168, "the drawing");

static void
put_entry(struct cursor *c, const struct lineage_entry *e)
{
	cursor_put_bytes(c, e->generation, UUID16_LEN);
	cursor_put_u64(c, e->end);
	cursor_put_u8(c, e->kind);
	cursor_put_u8(c, e->nmembers);
	cursor_put_zeros(c, 6);
	for (unsigned i = 0; i < e->nmembers; i++)
		cursor_put_u64(c, e->members[i]);
}

static uint32_t
encoded_len(const struct lineage *l)
{
	uint32_t len = HEAD_LEN + SUM_LEN;
	for (uint32_t i = 0; i < l->n; i++)
		len += ENTRY_LEN + 8u * l->entry[i].nmembers;
	return len;
}

uint32_t
lineage_encode(const struct lineage *l, uint8_t out[LINEAGE_SIZE_MAX])
{
	uint32_t len = encoded_len(l);
	struct cursor c = cursor_write(out, LINEAGE_SIZE_MAX);
	cursor_put_bytes(&c, MAGIC, MAGIC_LEN);
	cursor_put_u16(&c, VERSION);
	cursor_put_u16(&c, l->is_cut ? F_CUT : 0);
	cursor_put_u32(&c, l->n);
	cursor_put_u32(&c, len);
	for (uint32_t i = 0; i < l->n; i++)
		put_entry(&c, &l->entry[i]);
	cursor_put_u64(&c, XXH3_64bits(out, len - SUM_LEN));
	return len;
}

static bool
good_members(const struct lineage_entry *e)
{
	for (unsigned i = 0; i < e->nmembers; i++) {
		if (e->members[i] == 0)
			return false;
		for (unsigned k = 0; k < i; k++)
			if (e->members[k] == e->members[i])
				return false;
	}
	return true;
}

static bool
get_entry(struct cursor *c, struct lineage_entry *e)
{
	cursor_get_bytes(c, e->generation, UUID16_LEN);
	e->end = cursor_get_u64(c);
	e->kind = cursor_get_u8(c);
	e->nmembers = cursor_get_u8(c);
	cursor_get_zeros(c, 6);
	if (!cursor_ok(c) || uuid16_is_zero(e->generation))
		return false;
	if (e->kind < LINEAGE_FIRST || e->kind >= LINEAGE_KIND_END)
		return false;
	if (e->nmembers == 0 || e->nmembers > LINEAGE_MEMBERS_MAX)
		return false;
	for (unsigned i = 0; i < e->nmembers; i++)
		e->members[i] = cursor_get_u64(c);
	return cursor_ok(c) && good_members(e);
}

/* does entry i go on from those before it? */
static bool
in_order(const struct lineage *l, uint32_t i)
{
	const struct lineage_entry *e = &l->entry[i];
	if ((e->end == LINEAGE_OPEN) != (i + 1 == l->n))
		return false;
	if (i > 0 && e->end < l->entry[i - 1].end)
		return false;
	for (uint32_t k = 0; k < i; k++)
		if (uuid16_equal(l->entry[k].generation, e->generation))
			return false;
	return true;
}

static int
decode(struct cursor *c, uint32_t len, struct lineage *l)
{
	uint8_t magic[MAGIC_LEN];
	cursor_get_bytes(c, magic, MAGIC_LEN);
	uint16_t version = cursor_get_u16(c);
	uint16_t flags = cursor_get_u16(c);
	l->n = cursor_get_u32(c);
	l->is_cut = flags & F_CUT;
	if (!cursor_ok(c) || memcmp(magic, MAGIC, MAGIC_LEN) != 0 ||
		version != VERSION || (flags & ~F_CUT) != 0 ||
		l->n > LINEAGE_MAX || cursor_get_u32(c) != len)
		return -EBADMSG;
	for (uint32_t i = 0; i < l->n; i++)
		if (!get_entry(c, &l->entry[i]) || !in_order(l, i))
			return -EBADMSG;
	return cursor_ok(c) && cursor_left(c) == 0 ? 0 : -EBADMSG;
}

int
lineage_decode(const uint8_t *in, uint32_t len, struct lineage *l_out)
{
	*l_out = (struct lineage){0};
	if (len < HEAD_LEN + SUM_LEN || len > LINEAGE_SIZE_MAX)
		return -EBADMSG;
	uint32_t summed = len - SUM_LEN;
	struct cursor sum = cursor_read(in + summed, SUM_LEN);
	struct cursor c = cursor_read(in, summed);
	struct lineage l = {0};
	if (cursor_get_u64(&sum) != XXH3_64bits(in, summed) ||
		decode(&c, len, &l) != 0)
		return -EBADMSG;
	*l_out = l;
	return 0;
}

uint32_t
lineage_size(const uint8_t in[HEAD_LEN])
{
	struct cursor c = cursor_read(in + 12, 4);
	uint32_t len = cursor_get_u32(&c);
	if (memcmp(in, MAGIC, MAGIC_LEN) != 0 || len < HEAD_LEN + SUM_LEN ||
		len > LINEAGE_SIZE_MAX)
		return 0;
	return len;
}
