/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_promote.c -- which copy may become a primary
 */
#include "rpmemd/promote.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/compiler.h"

static void
promote_may__rows(void **state)
{
	(void)state;
	static const struct {
		uint32_t flags;
		bool same_boot;
		bool in_page_cache;
		int rc;
	} rows[] = {
		{STATE_F_CLEAN | STATE_F_RECORD, true, true, 0},
		{STATE_F_CLEAN | STATE_F_RECORD, false, true, 0},
		/* the initiator died: a prefix */
		{STATE_F_RECORD, true, true, 0},
		/* the machine died: on pmem a prefix, elsewhere who knows */
		{STATE_F_RECORD, false, false, 0},
		{STATE_F_RECORD, false, true, -ESTALE},
		/* ... and somebody has opened it since */
		{STATE_F_CLEAN | STATE_F_SUSPECT, true, false, -ESTALE},
		/* the medium has refused a write */
		{STATE_F_UNWRITTEN, true, true, -ESTALE},
		/* read from, not changed */
		{STATE_F_RECORD | STATE_F_LENT, true, true, 0},
		{STATE_F_CREATING, true, false, -ESTALE},
		{STATE_F_CREATING | STATE_F_RECORD, true, false, -ESTALE},
		{STATE_F_RECORD | STATE_F_EQUALISING, true, false, -ESTALE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct state s = {.flags = rows[i].flags};
		assert_int_equal(promote_may(&s, rows[i].same_boot,
					 rows[i].in_page_cache),
			rows[i].rc);
	}
	assert_int_equal(promote_may(NULL, true, false), -ESTALE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promote_may__rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
