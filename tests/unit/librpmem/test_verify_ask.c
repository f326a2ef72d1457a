/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_verify_ask.c -- what a tool makes of words that anybody may have written
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "librpmem/verify_ask.h"

static struct verify_words words;
static struct verify_answer answer;

static void
test_answer(void **state)
{
	(void)state;
	memset((void *)&words, 0, sizeof(words));
	verify_answer_of(&words, 1, &answer);
	assert_false(answer.is_there);
	live_set(&words.taken, 7);
	live_set(&words.state, VERIFY_DONE);
	live_set(&words.compared, 100);
	live_set(&words.total, 200);
	live_set(&words.different, 1);
	live_set(&words.settled, 1);
	live_set(&words.nranges, 2);
	live_set(&words.ranges[0], 4096 + WALK_DIFFERENT);
	live_set(&words.ranges[1], 8192 + WALK_SETTLED);
	verify_answer_of(&words, 7, &answer);
	assert_true(answer.is_there);
	assert_int_equal(answer.state, VERIFY_DONE);
	assert_int_equal(answer.compared, 100);
	assert_int_equal(answer.nranges, 2);
	assert_int_equal(answer.ranges[0].off, 4096);
	assert_int_equal(answer.ranges[1].kind, WALK_SETTLED);
	/* of another request */
	verify_answer_of(&words, 8, &answer);
	assert_false(answer.is_there);
}

static void
test_nonsense(void **state)
{
	(void)state;
	memset((void *)&words, 0xff, sizeof(words));
	verify_answer_of(&words, UINT64_MAX, &answer);
	assert_int_equal(answer.state, VERIFY_UNABLE);
	assert_true(answer.compared <= answer.total);
	assert_true(answer.nranges <= VERIFY_RANGES);
	live_set(&words.different, 3);
	live_set(&words.settled, 0);
	live_set(&words.ranges[0], 4096); /* of no kind */
	verify_answer_of(&words, 0, &answer);
	assert_int_equal(answer.nranges, 0);
}

static void
test_no_file(void **state)
{
	(void)state;
	struct verify_ask a;
	assert_int_equal(verify_ask_open(&a, "/dev/null"), -EBADMSG);
	verify_ask_close(&a);
	assert_int_equal(verify_ask_open(&a, "/nowhere/at/all"), -ENOENT);
	verify_ask_close(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
