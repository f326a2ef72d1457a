/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_minreplicas.c -- RPMEM_MIN_REPLICAS
 */
#include "librpmem/minreplicas.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void
parse__each_form(void **state)
{
	static const struct {
		const char *text;
		unsigned want;
	} rows[] = {{NULL, 0}, {"", 0}, {"1", 1}, {"2", 2}, {"32", 32}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned min = 99;
		assert_int_equal(minreplicas_parse(rows[i].text, &min), 0);
		assert_int_equal(min, rows[i].want);
	}
}

static void
parse__refuses(void **state)
{
	static const char *const bad[] = {"0", "33", "-1", "+1", " 1", "1 ",
		"two", "1.5", "0x2", "99999999999999999999", "4294967297"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		unsigned min = 99;
		assert_int_equal(minreplicas_parse(bad[i], &min), -EINVAL);
		assert_int_equal(min, 0);
		assert_non_null(strstr(err_msg(), "RPMEM_MIN_REPLICAS"));
		assert_non_null(strstr(err_msg(), bad[i]));
		assert_non_null(strstr(err_msg(), "from 1 to 32"));
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
