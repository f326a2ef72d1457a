/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_journal.c -- journal_judge and journal_scan
 *
 * The input is a whole journal; a short one is padded with zeros up to its
 * header.  Records are read as redo does it, each once as it is and once with
 * its sum made right, or the fuzzer would never get behind it; what is taken
 * must encode to the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rpmemd/journal_codec.h"

#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_record(const uint8_t *p, uint64_t left, uint64_t id,
	const struct record *r, uint64_t used)
{
	uint8_t again[JOURNAL_REC_HDR];
	MUST(used <= left && used % 8 == 0);
	MUST(used == journal_record_size(r) && journal_takes(r));
	MUST((r->payload != NULL) == (r->type == REC_COPY));
	journal_record_encode(r, id, again);
	MUST(memcmp(p, again, sizeof(again)) == 0);
}

/* the sum that the header's own words ask for, if there are as many bytes */
static void
make_right(uint8_t *p, uint64_t left, uint64_t id)
{
	struct record r = {.type = (enum record_type)p[8]};
	uint8_t hdr[JOURNAL_REC_HDR];
	memcpy(&r.aux, p + 12, sizeof(r.aux));
	memcpy(&r.seq, p + 16, sizeof(r.seq));
	memcpy(&r.off, p + 24, sizeof(r.off));
	memcpy(&r.len, p + 32, sizeof(r.len));
	if (!journal_takes(&r) || journal_record_size(&r) > left)
		return;
	r.payload = p + JOURNAL_REC_HDR;
	journal_record_encode(&r, id, hdr);
	memcpy(p, hdr, 8);
}

static void
read_all(uint8_t *p, uint64_t left, uint64_t id, int patch)
{
	struct record r;
	uint64_t used = 0;
	uint64_t after = 0;
	for (;;) {
		if (patch && left >= JOURNAL_REC_HDR)
			make_right(p, left, id);
		if (journal_scan(p, left, id, after, &r, &used) != 1)
			return;
		MUST(r.seq > after);
		check_record(p, left, id, &r, used);
		after = r.seq;
		p += used;
		left -= used;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t hdr[JOURNAL_HDR_SIZE] = {0};
	struct journal_begin b;
	struct journal_end e;
	if (size > 0)
		memcpy(hdr, data, size < sizeof(hdr) ? size : sizeof(hdr));
	enum journal_kind kind = journal_judge(hdr, size, &b, &e);
	if (kind == JOURNAL_COMPLETE)
		MUST(e.len <= size && e.len >= JOURNAL_HDR_SIZE);
	if (size <= JOURNAL_HDR_SIZE)
		return 0;
	uint64_t left = size - JOURNAL_HDR_SIZE;
	uint8_t *copy = malloc(left);
	MUST(copy != NULL);
	for (int patch = 0; patch < 2; patch++) {
		memcpy(copy, data + JOURNAL_HDR_SIZE, left);
		read_all(copy, left, b.id, patch);
	}
	free(copy);
	return 0;
}
