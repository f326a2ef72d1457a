/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_notify_env.c -- what a program of RPMEM_NOTIFY inherits
 */
#include "librpmem/notify_env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/compiler.h"

static char dropped[] = NOTIFY_DROPPED "=7";

static void
env__is_a_copy(void **state)
{
	(void)state;
	char a[] = "A=1";
	char empty[] = "EMPTY=";
	char odd[] = "no assignment";
	char old[] = NOTIFY_DROPPED "=3";
	char other[] = "LD_PRELOADED=x";
	char *env[] = {a, empty, odd, old, other, NULL};
	static const char *const want[] = {
		"A=1", "EMPTY=", "no assignment", "LD_PRELOADED=x"};
	char **copy = notify_env_new(env, dropped);
	assert_non_null(copy);
	a[0] = 'X'; /* the program may do what it likes with its own */
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_string_equal(copy[i], want[i]);
	assert_ptr_equal(copy[ARRAY_LEN(want)], dropped);
	assert_null(copy[ARRAY_LEN(want) + 1]);
	free(copy);
}

static void
env__may_be_empty(void **state)
{
	(void)state;
	char **copy = notify_env_new(NULL, dropped);
	assert_non_null(copy);
	assert_ptr_equal(copy[0], dropped);
	assert_null(copy[1]);
	free(copy);
}

static void
preload__loses_our_library(void **state)
{
	(void)state;
	static const struct {
		const char *list;
		const char *want; /* NULL: the variable is gone */
	} rows[] = {
		{"LD_PRELOAD=/opt/lib/libpmemreplica_preload.so", NULL},
		{"LD_PRELOAD=libpmemreplica_preload.so.1", NULL},
		{"LD_PRELOAD=", NULL},
		{"LD_PRELOAD=: :", NULL},
		{"LD_PRELOAD=libasan.so:/x/libpmemreplica_preload.so",
			"LD_PRELOAD=libasan.so"},
		{"LD_PRELOAD=/x/libpmemreplica_preload.so:a.so b.so",
			"LD_PRELOAD=a.so:b.so"},
		{"LD_PRELOAD=a.so libpmemreplica_preload.so b.so",
			"LD_PRELOAD=a.so:b.so"},
		{"LD_PRELOAD=/libpmemreplica_preload.so/other.so",
			"LD_PRELOAD=/libpmemreplica_preload.so/other.so"},
		{"LD_PRELOAD=a.so", "LD_PRELOAD=a.so"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char b[] = "B=2";
		char *env[] = {(char *)(uintptr_t)rows[i].list, b, NULL};
		char **copy = notify_env_new(env, dropped);
		assert_non_null(copy);
		size_t n = 0;
		if (rows[i].want != NULL)
			assert_string_equal(copy[n++], rows[i].want);
		assert_string_equal(copy[n++], "B=2");
		assert_ptr_equal(copy[n], dropped);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(env__is_a_copy),
		cmocka_unit_test(env__may_be_empty),
		cmocka_unit_test(preload__loses_our_library),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
