/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_snapshot.c -- a line is copied as it really was, under a writer
 *
 * The writer raises the words of a line one after the other, for ever: in
 * each state of the line no word is above an earlier one, nor more than one
 * behind it.  One pass over the line sees other states; that this test would
 * notice is proved by a child process in which the second pass does not
 * count (librpmem/single-read).
 */
#include "base/snapshot.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"

#define WORDS 8
/* on two busy CPUs a single pass was torn after 1 thousand to 3 million copies;
 * this many take some seconds */
#define COPIES_MUTANT 400000000ul
#define COPIES 5000000ul

static _Alignas(64) atomic_ullong line[WORDS];
static atomic_bool stop;

static void *
write_on(void *arg)
{
	for (unsigned long long i = 1; !atomic_load(&stop); i++) {
		/* release: x86 stores are in order, others need telling */
		for (unsigned k = 0; k < WORDS; k++)
			atomic_store_explicit(
				&line[k], i, memory_order_release);
		/* the program has other things to do */
		for (unsigned k = 0; k < 64; k++)
			__asm__ volatile("" ::: "memory");
	}
	return arg;
}

static bool
was_never(const uint64_t copy[WORDS])
{
	for (unsigned k = 1; k < WORDS; k++)
		if (copy[k] > copy[k - 1])
			return true;
	return copy[WORDS - 1] + 1 < copy[0];
}

/* copies until one shows what never was; 0: none did */
static unsigned long
first_torn(unsigned long ncopies)
{
	pthread_t writer;
	uint64_t copy[WORDS];
	unsigned long torn = 0;
	if (pthread_create(&writer, NULL, write_on, NULL) != 0)
		abort();
	for (unsigned long i = 1; i <= ncopies && torn == 0; i++) {
		snapshot_lines(copy, (const void *)line, sizeof(copy));
		if (was_never(copy))
			torn = i;
	}
	atomic_store(&stop, true);
	(void)pthread_join(writer, NULL);
	atomic_store(&stop, false);
	return torn;
}

/* first of all tests: a process reads RPMEM_FAULTS once */
static void
lines__are_torn_by_a_single_pass(void **state)
{
	(void)state;
#if !defined(RPMEM_FAULTS_BUILT)
	skip();
#endif
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		(void)setenv("RPMEM_FAULTS", "librpmem/single-read", 1);
		_exit(first_torn(COPIES_MUTANT) != 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
lines__show_only_states_that_were(void **state)
{
	(void)state;
	assert_int_equal(first_torn(COPIES), 0);
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
		cmocka_unit_test(lines__are_torn_by_a_single_pass),
		cmocka_unit_test(lines__show_only_states_that_were),
		cmocka_unit_test(lines__copy_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
