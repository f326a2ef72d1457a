/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_sequencer.c -- numbers of the records of a pool
 */
#include "librpmem/sequencer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t one[UUID16_LEN] = {1};
static const uint8_t two[UUID16_LEN] = {2};
static int here;
static int there;

static void
join__shares_by_address_and_pool(void **state)
{
	(void)state;
	struct sequencer *a = sequencer_join(&here, one, 10);
	struct sequencer *b = sequencer_join(&here, one, 500);
	struct sequencer *c = sequencer_join(&there, one, 0);
	struct sequencer *d = sequencer_join(&here, two, 0);
	struct sequencer *e = sequencer_join(NULL, one, 7);
	struct sequencer *f = sequencer_join(NULL, one, 7);
	assert_ptr_equal(a, b);
	assert_true(a != c && a != d && c != d && e != f);
	/* above everything that any of its users has seen */
	assert_int_equal(sequencer_next(a), 501);
	assert_int_equal(sequencer_next(b), 502);
	assert_int_equal(sequencer_next(c), 1);
	assert_int_equal(sequencer_next(e), 8);
	assert_int_equal(sequencer_next(f), 8);
	sequencer_leave(a);
	assert_int_equal(sequencer_next(b), 503);
	/* a late one with little behind it takes nothing back */
	a = sequencer_join(&here, one, 3);
	assert_int_equal(sequencer_next(a), 504);
	sequencer_leave(a);
	sequencer_leave(b);
	sequencer_leave(c);
	sequencer_leave(d);
	sequencer_leave(e);
	sequencer_leave(f);
	sequencer_leave(NULL);
	/* nobody uses it: it begins anew */
	a = sequencer_join(&here, one, 0);
	assert_int_equal(sequencer_next(a), 1);
	sequencer_leave(a);
}

#define EACH 100000

static void *
take(void *arg)
{
	uint64_t last = 0;
	for (int i = 0; i < EACH; i++) {
		uint64_t n = sequencer_next(arg);
		if (n <= last)
			return arg;
		last = n;
	}
	return NULL;
}

static void
next__is_never_given_twice(void **state)
{
	(void)state;
	struct sequencer *s = sequencer_join(&here, one, 0);
	pthread_t t[3];
	void *bad = NULL;
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, take, s);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &bad);
		assert_null(bad);
	}
	assert_int_equal(sequencer_next(s), 3 * EACH + 1);
	sequencer_leave(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(join__shares_by_address_and_pool),
		cmocka_unit_test(next__is_never_given_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
