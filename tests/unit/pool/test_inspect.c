/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_inspect.c -- what each part is, from its size and header
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "pool/inspect.h"

#define NPARTS 3u
#define PART_BYTES (4ull << 20)

/* three parts whose headers name each other */
static struct inspect_part parts[NPARTS];
static struct inspect in;
static char part_path[] = "/pool/part";

static int
make(void **state)
{
	static const uint8_t uuids[NPARTS][UUID16_LEN] = {{1}, {2}, {3}};
	struct pool_attr attr = {.signature = "PMEMOBJ",
		.major = 6,
		.incompat = HDR_INCOMPAT_CKSUM_2K,
		.poolset_uuid = {9},
		.uuid = {1}};
	(void)state;
	in = (struct inspect){.nparts = NPARTS, .parts = parts};
	for (unsigned i = 0; i < NPARTS; i++) {
		parts[i] = (struct inspect_part){.path = part_path,
			.want = PART_BYTES,
			.size = PART_BYTES,
			.has_hdr = true};
		hdr_of_part(&attr, 1, uuids, NPARTS, i, &parts[i].hdr);
	}
	return 0;
}

static void
expect(enum part_is first, enum part_is second, enum part_is third)
{
	const enum part_is want[NPARTS] = {first, second, third};
	unsigned nbad = 0;
	char text[ERR_MAX];
	inspect_judge(&in);
	for (unsigned i = 0; i < NPARTS; i++) {
		inspect_text(&in, i, text);
		if (parts[i].is != want[i])
			fail_msg("part %u is %d, not %d: %s", i, parts[i].is,
				want[i], text);
		assert_non_null(strstr(text, "/pool/part"));
		nbad += want[i] != PART_GOOD;
	}
	assert_int_equal(in.nbad, nbad);
}

static void
judge__finds_nothing_in_a_good_pool(void **state)
{
	(void)state;
	expect(PART_GOOD, PART_GOOD, PART_GOOD);
	assert_int_equal(in.size, NPARTS * PART_BYTES - 2 * HDR_SIZE);
	assert_ptr_equal(inspect_hdr(&in), &parts[0].hdr);
}

static void
judge__blames_the_part_that_is_bad_and_no_neighbour(void **state)
{
	(void)state;
	parts[1].has_hdr = false;
	parts[1].is = PART_DAMAGED;
	expect(PART_GOOD, PART_DAMAGED, PART_GOOD);
	make(NULL);
	parts[0].has_hdr = false;
	parts[0].is = PART_MISSING;
	parts[0].size = 0;
	expect(PART_MISSING, PART_GOOD, PART_GOOD);
	assert_int_equal(in.nmissing, 1);
	assert_null(inspect_hdr(&in));
	make(NULL);
	parts[2].size -= HDR_SIZE;
	expect(PART_GOOD, PART_GOOD, PART_SIZE);
	make(NULL);
	parts[2].is = PART_EMPTY;
	parts[2].has_hdr = false;
	expect(PART_GOOD, PART_GOOD, PART_EMPTY);
}

static void
judge__sees_a_header_of_another_pool(void **state)
{
	(void)state;
	parts[2].hdr.poolset_uuid[0] ^= 1;
	expect(PART_GOOD, PART_GOOD, PART_LINKS);
	make(NULL);
	/* both neighbours name what it was */
	parts[1].hdr.uuid[0] ^= 0x40;
	expect(PART_LINKS, PART_GOOD, PART_LINKS);
}

static void
judge__knows_the_features_and_the_options(void **state)
{
	(void)state;
	parts[0].hdr.incompat |= 0x4000;
	parts[1].hdr.incompat |= 0x4000;
	parts[2].hdr.incompat |= 0x4000;
	expect(PART_STRANGE, PART_STRANGE, PART_STRANGE);
	assert_int_equal(inspect_unknown_features(&parts[0].hdr), 0x4000);
	make(NULL);
	parts[0].hdr.incompat |= HDR_INCOMPAT_SINGLEHDR;
	in.options = POOLSET_F_SINGLEHDR;
	parts[1].has_hdr = false;
	parts[2].has_hdr = false;
	memcpy(parts[0].hdr.prev_part_uuid, parts[0].hdr.uuid, UUID16_LEN);
	memcpy(parts[0].hdr.next_part_uuid, parts[0].hdr.uuid, UUID16_LEN);
	expect(PART_GOOD, PART_GOOD, PART_GOOD);
	parts[0].hdr.incompat &= ~HDR_INCOMPAT_SINGLEHDR;
	expect(PART_STRANGE, PART_GOOD, PART_GOOD);
}

static void
blames_set__only_where_the_pool_is_whole(void **state)
{
	(void)state;
	inspect_judge(&in);
	assert_false(inspect_blames_set(&in));
	in.heap_end = in.size + 1; /* it names too few parts */
	assert_true(inspect_blames_set(&in));
	parts[2].want *= 2;
	inspect_judge(&in);
	assert_false(inspect_blames_set(&in)); /* one was cut short */
	in.heap_end = in.size;
	assert_true(inspect_blames_set(&in));
	in.heap_end = 0; /* no pool of libpmemobj: nobody knows */
	assert_false(inspect_blames_set(&in));
	parts[2].want = PART_BYTES / 2;
	inspect_judge(&in);
	assert_true(inspect_blames_set(&in));
	parts[1].is = PART_DAMAGED;
	inspect_judge(&in);
	assert_false(inspect_blames_set(&in));
	make(NULL);
	in.options = POOLSET_F_SINGLEHDR;
	inspect_judge(&in);
	assert_true(inspect_blames_set(&in));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			judge__finds_nothing_in_a_good_pool, make),
		cmocka_unit_test_setup(
			judge__blames_the_part_that_is_bad_and_no_neighbour,
			make),
		cmocka_unit_test_setup(
			judge__sees_a_header_of_another_pool, make),
		cmocka_unit_test_setup(
			judge__knows_the_features_and_the_options, make),
		cmocka_unit_test_setup(
			blames_set__only_where_the_pool_is_whole, make),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
