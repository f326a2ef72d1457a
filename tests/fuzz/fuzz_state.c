/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_state.c -- state_decode
 *
 * What decodes must encode to the same bytes: a record has one form.  A short
 * input is padded with zeros.  The slot is tried once as it is and once with
 * its checksum made right, or the fuzzer would never get behind it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/byteorder.h"
#include "pool/state.h"

#define SUM_OFF (STATE_SLOT_SIZE - sizeof(le64))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_slot(const uint8_t slot[STATE_SLOT_SIZE])
{
	struct state s;
	uint8_t again[STATE_SLOT_SIZE];
	if (state_decode(slot, &s) != 0)
		return;
	state_encode(&s, again);
	if (memcmp(slot, again, sizeof(again)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t slot[STATE_SLOT_SIZE] = {0};
	if (size > 0)
		memcpy(slot, data, size < sizeof(slot) ? size : sizeof(slot));
	try_slot(slot);
	le64 sum = le64_of(XXH3_64bits(slot, SUM_OFF));
	memcpy(slot + SUM_OFF, &sum, sizeof(sum));
	try_slot(slot);
	return 0;
}
