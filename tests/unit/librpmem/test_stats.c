/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_stats.c -- the histogram and its JSON line
 */
#include "librpmem/stats.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
quantile__is_within_an_eighth(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns < 1ULL << 37; ns = ns * 5 / 4 + 1) {
		struct stats s = {0};
		stats_rtt(&s, ns);
		uint64_t q = stats_quantile(&s, 500);
		assert_true(q >= ns && q <= ns + ns / 8);
	}
}

static void
quantile__of_many(void **state)
{
	(void)state;
	struct stats s = {0};
	assert_int_equal(stats_quantile(&s, 500), 0);
	for (unsigned i = 1; i <= 1000; i++)
		stats_rtt(&s, i * 1000);
	uint64_t p50 = stats_quantile(&s, 500);
	uint64_t p99 = stats_quantile(&s, 990);
	assert_true(p50 >= 500000 && p50 <= 563000);
	assert_true(p99 >= 990000 && p99 <= 1115000);
}

static void
json__escapes_and_bounds(void **state)
{
	(void)state;
	struct stats s = {.appends = 3, .bytes = 77};
	struct stats_facts f = {.target = "a\"b\\c\n",
		.pool_set = "x.set",
		.provider = "tcp",
		.media = "pmem",
		.durability = "media",
		.role = "owner"};
	char buf[1024];
	int n = stats_json(&s, &f, buf, sizeof(buf));
	assert_true(n > 0);
	assert_int_equal(strlen(buf), n);
	assert_non_null(strstr(buf, "\"a\\\"b\\\\c\\u000a\""));
	assert_non_null(strstr(buf, "\"appends\": 3,"));
	assert_non_null(strstr(buf, "\"bytes\": 77,"));
	for (int size = 1; size <= n; size++)
		assert_int_equal(
			stats_json(&s, &f, buf, (size_t)size), -ENOSPC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantile__is_within_an_eighth),
		cmocka_unit_test(quantile__of_many),
		cmocka_unit_test(json__escapes_and_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
