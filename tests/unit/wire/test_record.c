/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_record.c -- records that a peer must not send, with a good hash
 *
 * Each row is one record, put into a frame as it is; `payload` bytes follow
 * it, whatever its len says.
 */
#include "samples.h"

#include <errno.h>

#include "base/err.h"

#define INI FRAME_FROM_INITIATOR
#define TGT FRAME_FROM_TARGET
#define PAYLOAD_MAX (FRAME_MAX - FRAME_HDR_SIZE - RECORD_HDR_SIZE)

static uint8_t buf[FRAME_MAX];

/* 1 or -EPROTO */
static int
parse(enum frame_side from, const struct record *rec, uint32_t payload)
{
	struct frame_writer w;
	struct frame_reader rd;
	struct record got;
	frame_begin(&w, buf, sizeof(buf));
	uint8_t *to = frame_add(&w, rec, payload);
	memset(to, 0x5a, payload);
	uint32_t len = frame_end(&w, 1, 0, SAMPLE_SEED);
	assert_int_equal(frame_open(&rd, buf, len, SAMPLE_SEED, from), 0);
	return frame_next(&rd, &got);
}

struct row {
	enum frame_side from;
	int want;
	uint32_t payload;
	struct record rec;
};

static const struct row lengths[] = {
	{INI, 1, 8, {.type = REC_COPY, .len = 8}},
	{INI, 1, PAYLOAD_MAX, {.type = REC_COPY, .len = PAYLOAD_MAX}},
	{INI, -EPROTO, 0, {.type = REC_COPY, .len = 0}},
	{INI, -EPROTO, 8, {.type = REC_COPY, .len = 9}},
	{INI, -EPROTO, 8, {.type = REC_COPY, .len = UINT32_MAX}},
	{INI, -EPROTO, 8, {.type = REC_COPY, .len = UINT64_MAX}},
	{INI, -EPROTO, 8, {.type = REC_COPY, .len = UINT64_MAX - 6}},
	{INI, -EPROTO, 8, {.type = REC_COPY, .len = 1ull << 32}},
	{INI, -EPROTO, 8, {.type = REC_COPY, .len = (1ull << 32) + 8}},
	/* padding (0x5a) that is not zero */
	{INI, -EPROTO, 8, {.type = REC_COPY, .len = 7}},
	{INI, 1, 0, {.type = REC_FILL, .len = UINT64_MAX, .aux = 255}},
	{INI, -EPROTO, 0, {.type = REC_FILL, .len = 1, .aux = 256}},
	{INI, -EPROTO, 0, {.type = REC_FILL, .len = 0, .aux = 1}},
	{INI, 1, 0, {.type = REC_DEEP, .len = 0}},
	{INI, 1, 0, {.type = REC_DEEP, .off = UINT64_MAX, .len = UINT64_MAX}},
	{INI, 1, 0, {.type = REC_READ, .len = 1}},
	{INI, 1, 0, {.type = REC_READ, .len = PAYLOAD_MAX}},
	{INI, -EPROTO, 0, {.type = REC_READ, .len = PAYLOAD_MAX + 1}},
	{INI, -EPROTO, 0, {.type = REC_READ, .len = 0}},
	{INI, -EPROTO, 0, {.type = REC_READ, .len = UINT64_MAX}},
	{INI, 1, 0, {.type = REC_DIGEST, .len = 1, .aux = 512}},
	{INI, 1, 0, {.type = REC_DIGEST, .len = 1, .aux = 1u << 31}},
	{INI, -EPROTO, 0, {.type = REC_DIGEST, .len = 1, .aux = 0}},
	{INI, -EPROTO, 0, {.type = REC_DIGEST, .len = 1, .aux = 256}},
	{INI, -EPROTO, 0, {.type = REC_DIGEST, .len = 1, .aux = 513}},
	{INI, -EPROTO, 0, {.type = REC_DIGEST, .len = 0, .aux = 512}},
	{INI, 1, 0,
		{.type = REC_DIGEST, .len = PAYLOAD_MAX / 8 * 512, .aux = 512}},
	{INI, -EPROTO, 0,
		{.type = REC_DIGEST,
			.len = PAYLOAD_MAX / 8 * 512 + 1,
			.aux = 512}},
	{INI, -EPROTO, 0,
		{.type = REC_DIGEST, .len = UINT64_MAX, .aux = 1u << 31}},
	{INI, 1, 8, {.type = REC_LINEAGE, .len = 8}},
	{INI, 1, LINEAGE_PAYLOAD_MAX,
		{.type = REC_LINEAGE, .len = LINEAGE_PAYLOAD_MAX}},
	{INI, -EPROTO, 0, {.type = REC_LINEAGE, .len = 0}},
	{INI, -EPROTO, 8, {.type = REC_LINEAGE, .len = 16}},
	{INI, -EPROTO, LINEAGE_PAYLOAD_MAX + 8,
		{.type = REC_LINEAGE, .len = LINEAGE_PAYLOAD_MAX + 8}},
	{INI, -EPROTO, 8, {.type = REC_LINEAGE, .len = UINT64_MAX}},
	{TGT, 1, 8, {.type = REC_READ_DATA, .len = 8}},
	{TGT, 1, 0, {.type = REC_READ_DATA, .aux = 6}},
	{TGT, -EPROTO, 0, {.type = REC_READ_DATA, .len = 0}},
	{TGT, -EPROTO, 8, {.type = REC_READ_DATA, .len = 8, .aux = 6}},
	{TGT, -EPROTO, 8, {.type = REC_READ_DATA, .len = UINT64_MAX}},
	{TGT, 1, 16, {.type = REC_DIGEST_DATA, .len = 16}},
	{TGT, 1, 0, {.type = REC_DIGEST_DATA, .aux = 17}},
	{TGT, -EPROTO, 0, {.type = REC_DIGEST_DATA, .len = 0}},
	{TGT, -EPROTO, 16, {.type = REC_DIGEST_DATA, .len = 12}},
	{TGT, -EPROTO, 8, {.type = REC_DIGEST_DATA, .len = 8, .aux = 1}},
	{TGT, -EPROTO, 8, {.type = REC_DIGEST_DATA, .len = UINT64_MAX - 7}},
	{TGT, 1, 32, {.type = REC_BEAT, .len = BEAT_PAYLOAD}},
	{TGT, -EPROTO, 0, {.type = REC_BEAT, .len = 0}},
	{TGT, -EPROTO, 24, {.type = REC_BEAT, .len = BEAT_PAYLOAD}},
	{TGT, -EPROTO, 40, {.type = REC_BEAT, .len = BEAT_PAYLOAD + 8}},
};

