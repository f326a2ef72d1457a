/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_states.c -- the whole table of a secondary's life
 */
#include "librpmem/states.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
table__is_the_design(void **state)
{
	/* rows: from; columns: lost, stuck, progress, behind, reconnected,
	 * caught up, promoted, not ours */
	static const int want[6][8] = {
		{STATE_DEGRADED, STATE_LAGGING, -1, STATE_CATCHING_UP, -1, -1,
			STATE_FENCED, -1},
		{STATE_DEGRADED, -1, STATE_ATTACHED, -1, -1, -1, STATE_FENCED,
			-1},
		{STATE_DEGRADED, -1, -1, -1, STATE_CATCHING_UP, -1,
			STATE_FENCED, STATE_REFUSED},
		{STATE_DEGRADED, -1, -1, -1, -1, STATE_ATTACHED, STATE_FENCED,
			-1},
		{-1, -1, -1, -1, -1, -1, -1, -1},
		{-1, -1, -1, -1, -1, -1, -1, -1},
	};
	(void)state;
	for (int from = 0; from < 6; from++)
		for (int event = 0; event < 8; event++)
			assert_int_equal(state_after((enum state)from,
						 (enum event)event),
				want[from][event]);
}

static void
names__are_distinct_and_only_the_degraded_is_tried(void **state)
{
	(void)state;
	for (int a = 0; a < 6; a++) {
		assert_int_equal(
			state_is_tried((enum state)a), a == STATE_DEGRADED);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(state_name((enum state)a),
				state_name((enum state)b));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__is_the_design),
		cmocka_unit_test(
			names__are_distinct_and_only_the_degraded_is_tried),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
