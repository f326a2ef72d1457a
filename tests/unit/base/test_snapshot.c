/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_snapshot.c -- a line is copied as it really was, under a writer
 *
 * The writer raises w0, then w1, for ever: no state of the line has w1 above
 * w0 or more than one behind it.  A plain copy shows such states.
 */
#include "base/snapshot.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

static _Alignas(64) atomic_ullong line[8];
static atomic_bool stop;

static void *
write_on(void *arg)
{
	for (unsigned long long i = 1; !atomic_load(&stop); i++) {
		/* release: x86 stores are in order, others need telling */
		atomic_store_explicit(&line[0], i, memory_order_release);
		atomic_store_explicit(&line[7], i, memory_order_release);
		/* the program has other things to do */
		for (unsigned k = 0; k < 64; k++)
			__asm__ volatile("" ::: "memory");
	}
	return arg;
}

static void
lines__show_only_states_that_were(void **state)
{
	(void)state;
	pthread_t writer;
	uint64_t copy[8];
	pthread_create(&writer, NULL, write_on, NULL);
	for (unsigned i = 0; i < 300000; i++) {
		snapshot_lines(copy, (const void *)line, sizeof(copy));
		/* w7 follows w0: equal, or one behind */
		assert_true(copy[7] == copy[0] || copy[7] + 1 == copy[0]);
	}
	atomic_store(&stop, true);
	pthread_join(writer, NULL);
}

static void
lines__copy_every_length(void **state)
{
	(void)state;
	_Alignas(64) uint8_t from[512];
	uint8_t to[520];
	for (unsigned i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i * 3 + 1);
	for (uint64_t len = 0; len <= sizeof(from); len += 8) {
		memset(to, 0xee, sizeof(to));
		snapshot_lines(to, from, len);
		assert_memory_equal(to, from, len);
		assert_int_equal(to[len], 0xee);
		memset(to, 0xee, sizeof(to));
		snapshot_bytes(to + 3, from + 1, len / 2);
		assert_memory_equal(to + 3, from + 1, len / 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines__show_only_states_that_were),
		cmocka_unit_test(lines__copy_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
