/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_verify_range.c -- blocks become ranges
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "utils/verify.h"

static struct verified v;

static void
test_ranges(void **state)
{
	(void)state;
	verified_add(&v, 4096, 2048, WALK_DIFFERENT);
	verified_add(&v, 8192, 4096, WALK_DIFFERENT);
	verified_add(&v, 12288, 4096, WALK_DIFFERENT);
	verified_add(&v, 16384, 4096, WALK_SETTLED);
	assert_int_equal(v.nranges, 3);
	assert_int_equal(v.ranges[0].len, 2048);
	assert_int_equal(v.ranges[1].off, 8192);
	assert_int_equal(v.ranges[1].len, 8192);
	assert_int_equal(v.ranges[2].kind, WALK_SETTLED);
	for (uint64_t i = 100; i < 400; i += 2)
		verified_add(&v, i * 4096, 4096, WALK_DIFFERENT);
	assert_int_equal(v.nranges, VERIFY_RANGES_TOLD);
	verified_clear(&v);
	assert_int_equal(v.nranges, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ranges)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
