/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_codec.c -- lineages as bytes
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <xxhash.h>

#include "base/byteorder.h"
#include "fixture.h"

static struct lineage
some_lineage(void)
{
	struct lineage l = lineage_of((struct brief[8]){
		{0xa1, LINEAGE_FIRST, 0x1122, {0x51, 0x52}},
		{0xa2, LINEAGE_SHRUNK, OPEN, {0x51}},
	});
	l.is_cut = true;
	return l;
}

/* offsets of some_lineage(): entries at 16 and 64, the sum at 104 */
#define SECOND 64u
#define SUM 104u

static void
reseal(uint8_t *bytes, uint32_t len)
{
	le64 sum = le64_of(XXH3_64bits(bytes, len - 8));
	memcpy(bytes + len - 8, &sum, sizeof(sum));
}

static void
encodes__golden_bytes(void **state)
{
	(void)state;
	static const uint8_t golden[SUM + 8] = {'R', 'P', 'L', 'G', 1, 0, 1, 0,
		2, 0, 0, 0, SUM + 8, 0, 0, 0,
		/* 16 */
		0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
		0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0x22, 0x11, 0, 0, 0, 0, 0,
		0, 1, 2, 0, 0, 0, 0, 0, 0, 0x51, 0, 0, 0, 0, 0, 0, 0, 0x52, 0,
		0, 0, 0, 0, 0, 0,
		/* 64 */
		0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2,
		0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 2, 1, 0, 0, 0, 0, 0, 0, 0x51, 0, 0, 0,
		0, 0, 0, 0,
		/* 104 */
		0xe0, 0xc3, 0x16, 0xff, 0x2c, 0xf9, 0x1e, 0xd4};
	struct lineage l = some_lineage();
	uint8_t bytes[LINEAGE_SIZE_MAX];
	assert_int_equal(lineage_encode(&l, bytes), sizeof(golden));
	assert_memory_equal(bytes, golden, sizeof(golden));
}

static void
assert_round_trip(const struct lineage *l)
{
	uint8_t *bytes = malloc(LINEAGE_SIZE_MAX);
	struct lineage back;
	uint32_t len = lineage_encode(l, bytes);
	assert_in_range(len, 24, LINEAGE_SIZE_MAX);
	assert_int_equal(lineage_size(bytes), len);
	assert_int_equal(lineage_decode(bytes, len, &back), 0);
	assert_true(lineage_equal(l, &back));
	free(bytes);
}

static void
round_trips__empty_to_full(void **state)
{
	(void)state;
	struct lineage l = {0};
	assert_round_trip(&l);
	for (unsigned i = 1; i <= LINEAGE_MAX + 3; i++) {
		struct brief b = {(uint8_t)i, (uint8_t)(1 + i % 4), 0,
			{1, 2, 3, 4, 5, 6, 7, i + 8}};
		b.members[1 + i % 7] = 0;
		if (i % 3 == 0)
			b.members[1 + i % 7] = 99;
		struct lineage_entry e = entry_of(&b);
		lineage_begin(&l, i / 2, &e);
		assert_round_trip(&l);
	}
	assert_true(l.is_cut);
}

static void
encodes__at_most_the_maximum(void **state)
{
	(void)state;
	struct lineage l = {0};
	uint8_t bytes[LINEAGE_SIZE_MAX];
	for (unsigned i = 1; i <= LINEAGE_MAX; i++) {
		struct lineage_entry e = entry_of(&(struct brief){(uint8_t)i,
			LINEAGE_RESTART, 0, {1, 2, 3, 4, 5, 6, 7, 8}});
		lineage_begin(&l, i, &e);
	}
	assert_int_equal(lineage_encode(&l, bytes), LINEAGE_SIZE_MAX);
	assert_round_trip(&l);
}

