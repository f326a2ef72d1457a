/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_catchup_rules.c -- every mode, every event
 */
#include "rpmemd/catchup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

#define NO (-EPROTO)

static void
next__has_these_steps_and_no_other(void **state)
{
	(void)state;
	/* columns as enum catchup_event */
	static const int want[4][5] = {
		[CATCHUP_DIRECT] = {CATCHUP_JOURNALLING, CATCHUP_MARKED, NO, NO,
			NO},
		[CATCHUP_JOURNALLING] = {NO, NO, CATCHUP_MARKED,
			CATCHUP_DRAINING, NO},
		[CATCHUP_MARKED] = {NO, NO, NO, CATCHUP_DIRECT, NO},
		[CATCHUP_DRAINING] = {NO, NO, NO, NO, CATCHUP_DIRECT},
	};
	for (int from = CATCHUP_DIRECT; from <= CATCHUP_DRAINING; from++)
		for (int ev = CATCHUP_BEGIN; ev <= CATCHUP_DRAINED; ev++) {
			enum catchup_mode to = (enum catchup_mode)from;
			err_clear();
			int rc = catchup_next((enum catchup_mode)from,
				(enum catchup_event)ev, &to);
			assert_int_equal(
				rc == 0 ? (int)to : rc, want[from][ev]);
			assert_true(rc == 0 || err_msg()[0] != '\0');
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next__has_these_steps_and_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
