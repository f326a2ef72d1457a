/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_onloss.c -- RPMEM_ON_LOSS
 */
#include "librpmem/onloss.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/err.h"

static void
parse__each_form(void **state)
{
	static const struct {
		const char *text;
		struct onloss want;
	} rows[] = {
		{NULL, {.survives = true}},
		{"", {.survives = true}},
		{"continue", {.survives = true}},
		{"fail", {.survives = false}},
		{"block", {.survives = true,
				  .blocks = true,
				  .block_ms = UINT64_MAX}},
		{"block:1500:fail", {.survives = true,
					    .blocks = true,
					    .block_ms = 1500,
					    .then_fails = true}},
		{"block:0:continue",
			{.survives = true, .blocks = true, .block_ms = 0}},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct onloss o;
		assert_int_equal(onloss_parse(rows[i].text, true, &o), 0);
		assert_int_equal(o.survives, rows[i].want.survives);
		assert_int_equal(o.blocks, rows[i].want.blocks);
		assert_true(!o.blocks || o.block_ms == rows[i].want.block_ms);
		assert_int_equal(o.then_fails, rows[i].want.then_fails);
		/* a handle that is no owner's fails, whatever it says */
		assert_int_equal(onloss_parse(rows[i].text, false, &o), 0);
		assert_false(o.survives);
	}
}

static void
parse__refuses(void **state)
{
	static const char *const bad[] = {"Continue", "blocks",
		"block:", "block:5", "block:5:", "block:5:x", "block:-5:fail",
		"block: 5:fail", "block:99999999999999999999:fail", "fail ",
		"block:86400001:fail"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct onloss o;
		assert_int_equal(onloss_parse(bad[i], true, &o), -EINVAL);
		assert_non_null(strstr(err_msg(), "RPMEM_ON_LOSS"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__each_form),
		cmocka_unit_test(parse__refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
