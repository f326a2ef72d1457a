/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_lineage.c -- lineage_decode, and what is done with what it lets through
 *
 * What decodes must encode to the same bytes: a lineage has one form.  An
 * input is one lineage or two, one behind the other; of two each is judged
 * from the other's side, which must come to an end and never let both
 * overwrite each other if one has what the other lacks.  Each is tried as it
 * is and with its checksum made right, or the fuzzer would never get behind it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/byteorder.h"
#include "lineage/lineage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
take(const uint8_t *bytes, uint32_t len, struct lineage *l)
{
	uint8_t again[LINEAGE_SIZE_MAX];
	char text[160];
	if (lineage_decode(bytes, len, l) != 0)
		return false;
	if (lineage_size(bytes) != len || lineage_encode(l, again) != len ||
		memcmp(bytes, again, len) != 0)
		abort();
	lineage_describe(l, text, sizeof(text));
	return true;
}

static bool
take_sealed(const uint8_t *bytes, uint32_t len, struct lineage *l)
{
	uint8_t sealed[LINEAGE_SIZE_MAX];
	if (take(bytes, len, l))
		return true;
	if (len < sizeof(le64) || len > sizeof(sealed))
		return false;
	memcpy(sealed, bytes, len);
	le64 sum = le64_of(XXH3_64bits(sealed, len - sizeof(sum)));
	memcpy(sealed + len - sizeof(sum), &sum, sizeof(sum));
	return take(sealed, len, l);
}

/* whatever is done with it, it can be written and read again */
static void
change(struct lineage l)
{
	uint8_t bytes[LINEAGE_SIZE_MAX];
	struct lineage back;
	struct lineage_entry next;
	lineage_settle(&l);
	lineage_without(&l, l.n > 0 ? l.entry[0].members[0] : 0, &next);
	next.kind = LINEAGE_SHRUNK;
	memset(next.generation, 0xf5, UUID16_LEN);
	for (uint32_t i = 0; i < l.n; i++)
		if (uuid16_equal(l.entry[i].generation, next.generation))
			return;
	if (next.nmembers > 0)
		lineage_begin(&l, 5, &next);
	(void)lineage_join(&l, 0x4a4a4a4a4a4a4a4a);
	if (lineage_decode(bytes, lineage_encode(&l, bytes), &back) != 0 ||
		!lineage_equal(&l, &back))
		abort();
}

static void
judge(const struct lineage *a, const struct lineage *b, uint64_t last,
	uint64_t id)
{
	struct lineage_facts f = {.ours = a,
		.theirs = b,
		.their_last = last,
		.their_last_is_low = last != UINT64_MAX,
		.their_id = id};
	struct lineage_facts g = f;
	g.ours = b;
	g.theirs = a;
	struct lineage_decision d = lineage_decide(&f, last);
	struct lineage_decision e = lineage_decide(&g, last);
	if (d.ours_at >= (int)a->n || d.theirs_at >= (int)b->n)
		abort();
	/* (of a pool and a copy that are both new, each may be the other's) */
	if (d.verdict == LINEAGE_ATTACH && e.verdict == LINEAGE_ATTACH &&
		d.relation != LINEAGE_SAME && a->n + b->n != 0)
		abort();
	if (d.verdict == LINEAGE_FENCED && e.verdict == LINEAGE_FENCED)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lineage a;
	struct lineage b;
	if (size < 16 || size > 2 * (size_t)LINEAGE_SIZE_MAX)
		return 0;
	uint32_t first = lineage_size(data);
	if (first == 0 || first > size)
		first = (uint32_t)size;
	if (!take_sealed(data, first, &a))
		return 0;
	change(a);
	judge(&a, &a, 7, 0);
	if (first < size &&
		take_sealed(data + first, (uint32_t)size - first, &b)) {
		judge(&a, &b, 7, 0);
		judge(&a, &b, UINT64_MAX, 2);
	}
	return 0;
}