static void
next__checks_lengths_and_values(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(lengths); i++) {
		const struct row *r = &lengths[i];
		int rc = parse(r->from, &r->rec, r->payload);
		if (rc != r->want)
			fail_msg("row %u: %d, %s", i, rc, err_msg());
	}
}

/* a good record of each type, and which of its fields may be set */
static const struct {
	enum frame_side from;
	uint32_t payload;
	struct record rec;
	bool lane, aux, off, len, deep;
} types[] = {
	{INI, 8, {.type = REC_COPY, .len = 8}, 1, 0, 1, 1, 0},
	{INI, 0, {.type = REC_FILL, .len = 8}, 1, 1, 1, 1, 0},
	{INI, 0, {.type = REC_DEEP, .len = 8}, 1, 0, 1, 1, 0},
	{INI, 0, {.type = REC_BARRIER}, 1, 0, 0, 0, 0},
	{INI, 0, {.type = REC_ACK_REQ}, 1, 0, 0, 0, 0},
	{INI, 0, {.type = REC_READ, .len = 8}, 0, 0, 1, 1, 0},
	{INI, 0, {.type = REC_DIGEST, .len = 8, .aux = 512}, 0, 1, 1, 1, 0},
	{INI, 0, {.type = REC_HEARTBEAT}, 0, 0, 0, 0, 0},
	{INI, 8, {.type = REC_LINEAGE, .len = 8}, 1, 0, 0, 1, 0},
	{TGT, 0, {.type = REC_ACK}, 0, 1, 0, 0, 1},
	{TGT, 8, {.type = REC_READ_DATA, .len = 8}, 0, 1, 1, 1, 0},
	{TGT, 8, {.type = REC_DIGEST_DATA, .len = 8}, 0, 1, 1, 1, 0},
	{TGT, 32, {.type = REC_BEAT, .len = 32}, 0, 0, 0, 1, 0},
};

static void
next__refuses_fields_that_are_not_used(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
		const struct record good = types[i].rec;
		enum frame_side from = types[i].from;
		uint32_t payload = types[i].payload;
		struct record rec = good;
		rec.seq = UINT64_MAX;
		assert_int_equal(parse(from, &rec, payload), 1);
		rec = good;
		rec.lane = 0x100;
		assert_int_equal(parse(from, &rec, payload),
			types[i].lane ? 1 : -EPROTO);
		rec = good;
		rec.off = 1ull << 40;
		assert_int_equal(
			parse(from, &rec, payload), types[i].off ? 1 : -EPROTO);
		rec = good;
		rec.flags = REC_F_DEEP;
		assert_int_equal(parse(from, &rec, payload),
			types[i].deep ? 1 : -EPROTO);
		rec.flags = REC_F_JOURNALLED;
		assert_int_equal(parse(from, &rec, payload),
			types[i].deep ? 1 : -EPROTO);
		rec.flags = REC_F_DEEP | REC_F_JOURNALLED;
		assert_int_equal(parse(from, &rec, payload), -EPROTO);
		rec.flags = 4;
		assert_int_equal(parse(from, &rec, payload), -EPROTO);
		rec = good;
		rec.aux = 1;
		if (!types[i].aux)
			assert_int_equal(parse(from, &rec, payload), -EPROTO);
		rec = good;
		rec.len = 1;
		if (!types[i].len)
			assert_int_equal(parse(from, &rec, payload), -EPROTO);
	}
}

