/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_frame.c -- any bytes as a frame
 *
 * The first byte chooses: bit 0 the side that sent it, bit 1 that the header
 * is left as it is.  Otherwise magic, length and hash are made right, so
 * that the records are reached.  The records, added to a new frame, must
 * give the same bytes again; each payload is read to its end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/byteorder.h"
#include "wire/frame.h"
#include "wire/hash.h"

/* of the golden frames, so that they pass unpatched too */
#define SEED 0x1122334455667788ull
#define POOL_SIZE (1ull << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int truth)
{
	if (!truth)
		abort();
}

static void
patch(uint8_t *frame, uint32_t len)
{
	le32 wire_len = le32_of(len);
	memcpy(frame, "RPF1", 4);
	memcpy(frame + 4, &wire_len, sizeof(wire_len));
	le64 hash = le64_of(frame_hash(frame, len, SEED));
	memcpy(frame + 8, &hash, sizeof(hash));
}

static uint32_t
payload_of(const struct record *rec)
{
	return rec->payload != NULL ? (uint32_t)rec->len : 0;
}

static void
check_record(const struct record *rec)
{
	struct beat beat;
	uint8_t wire[BEAT_PAYLOAD];
	int rc = record_check(rec, POOL_SIZE, 4096);
	int changes = rec->type == REC_COPY || rec->type == REC_FILL ||
		      rec->type == REC_DEEP;
	if (rc == 0 && changes)
		require(rec->off >= 4096 && rec->off <= POOL_SIZE &&
			rec->len <= POOL_SIZE - rec->off);
	if (rec->type == REC_BEAT) {
		beat_decode(rec->payload, &beat);
		beat_encode(&beat, wire);
		require(memcmp(wire, rec->payload, sizeof(wire)) == 0);
	}
}

static void
walk(struct frame_reader *rd, const uint8_t *frame, uint32_t len)
{
	static uint8_t again[FRAME_MAX];
	struct frame_writer w;
	struct record rec;
	int rc;
	frame_begin(&w, again, sizeof(again));
	while ((rc = frame_next(rd, &rec)) == 1) {
		check_record(&rec);
		require(frame_fits(&w, payload_of(&rec)));
		uint8_t *to = frame_add(&w, &rec, payload_of(&rec));
		if (rec.payload != NULL)
			memcpy(to, rec.payload, payload_of(&rec));
	}
	if (rc < 0)
		return;
	require(frame_end(&w, rd->frame_no, rd->credits, SEED) == len);
	require(memcmp(again, frame, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader rd;
	if (size < 1 || size - 1 > FRAME_MAX + 64)
		return 0;
	enum frame_side from =
		(data[0] & 1) ? FRAME_FROM_TARGET : FRAME_FROM_INITIATOR;
	int raw = data[0] & 2;
	uint32_t len = (uint32_t)(size - 1);
	if (!raw)
		len &= ~7u;
	/* exactly its size, so that a sanitizer sees a read past the end */
	uint8_t *frame = malloc(len);
	if (frame == NULL)
		return 0;
	memcpy(frame, data + 1, len);
	if (!raw && len >= FRAME_HDR_SIZE)
		patch(frame, len);
	if (frame_open(&rd, frame, len, SEED, from) == 0)
		walk(&rd, frame, len);
	free(frame);
	return 0;
}
