/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_alias.c -- a second mapping outlives the first, and never raises a
 * signal
 */
#include "librpmem/alias.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"

#define PART (256u * 1024)

static int fds[2];

/* two files, one behind the other, as the parts of a pool */
static uint8_t *
map_parts(void)
{
	uint8_t *base = mmap(
		NULL, 2 * PART, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(base, MAP_FAILED);
	for (int i = 0; i < 2; i++) {
		fds[i] = memfd_create("part", MFD_CLOEXEC);
		assert_true(fds[i] >= 0);
		assert_int_equal(ftruncate(fds[i], PART), 0);
		assert_ptr_not_equal(mmap(base + (size_t)i * PART, PART,
					     PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_FIXED, fds[i], 0),
			MAP_FAILED);
	}
	return base;
}

static void
drop(void)
{
	for (int i = 0; i < 2; i++)
		assert_int_equal(close(fds[i]), 0);
}

static void
read__after_the_program_has_unmapped(void **state)
{
	(void)state;
	struct alias a;
	uint8_t got[3 * 64];
	uint8_t *base = map_parts();
	alias_init(&a);
	memset(base + PART - 64, 0x11, 64);
	memset(base + PART, 0x22, 128);
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), 0);
	assert_int_equal(a.npieces, 2);
	/* what is stored later is seen, too; across the border of the parts */
	base[PART + 64] = 0x33;
	assert_int_equal(munmap(base, 2 * PART), 0);
	assert_int_equal(alias_read(&a, PART - 64, got, sizeof(got)), 0);
	assert_int_equal(got[0], 0x11);
	assert_int_equal(got[64], 0x22);
	assert_int_equal(got[128], 0x33);
	assert_int_equal(got[129], 0x22);
	/* past the end */
	assert_int_equal(alias_read(&a, 2 * PART - 64, got, 128), -EFAULT);
	/* a file that is cut short is an error, not a signal */
	assert_int_equal(ftruncate(fds[1], 4096), 0);
	assert_int_equal(alias_read(&a, PART, got, 64), 0);
	assert_int_equal(alias_read(&a, PART + 8192, got, 64), -EFAULT);
	alias_fini(&a);
	drop();
}

static void
add__wants_shared_memory(void **state)
{
	(void)state;
	struct alias a;
	uint8_t *base = map_parts();
	alias_init(&a);
	uint8_t *own = mmap(NULL, PART, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(alias_add(&a, own, 0, PART), -EINVAL);
	/* no hole, which the first piece of the alias would fill */
	assert_ptr_not_equal(
		mmap(base + PART, PART, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		MAP_FAILED);
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), -EINVAL);
	alias_fini(&a);
	assert_int_equal(munmap(own, PART), 0);
	assert_int_equal(munmap(base, 2 * PART), 0);
	drop();
}

struct writer {
	volatile uint64_t *line;
	atomic_bool stop;
};

/* word 7 is stored first: it is never behind word 0 */
NO_TSAN static void *
write_line(void *arg)
{
	struct writer *w = arg;
	for (uint64_t n = 1; !atomic_load(&w->stop); n++) {
		w->line[7] = n;
		atomic_signal_fence(memory_order_seq_cst);
		w->line[0] = n;
	}
	return NULL;
}

static void
read__a_line_as_it_was(void **state)
{
	(void)state;
	struct alias a;
	uint64_t got[8];
	pthread_t t;
	uint8_t *base = map_parts();
	alias_init(&a);
	struct writer w = {.line = (uint64_t *)(void *)(base + 4096)};
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), 0);
	assert_int_equal(pthread_create(&t, NULL, write_line, &w), 0);
	for (int i = 0; i < 20000; i++) {
		int rc = alias_read(&a, 4096, got, 64);
		assert_true(rc == 0 || rc == -EAGAIN);
		if (rc != 0)
			continue;
		assert_true(got[7] >= got[0] && got[7] - got[0] <= 1);
	}
	atomic_store(&w.stop, true);
	assert_int_equal(pthread_join(t, NULL), 0);
	alias_fini(&a);
	assert_int_equal(munmap(base, 2 * PART), 0);
	drop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__after_the_program_has_unmapped),
		cmocka_unit_test(add__wants_shared_memory),
		cmocka_unit_test(read__a_line_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
