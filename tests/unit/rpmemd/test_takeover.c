/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_takeover.c -- whose session an open may end
 */
#include "rpmemd/takeover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

static void
may__rows(void **state)
{
	(void)state;
	static const struct {
		char id, holders_id;
		uint64_t counter, holders_counter;
		bool is_owner;
		bool may;
	} rows[] = {
		{'a', 'a', 2, 1, true, true},
		{'a', 'a', UINT64_MAX, 1, true, true},
		{'a', 'a', 1, 1, true, false},
		{'a', 'a', 1, 2, true, false},
		{'a', 'b', 2, 1, true, false},
		/* a passive open never does; a session of nobody is nobody's
		 */
		{'a', 'a', 2, 1, false, false},
		{0, 0, 2, 1, true, false},
		{'a', 0, 2, 1, true, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct copy c = {.is_owner = rows[i].is_owner,
			.open_counter = rows[i].counter};
		struct state_holder h = {
			.open_counter = rows[i].holders_counter};
		memset(c.owner_id, rows[i].id, UUID16_LEN);
		memset(h.owner_id, rows[i].holders_id, UUID16_LEN);
		assert_int_equal(takeover_may(&c, &h), rows[i].may);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(may__rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