static void
rejects__every_flipped_bit(void **state)
{
	(void)state;
	struct lineage l = some_lineage();
	struct lineage back;
	uint8_t bytes[LINEAGE_SIZE_MAX];
	uint32_t len = lineage_encode(&l, bytes);
	for (unsigned bit = 0; bit < len * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(lineage_decode(bytes, len, &back), -EBADMSG);
		assert_int_equal(back.n, 0);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(lineage_decode(bytes, len, &back), 0);
}

static void
rejects__every_other_length(void **state)
{
	(void)state;
	struct lineage l = some_lineage();
	struct lineage back;
	uint8_t bytes[LINEAGE_SIZE_MAX] = {0};
	uint32_t len = lineage_encode(&l, bytes);
	for (uint32_t n = 0; n <= LINEAGE_SIZE_MAX; n++) {
		/* exactly n bytes: a read behind them is found by asan */
		uint8_t *copy = malloc(n == 0 ? 1 : n);
		memcpy(copy, bytes, n);
		if (n >= 24 && n != len)
			reseal(copy, n);
		assert_int_equal(lineage_decode(copy, n, &back),
			n == len ? 0 : -EBADMSG);
		free(copy);
	}
	assert_int_equal(
		lineage_decode(bytes, LINEAGE_SIZE_MAX + 1, &back), -EBADMSG);
}

struct damage {
	const char *what;
	unsigned off;
	uint64_t value;
	unsigned width;
};

/* right in its sum, and still nothing that we write */
static void
rejects__sealed_but_wrong(void **state)
{
	(void)state;
	static const struct damage damages[] = {
		{"magic", 0, 'r', 1},
		{"version 0", 4, 0, 2},
		{"version 2", 4, 2, 2},
		{"an unknown flag", 6, 2, 2},
		{"an unknown flag", 7, 0x80, 1},
		{"no entries", 8, 0, 4},
		{"an entry less", 8, 1, 4},
		{"an entry more", 8, 3, 4},
		{"too many entries", 8, LINEAGE_MAX + 1, 4},
		{"more entries than 32 bits of bytes", 8, 0x80000000, 4},
		{"length", 12, SUM, 4},
		{"length", 12, SUM + 16, 4},
		{"zero generation, half", 16, 0, 8},
		{"the same generation twice", SECOND, 0, 0},
		{"open in the middle", 32, OPEN, 8},
		{"closed at the end", SECOND + 16, 0x2000, 8},
		{"no kind", 40, 0, 1},
		{"an unknown kind", 40, LINEAGE_KIND_END, 1},
		{"an unknown kind", SECOND + 24, 255, 1},
		{"no members", SECOND + 25, 0, 1},
		{"a member more", 41, 3, 1},
		{"too many members", 41, LINEAGE_MEMBERS_MAX + 1, 1},
		{"zeros", 42, 1, 1},
		{"zeros", 47, 1, 1},
		{"member 0", 48, 0, 8},
		{"a member twice", 56, 0x51, 8},
	};
	struct lineage l = some_lineage();
	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		const struct damage *d = &damages[i];
		struct lineage back;
		uint8_t bytes[LINEAGE_SIZE_MAX];
		uint32_t len = lineage_encode(&l, bytes);
		le64 v = le64_of(d->value);
		memcpy(bytes + d->off, &v, d->width);
		if (d->width == 0)
			memcpy(bytes + d->off, bytes + 16, UUID16_LEN);
		if (strstr(d->what, "half") != NULL)
			memset(bytes + d->off, 0, UUID16_LEN);
		reseal(bytes, len);
		if (lineage_decode(bytes, len, &back) != -EBADMSG)
			fail_msg("accepted: %s", d->what);
	}
}

static void
rejects__ends_that_fall(void **state)
{
	(void)state;
	struct lineage back;
	uint8_t bytes[LINEAGE_SIZE_MAX];
	struct lineage l = lineage_of((struct brief[8]){
		{1, LINEAGE_FIRST, 10, {1}},
		{2, LINEAGE_RESTART, 10, {1}},
		{3, LINEAGE_RESTART, OPEN, {1}},
	});
	assert_round_trip(&l);
	l.entry[1].end = 9;
	uint32_t len = lineage_encode(&l, bytes);
	assert_int_equal(lineage_decode(bytes, len, &back), -EBADMSG);
}

static void
size__from_the_head(void **state)
{
	(void)state;
	struct lineage l = some_lineage();
	uint8_t bytes[LINEAGE_SIZE_MAX];
	static const uint8_t zeros[16];
	(void)lineage_encode(&l, bytes);
	assert_int_equal(lineage_size(bytes), SUM + 8);
	assert_int_equal(lineage_size(zeros), 0);
	bytes[12] = 23;
	assert_int_equal(lineage_size(bytes), 0);
	le32 len = le32_of(LINEAGE_SIZE_MAX + 1);
	memcpy(bytes + 12, &len, sizeof(len));
	assert_int_equal(lineage_size(bytes), 0);
	len = le32_of(LINEAGE_SIZE_MAX);
	memcpy(bytes + 12, &len, sizeof(len));
	assert_int_equal(lineage_size(bytes), LINEAGE_SIZE_MAX);
	bytes[0] ^= 1;
	assert_int_equal(lineage_size(bytes), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes__golden_bytes),
		cmocka_unit_test(round_trips__empty_to_full),
		cmocka_unit_test(encodes__at_most_the_maximum),
		cmocka_unit_test(rejects__every_flipped_bit),
		cmocka_unit_test(rejects__every_other_length),
		cmocka_unit_test(rejects__sealed_but_wrong),
		cmocka_unit_test(rejects__ends_that_fall),
		cmocka_unit_test(size__from_the_head),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
