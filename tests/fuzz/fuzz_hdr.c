/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_hdr.c -- hdr_decode and what is made of several headers
 *
 * The input is a row of header pages; what decodes must encode to a page that
 * decodes to the same.  A checksum keeps the fuzzer from getting far there,
 * so its first bytes are also taken as a peer's attributes and made into a
 * header.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "pool/hdr.h"

#define MAX_PAGES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int cond)
{
	if (!cond)
		abort();
}

/* fields of any value, as the attributes of a peer would give them */
static void
from_attr(const uint8_t *bytes)
{
	struct pool_attr a;
	struct pool_attr back;
	uint8_t page[HDR_SIZE];
	uint8_t uuids[1][UUID16_LEN];
	struct hdr h;
	struct hdr again;
	attr_decode(bytes, &a);
	memcpy(uuids[0], a.uuid, UUID16_LEN);
	hdr_of_part(&a, 1, (const uint8_t(*)[UUID16_LEN])uuids, 1, 0, &h);
	hdr_encode(&h, page);
	must(hdr_decode(page, &again) == 0);
	hdr_attr(&again, &back);
	must(memcmp(&a, &back, sizeof(a)) == 0);
	must(hdr_check_parts(&again, 1) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hdr hdrs[MAX_PAGES];
	unsigned n = 0;
	if (size >= ATTR_SIZE)
		from_attr(data);
	for (; n < MAX_PAGES && size >= HDR_SIZE; n++) {
		uint8_t page[HDR_SIZE];
		struct hdr again;
		if (hdr_decode(data, &hdrs[n]) != 0)
			break;
		hdr_encode(&hdrs[n], page);
		must(hdr_decode(page, &again) == 0);
		must(memcmp(&again, &hdrs[n], sizeof(again)) == 0);
		data += HDR_SIZE;
		size -= HDR_SIZE;
	}
	if (n > 0)
		IGNORE(hdr_check_parts(hdrs, n)); /* either answer is fine */
	return 0;
}
