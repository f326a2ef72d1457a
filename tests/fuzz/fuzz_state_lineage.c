/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_state_lineage.c -- the two slots of a lineage in a state file
 *
 * The first byte chooses: bit 0 and 1 that the checksum of slot 0 or 1 is
 * made right, or the fuzzer would never get behind it.  The rest is the start
 * of slot 0 and of slot 1, half each; zeros follow.  What counts must encode
 * to the same bytes: a lineage has one form.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/byteorder.h"
#include "pool/state_lineage.h"

#define SUM_OFF (STATE_LINEAGE_SLOT - sizeof(le64))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fill(uint8_t *slot, const uint8_t *data, size_t size, int seals)
{
	if (size > STATE_LINEAGE_SLOT)
		size = STATE_LINEAGE_SLOT;
	if (size > 0)
		memcpy(slot, data, size);
	if (!seals)
		return;
	le64 sum = le64_of(XXH3_64bits(slot, SUM_OFF));
	memcpy(slot + SUM_OFF, &sum, sizeof(sum));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t slots[STATE_LINEAGE_SLOTS * STATE_LINEAGE_SLOT];
	static uint8_t again[STATE_LINEAGE_SLOT];
	static struct state_lineage is;
	if (size < 1)
		return 0;
	size_t half = (size - 1) / 2;
	memset(slots, 0, sizeof(slots));
	fill(slots, data + 1, half, data[0] & 1);
	fill(slots + STATE_LINEAGE_SLOT, data + 1 + half, half, data[0] & 2);
	state_lineage_judge(slots, &is);
	if (is.is != STATE_LINEAGE_HAS)
		return 0;
	struct state_lineage_slot s = {
		.counter = is.counter, .lineage = is.lineage};
	state_lineage_encode(&s, again);
	const uint8_t *in =
		slots + is.counter % STATE_LINEAGE_SLOTS * STATE_LINEAGE_SLOT;
	if (is.lineage.n == 0 || memcmp(in, again, sizeof(again)) != 0)
		abort();
	return 0;
}
