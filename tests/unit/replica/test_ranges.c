/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_ranges.c -- which addresses belong to a replicated pool
 */
#include "replica/ranges.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static const void *
at(uintptr_t n)
{
	return (const void *)n;
}

static struct chain one;
static struct chain two;
static unsigned seen;

static void
count(struct chain *c)
{
	seen += c == &one ? 1 : 100;
}

static void
find__inside_only(void **state)
{
	(void)state;
	uint64_t off = 0;
	assert_false(ranges_any());
	assert_null(ranges_find(at(0x100000), &off));
	assert_int_equal(ranges_add(at(0x100000), 0x1000, &one), 0);
	assert_int_equal(ranges_add(at(0x200000), 0x1000, &two), 0);
	assert_true(ranges_any());
	assert_ptr_equal(ranges_find(at(0x100000), &off), &one);
	assert_int_equal(off, 0);
	assert_ptr_equal(ranges_find(at(0x200fff), &off), &two);
	assert_int_equal(off, 0xfff);
	assert_null(ranges_find(at(0x101000), &off));
	assert_null(ranges_find(at(0xfffff), &off));
	assert_null(ranges_find(NULL, &off));
	ranges_each(count);
	assert_int_equal(seen, 101);
	/* neighbours stay */
	ranges_drop(at(0xff000), 0x1000);
	ranges_drop(at(0x101000), 0x1000);
	assert_ptr_equal(ranges_find(at(0x100000), &off), &one);
	/* one byte of it is enough */
	ranges_drop(at(0x100fff), 1);
	assert_null(ranges_find(at(0x100000), &off));
	assert_true(ranges_any());
	ranges_drop(at(0), UINTPTR_MAX);
	assert_false(ranges_any());
	ranges_forget(&one);
	ranges_forget(&two);
	ranges_forget(&two);
}

static void
add__is_bounded_and_slots_come_back(void **state)
{
	(void)state;
	static struct chain many[RANGES_MAX];
	uint64_t off = 0;
	for (uintptr_t i = 0; i < RANGES_MAX; i++)
		assert_int_equal(
			ranges_add(at((i + 1) << 20), 4096, &many[i]), 0);
	assert_int_equal(ranges_add(at(1 << 30), 4096, &two), -E2BIG);
	/* unmapped, not closed yet: the slot is still somebody's */
	ranges_drop(at(3 << 20), 4096);
	assert_int_equal(ranges_add(at(1 << 30), 4096, &two), -E2BIG);
	ranges_forget(&many[2]);
	assert_int_equal(ranges_add(at(1 << 30), 4096, &two), 0);
	assert_ptr_equal(ranges_find(at((1 << 30) + 1), &off), &two);
	/* closing one leaves another at the same address alone */
	ranges_forget(&many[2]);
	assert_ptr_equal(ranges_find(at((1 << 30) + 1), &off), &two);
	for (uintptr_t i = 0; i < RANGES_MAX; i++)
		ranges_forget(&many[i]);
	ranges_forget(&two);
	assert_false(ranges_any());
}

static atomic_bool is_in;
static atomic_bool may_leave;

static void
linger(struct chain *c)
{
	(void)c;
	atomic_store(&is_in, true);
	while (!atomic_load(&may_leave))
		sched_yield();
}

static void *
visit(void *arg)
{
	ranges_each(linger);
	return arg;
}

static void *
forget(void *arg)
{
	ranges_forget(&one);
	atomic_store(&is_in, false);
	return arg;
}

static void
forget__waits_for_those_who_wait(void **state)
{
	(void)state;
	pthread_t a;
	pthread_t b;
	assert_int_equal(ranges_add(at(0x100000), 0x1000, &one), 0);
	pthread_create(&a, NULL, visit, NULL);
	while (!atomic_load(&is_in))
		sched_yield();
	pthread_create(&b, NULL, forget, NULL);
	while (ranges_any())
		sched_yield();
	/* inactive for everybody else, and still there for the visitor */
	usleep(20000);
	assert_true(atomic_load(&is_in));
	atomic_store(&may_leave, true);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	assert_false(atomic_load(&is_in));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find__inside_only),
		cmocka_unit_test(add__is_bounded_and_slots_come_back),
		cmocka_unit_test(forget__waits_for_those_who_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
