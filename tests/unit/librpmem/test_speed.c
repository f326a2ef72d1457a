/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_speed.c -- what is counted, and what begins anew
 */
#include "librpmem/speed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/deadline.h"

#define S NS_PER_SEC

static void
is__bytes_of_a_second(void **state)
{
	(void)state;
	struct speed s = {.at = 0};
	speed_take(&s, true, 1000, 1 * S);
	assert_int_equal(s.bytes_per_s, 0);
	speed_take(&s, true, 1100, 1 * S + S / 10); /* too soon */
	assert_int_equal(s.bytes_per_s, 0);
	speed_take(&s, true, 5000, 3 * S);
	assert_int_equal(s.bytes_per_s, 2000);
}

static void
follows__the_last_ones_most(void **state)
{
	(void)state;
	struct speed s = {.at = 0};
	speed_take(&s, true, 0, 1 * S);
	speed_take(&s, true, 4000, 2 * S);
	speed_take(&s, true, 12000, 3 * S);
	assert_int_equal(s.bytes_per_s, 1000 + 6000);
}

static void
begins_anew__with_other_work(void **state)
{
	(void)state;
	struct speed s = {.at = 0};
	speed_take(&s, true, 0, 1 * S);
	speed_take(&s, true, 4000, 2 * S);
	speed_take(&s, false, 5000, 3 * S);
	assert_int_equal(s.bytes_per_s, 0);
	speed_take(&s, false, 8000, 4 * S);
	assert_int_equal(s.bytes_per_s, 3000);
	/* lost, and back: less is done */
	speed_take(&s, false, 100, 5 * S);
	assert_int_equal(s.bytes_per_s, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is__bytes_of_a_second),
		cmocka_unit_test(follows__the_last_ones_most),
		cmocka_unit_test(begins_anew__with_other_work),
	};
	return cmocka_run_group_tests_name("speed", tests, NULL, NULL);
}
