/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_alone.c -- opening a pool whose copy does not answer
 */
#include "librpmem/alone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/compiler.h"

static const struct alone_facts known = {
	.survives = true, .knows_copy = true, .is_unreachable = true};

static void
decide__waits_unless_it_was_alone(void **state)
{
	(void)state;
	assert_int_equal(alone_decide(&known), ALONE_WAIT);
	struct alone_facts f = known;
	f.was_alone = true;
	assert_int_equal(alone_decide(&f), ALONE_GO);
	f = known;
	f.may_be_alone = true;
	assert_int_equal(alone_decide(&f), ALONE_GO);
}

static void
decide__never_without_knowing_enough(void **state)
{
	(void)state;
	struct alone_facts f[4] = {known, known, known, known};
	f[0].survives = false;
	f[1].knows_copy = false;
	f[2].is_created = true;
	f[3].is_unreachable = false; /* refused: somebody did answer */
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		f[i].was_alone = f[i].may_be_alone = true;
		assert_int_equal(alone_decide(&f[i]), ALONE_FAIL);
	}
}

static void
unreachable__is_not_refused(void **state)
{
	static const int nobody[] = {ECONNREFUSED, ECONNRESET, ETIMEDOUT,
		EHOSTUNREACH, ENETUNREACH, EPIPE};
	static const int somebody[] = {
		ESTALE, EACCES, ENOENT, EBUSY, EPERM, EINVAL, ENOSPC};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nobody); i++)
		assert_true(alone_is_unreachable(-nobody[i]));
	for (size_t i = 0; i < ARRAY_LEN(somebody); i++)
		assert_false(alone_is_unreachable(-somebody[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decide__waits_unless_it_was_alone),
		cmocka_unit_test(decide__never_without_knowing_enough),
		cmocka_unit_test(unreachable__is_not_refused),
	};
	return cmocka_run_group_tests_name("alone", tests, NULL, NULL);
}
