/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_describe.c -- lineages in words
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

static void
describe__one_line(void **state)
{
	(void)state;
	char out[128];
	struct lineage l = {0};
	lineage_describe(&l, out, sizeof(out));
	assert_string_equal(out, "none");
	l = lineage_of((struct brief[8]){{0x2f, LINEAGE_FIRST, OPEN, {1, 2}}});
	lineage_describe(&l, out, sizeof(out));
	assert_string_equal(out, "2f2f2f2f (first), 2 members");
	l.is_cut = true;
	lineage_describe(&l, out, sizeof(out));
	assert_string_equal(
		out, "2f2f2f2f (first, older ones forgotten), 2 members");
	l = lineage_of((struct brief[8]){{0x91, LINEAGE_FIRST, 1204, {1, 2}},
		{0x2f, LINEAGE_PROMOTE, OPEN, {2}}});
	lineage_describe(&l, out, sizeof(out));
	assert_string_equal(out,
		"2f2f2f2f (promoted, after 91919191 ended at 1204), 1 member");
	lineage_describe(&l, out, 9);
	assert_string_equal(out, "2f2f2f2f");
}

static void
names__all(void **state)
{
	(void)state;
	for (unsigned r = 0; r < LINEAGE_RELATION_END; r++)
		assert_string_not_equal(
			lineage_relation_name((enum lineage_relation)r), "?");
	assert_string_equal(lineage_relation_name(LINEAGE_RELATION_END), "?");
	assert_string_equal(lineage_kind_name(0), "?");
	assert_string_equal(lineage_kind_name(LINEAGE_PROMOTE), "promoted");
	assert_string_equal(lineage_kind_name(LINEAGE_KIND_END), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describe__one_line),
		cmocka_unit_test(names__all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
