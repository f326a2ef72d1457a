/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_inside.c -- which drain is a barrier, which call waits
 *
 * Frames are made up: addresses that go down as calls go deeper.
 */
#include "replica/inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AT(depth) ((const void *)(uintptr_t)(0x7f0000000000 - (depth)*64))
#define INTERNAL true
#define PROGRAM false

static void
drain__waits_outside_of_calls(void **state)
{
	(void)state;
	assert_true(inside_drain(AT(5), PROGRAM));
	/* a call of libpmemobj that nobody knows of */
	assert_true(inside_drain(AT(5), INTERNAL));
}

static void
drain__is_a_barrier_inside_and_the_end_waits(void **state)
{
	(void)state;
	struct inside in;
	inside_enter(&in, AT(1));
	assert_false(inside_drain(AT(5), INTERNAL));
	/* a constructor that calls libpmem itself */
	assert_true(inside_drain(AT(9), PROGRAM));
	assert_true(inside_leave(&in, PROMISE_DRAINED));
	/* and it is over */
	assert_true(inside_drain(AT(5), INTERNAL));
}

static void
leave__without_a_drain_promises_nothing(void **state)
{
	(void)state;
	struct inside in;
	inside_enter(&in, AT(1));
	assert_false(inside_leave(&in, PROMISE_DRAINED));
	inside_enter(&in, AT(1));
	assert_true(inside_leave(&in, PROMISE_ALWAYS));
	inside_enter(&in, AT(1));
	assert_false(inside_drain(AT(2), INTERNAL));
	assert_false(inside_leave(&in, PROMISE_NOTHING));
}

static void
nested__calls_have_their_own_promise(void **state)
{
	(void)state;
	struct inside outer;
	struct inside inner;
	/* tx_process calls tx_commit, which drains and waits: that is all,
	 * whatever other threads have appended meanwhile */
	inside_enter(&outer, AT(1));
	inside_enter(&inner, AT(4));
	assert_false(inside_drain(AT(8), INTERNAL));
	assert_true(inside_leave(&inner, PROMISE_DRAINED));
	inside_waited();
	assert_false(inside_leave(&outer, PROMISE_DRAINED));
	/* unless the outer one comes to a drain of its own */
	inside_enter(&outer, AT(1));
	inside_enter(&inner, AT(4));
	assert_false(inside_drain(AT(8), INTERNAL));
	assert_true(inside_leave(&inner, PROMISE_DRAINED));
	inside_waited();
	assert_false(inside_drain(AT(8), INTERNAL));
	assert_true(inside_leave(&outer, PROMISE_DRAINED));
	inside_waited();
	/* a nested commit reaches no drain */
	inside_enter(&outer, AT(1));
	inside_enter(&inner, AT(4));
	assert_false(inside_leave(&inner, PROMISE_DRAINED));
	assert_false(inside_leave(&outer, PROMISE_DRAINED));
}

static void
longjmp__leaves_nothing_that_counts(void **state)
{
	(void)state;
	struct inside left;
	struct inside next;
	inside_enter(&left, AT(10));
	assert_false(inside_drain(AT(12), INTERNAL));
	/* an abort jumps out of it, up to frame 5: from there it is dead */
	assert_true(inside_drain(AT(5), INTERNAL));
	inside_enter(&next, AT(6));
	assert_true(next.is_outermost);
	assert_false(inside_drain(AT(7), INTERNAL));
	assert_true(inside_leave(&next, PROMISE_DRAINED));
	assert_true(inside_drain(AT(12), INTERNAL));
}

static void
other_stack__is_not_inside(void **state)
{
	(void)state;
	struct inside in;
	inside_enter(&in, AT(1));
	/* a coroutine that runs while the call is suspended: far away, in
	 * either direction */
	assert_true(inside_drain(AT(1000000), INTERNAL));
	assert_true(inside_drain(
		(const void *)(uintptr_t)0x7fff00000000, INTERNAL));
	assert_false(inside_drain(AT(3), INTERNAL));
	assert_true(inside_leave(&in, PROMISE_DRAINED));
}

static void
hidden__drains_make_every_promise_wait(void **state)
{
	(void)state;
	struct inside in;
	inside_drains_are_hidden();
	inside_waited();
	/* another thread may have flushed what this call makes durable */
	inside_enter(&in, AT(1));
	assert_true(inside_leave(&in, PROMISE_DRAINED));
	/* a call inside it has waited */
	inside_enter(&in, AT(1));
	inside_waited();
	assert_false(inside_leave(&in, PROMISE_DRAINED));
	inside_enter(&in, AT(1));
	assert_false(inside_leave(&in, PROMISE_NOTHING));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drain__waits_outside_of_calls),
		cmocka_unit_test(drain__is_a_barrier_inside_and_the_end_waits),
		cmocka_unit_test(leave__without_a_drain_promises_nothing),
		cmocka_unit_test(nested__calls_have_their_own_promise),
		cmocka_unit_test(longjmp__leaves_nothing_that_counts),
		cmocka_unit_test(other_stack__is_not_inside),
		cmocka_unit_test(hidden__drains_make_every_promise_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
