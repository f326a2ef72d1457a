/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_ranges.c -- which addresses belong to a replicated pool
 */
#include "replica/ranges.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
}

static void
add__is_bounded_and_slots_come_back(void **state)
{
	(void)state;
	uint64_t off = 0;
	for (uintptr_t i = 0; i < RANGES_MAX; i++)
		assert_int_equal(ranges_add(at((i + 1) << 20), 4096, &one), 0);
	assert_int_equal(ranges_add(at(1 << 30), 4096, &two), -E2BIG);
	ranges_drop(at(3 << 20), 4096);
	assert_int_equal(ranges_add(at(1 << 30), 4096, &two), 0);
	assert_ptr_equal(ranges_find(at((1 << 30) + 1), &off), &two);
	ranges_drop(at(0), UINTPTR_MAX);
	assert_false(ranges_any());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find__inside_only),
		cmocka_unit_test(add__is_bounded_and_slots_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
