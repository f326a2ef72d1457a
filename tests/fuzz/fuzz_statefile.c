/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_statefile.c -- statefile_decode
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
#include "librpmem/statefile_codec.h"

#define SUM_OFF (STATEFILE_SLOT_SIZE - sizeof(le64))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_slot(const uint8_t slot[STATEFILE_SLOT_SIZE])
{
	struct statefile_record r;
	uint8_t again[STATEFILE_SLOT_SIZE];
	if (statefile_decode(slot, &r) != 0)
		return;
	if (statefile_map_len(r.pool_size) > STATEFILE_MAP_ROOM ||
		strlen(r.target) >= sizeof(r.target) ||
		strlen(r.set_name) >= sizeof(r.set_name))
		abort();
	statefile_encode(&r, again);
	if (memcmp(slot, again, sizeof(again)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t slot[STATEFILE_SLOT_SIZE] = {0};
	if (size > 0)
		memcpy(slot, data, size < sizeof(slot) ? size : sizeof(slot));
	try_slot(slot);
	le64 sum = le64_of(XXH3_64bits(slot, SUM_OFF));
	memcpy(slot + SUM_OFF, &sum, sizeof(sum));
	try_slot(slot);
	return 0;
}