static void
next__refuses_records_of_the_other_side(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
		enum frame_side other = types[i].from == INI ? TGT : INI;
		assert_int_equal(
			parse(other, &types[i].rec, types[i].payload), -EPROTO);
		assert_int_equal(
			parse(types[i].from, &types[i].rec, types[i].payload),
			1);
	}
}

static void
next__refuses_unknown_types(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		bool known = (type >= REC_COPY && type <= REC_LINEAGE) ||
			     (type >= REC_ACK && type <= REC_BEAT);
		struct record rec = {.type = (enum record_type)type};
		if (known)
			continue;
		assert_int_equal(parse(INI, &rec, 0), -EPROTO);
		assert_int_equal(parse(TGT, &rec, 0), -EPROTO);
	}
}

static void
next__refuses_a_piece_of_a_header_at_the_end(void **state)
{
	(void)state;
	struct frame_writer w;
	struct frame_reader rd;
	struct record got;
	struct record rec = {.type = REC_HEARTBEAT};
	for (uint32_t extra = 8; extra < RECORD_HDR_SIZE; extra += 8) {
		memset(buf, 0, sizeof(buf));
		frame_begin(&w, buf, sizeof(buf));
		(void)frame_add(&w, &rec, 0);
		w.used += extra;
		uint32_t len = frame_end(&w, 1, 0, 0);
		assert_int_equal(frame_open(&rd, buf, len, 0, INI), 0);
		assert_int_equal(frame_next(&rd, &got), 1);
		assert_int_equal(frame_next(&rd, &got), -EPROTO);
		assert_int_equal(frame_next(&rd, &got), -EPROTO);
	}
}

static void
check__keeps_ranges_inside_the_pool(void **state)
{
	(void)state;
	static const enum record_type ranged[] = {
		REC_COPY, REC_FILL, REC_DEEP, REC_READ, REC_DIGEST};
	static const struct {
		uint64_t off, len;
		int want;
	} ranges[] = {
		{8192, 1, 0},
		{8191, 1, 0},
		{65535, 1, 0},
		{4096, 61440, 0},
		{4096, 61441, -EPROTO},
		{65536, 1, -EPROTO},
		{65537, 0, -EPROTO},
		{UINT64_MAX, 1, -EPROTO},
		{4096, UINT64_MAX, -EPROTO},
		{UINT64_MAX, UINT64_MAX, -EPROTO},
		{UINT64_MAX - 4095, 8192, -EPROTO},
	};
	for (unsigned t = 0; t < ARRAY_LEN(ranged); t++) {
		for (unsigned i = 0; i < ARRAY_LEN(ranges); i++) {
			struct record rec = {.type = ranged[t],
				.off = ranges[i].off,
				.len = ranges[i].len};
			assert_int_equal(record_check(&rec, 65536, 4096),
				ranges[i].want);
		}
	}
}

static void
check__keeps_changes_out_of_the_header(void **state)
{
	(void)state;
	static const enum record_type changes[] = {
		REC_COPY, REC_FILL, REC_DEEP};
	struct record rec = {.off = 4095, .len = 1};
	for (unsigned t = 0; t < ARRAY_LEN(changes); t++) {
		rec.type = changes[t];
		assert_int_equal(record_check(&rec, 65536, 4096), -EPROTO);
		assert_int_equal(record_check(&rec, 65536, 4095), 0);
		assert_int_equal(record_check(&rec, 65536, 0), 0);
	}
	rec.type = REC_READ;
	assert_int_equal(record_check(&rec, 65536, 4096), 0);
	rec.type = REC_DIGEST;
	assert_int_equal(record_check(&rec, 65536, 4096), 0);
	rec.type = REC_BARRIER;
	assert_int_equal(record_check(&rec, 0, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next__checks_lengths_and_values),
		cmocka_unit_test(next__refuses_fields_that_are_not_used),
		cmocka_unit_test(next__refuses_records_of_the_other_side),
		cmocka_unit_test(next__refuses_unknown_types),
		cmocka_unit_test(next__refuses_a_piece_of_a_header_at_the_end),
		cmocka_unit_test(check__keeps_ranges_inside_the_pool),
		cmocka_unit_test(check__keeps_changes_out_of_the_header),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
