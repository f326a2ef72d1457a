/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_stream.c -- the ordered stream of version 1.4, against real targets
 *
 *   RPMEM_TEST_A, RPMEM_TEST_B   two targets that serve s1.set and s2.set
 */
#include <librpmem.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <xxhash.h>

#define SIZE (8UL * 1024 * 1024)
#define PAGE 4096UL
#define BLOCK 4096UL

struct pool {
	uint8_t *mem;
	RPMEMpool *a;
	RPMEMpool *b;
};

static struct rpmem_pool_attr attr = {.signature = "PMEMOBJ",
	.major = 6,
	.poolset_uuid = "poolset uuid 16",
	.uuid = "uuid of the copy",
	.next_uuid = "the primary's id",
	.prev_uuid = "the primary's id"};

/* shared memory with a header page like libpmemobj's */
static uint8_t *
make_memory(void)
{
	int fd = memfd_create("pool", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	uint8_t *mem =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(mem != MAP_FAILED);
	close(fd);
	memcpy(mem, "PMEMOBJ", 8);
	memcpy(mem + 24, attr.poolset_uuid, 16);
	memcpy(mem + 40, "the primary's id", 16);
	return mem;
}

static RPMEMpool *
open_one(const char *env, const char *set, uint8_t *mem, int create)
{
	RPMEMpool *p = rpmem_open_owner(
		getenv(env), set, mem, SIZE, create ? &attr : NULL);
	if (p == NULL)
		fail_msg("%s", rpmem_errormsg());
	return p;
}

static int
setup(void **state)
{
	struct pool *p = calloc(1, sizeof(*p));
	p->mem = make_memory();
	memset(p->mem + PAGE, 7, 100000);
	p->a = open_one("RPMEM_TEST_A", "s1.set", p->mem, 1);
	p->b = open_one("RPMEM_TEST_B", "s2.set", p->mem, 1);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct pool *p = *state;
	const char *sets[] = {"s1.set", "s2.set"};
	const char *env[] = {"RPMEM_TEST_A", "RPMEM_TEST_B"};
	int rc = rpmem_close(p->a) | rpmem_close(p->b);
	for (int i = 0; i < 2; i++)
		rc |= rpmem_remove(getenv(env[i]), sets[i], 0);
	munmap(p->mem, SIZE);
	free(p);
	return rc;
}

static void
assert_same(RPMEMpool *h, const uint8_t *mem)
{
	static uint64_t got[SIZE / BLOCK];
	assert_int_equal(rpmem_digest(h, PAGE, SIZE - PAGE, BLOCK, got), 0);
	for (size_t i = 0; i < (SIZE - PAGE) / BLOCK; i++)
		if (got[i] != XXH3_64bits(mem + PAGE + i * BLOCK, BLOCK))
			fail_msg("block %zu differs", i);
}

static struct rpmem_status
status_of(RPMEMpool *h)
{
	struct rpmem_status st;
	assert_int_equal(rpmem_status(h, &st, sizeof(st)), 0);
	return st;
}

static void
equalise__makes_the_copy_what_memory_is(void **state)
{
	struct pool *p = *state;
	assert_int_equal(status_of(p->a).is_equal, 0);
	assert_int_equal(rpmem_equalise(p->a), 0);
	assert_int_equal(status_of(p->a).is_equal, 1);
	assert_same(p->a, p->mem);
	/* what is zero on both sides did not travel */
	assert_true(status_of(p->a).bytes < 200000);
}

static void
append__waits_once_for_many_ranges(void **state)
{
	struct pool *p = *state;
	uint64_t seq = 0;
	assert_int_equal(rpmem_equalise(p->a), 0);
	struct rpmem_status before = status_of(p->a);
	for (size_t i = 0; i < 25; i++) {
		p->mem[PAGE + i * 500] = (uint8_t)(i + 1);
		assert_int_equal(
			rpmem_append(p->a, PAGE + i * 500, 8, &seq), 0);
		assert_int_equal(rpmem_barrier(p->a), 0);
	}
	assert_int_equal(rpmem_wait(p->a, seq, -1), 0);
	struct rpmem_status after = status_of(p->a);
	assert_int_equal(after.waits - before.waits, 1);
	assert_int_equal(after.frames - before.frames, 1);
	/* a range and a barrier each */
	assert_int_equal(after.records - before.records, 50);
	assert_true(after.acked_seq >= seq);
	assert_same(p->a, p->mem);
	/* all acked: nothing to wait for, nothing to order */
	assert_int_equal(rpmem_wait(p->a, RPMEM_ALL, -1), 0);
	assert_int_equal(rpmem_barrier(p->a), 0);
	assert_int_equal(status_of(p->a).waits, after.waits);
	assert_int_equal(status_of(p->a).appended_seq, after.appended_seq);
}

static void
append__takes_whole_lines(void **state)
{
	struct pool *p = *state;
	p->mem[PAGE + 64] = 9;	/* not named */
	p->mem[PAGE + 100] = 8; /* same line */
	assert_int_equal(rpmem_equalise(p->a), 0);
	p->mem[PAGE + 65] = 5;
	assert_int_equal(rpmem_append(p->a, PAGE + 100, 1, NULL), 0);
	assert_int_equal(rpmem_wait(p->a, RPMEM_ALL, -1), 0);
	assert_same(p->a, p->mem);
}

static void
fill__is_small_and_true(void **state)
{
	struct pool *p = *state;
	uint64_t seq = 0;
	assert_int_equal(rpmem_equalise(p->a), 0);
	memset(p->mem + 2 * PAGE + 10, 0x5a, 3000000);
	/* a store after the memset, and a short line at both ends */
	p->mem[1000000] = 1;
	struct rpmem_status before = status_of(p->a);
	assert_int_equal(
		rpmem_fill(p->a, 2 * PAGE + 10, 3000000, 0x5a, &seq), 0);
	assert_int_equal(rpmem_wait(p->a, seq, -1), 0);
	assert_same(p->a, p->mem);
	assert_int_equal(status_of(p->a).bytes - before.bytes, 3 * 64);
	/* nothing of it is there */
	memset(p->mem + PAGE, 3, 256);
	assert_int_equal(rpmem_fill(p->a, PAGE, 256, 4, &seq), 0);
	assert_int_equal(rpmem_wait(p->a, seq, -1), 0);
	assert_same(p->a, p->mem);
	assert_int_equal(rpmem_fill(p->a, PAGE, 0, 4, NULL), 0);
}

static void
two__number_from_one_counter_and_wait_in_parallel(void **state)
{
	struct pool *p = *state;
	uint64_t sa = 0;
	uint64_t sb = 0;
	assert_int_equal(rpmem_equalise(p->a), 0);
	assert_int_equal(rpmem_equalise(p->b), 0);
	uint64_t last = 0;
	for (int i = 0; i < 100; i++) {
		p->mem[PAGE + (size_t)i] = (uint8_t)i;
		assert_int_equal(
			rpmem_append(p->a, PAGE + (size_t)i, 1, &sa), 0);
		assert_int_equal(
			rpmem_append(p->b, PAGE + (size_t)i, 1, &sb), 0);
		assert_true(sa > last && sb > sa);
		last = sb;
	}
	uint64_t wa = status_of(p->a).waits;
	uint64_t wb = status_of(p->b).waits;
	assert_int_equal(rpmem_submit(p->a), 0);
	assert_int_equal(rpmem_submit(p->b), 0);
	assert_int_equal(rpmem_wait(p->a, sa, -1), 0);
	assert_int_equal(rpmem_wait(p->b, sb, -1), 0);
	assert_true(status_of(p->a).waits - wa <= 1);
	assert_true(status_of(p->b).waits - wb <= 1);
	assert_same(p->a, p->mem);
	assert_same(p->b, p->mem);
}

static void
deep__and_limits_of_waiting(void **state)
{
	struct pool *p = *state;
	uint64_t seq = 0;
	assert_int_equal(rpmem_append(p->a, PAGE, 64, NULL), 0);
	assert_int_equal(rpmem_deep(p->a, PAGE, 64, &seq), 0);
	assert_int_equal(rpmem_wait(p->a, seq, 60000), 0);
	assert_int_equal(rpmem_append(p->a, PAGE, 64, &seq), 0);
	/* no time at all: not yet, and no harm done */
	errno = 0;
	assert_int_equal(rpmem_wait(p->a, seq, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(rpmem_wait(p->a, seq, -1), 0);
	assert_int_equal(rpmem_wait(p->a, seq + 1000, -1), -1);
	assert_int_equal(errno, EINVAL);
}

static void
bad__arguments(void **state)
{
	struct pool *p = *state;
	uint64_t one;
	struct rpmem_status st;
	assert_int_equal(rpmem_append(p->a, 0, 8, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(rpmem_append(p->a, SIZE - 4, 8, NULL), -1);
	assert_int_equal(rpmem_fill(p->a, SIZE, 8, 0, NULL), -1);
	assert_int_equal(rpmem_deep(p->a, 100, 8, NULL), -1);
	assert_int_equal(rpmem_digest(p->a, PAGE, PAGE, 1000, &one), -1);
	assert_int_equal(rpmem_digest(p->a, PAGE, PAGE, PAGE, NULL), -1);
	assert_int_equal(rpmem_append(NULL, PAGE, 8, NULL), -1);
	assert_int_equal(rpmem_barrier(NULL), -1);
	assert_int_equal(rpmem_submit(NULL), -1);
	assert_int_equal(rpmem_wait(NULL, 0, -1), -1);
	assert_int_equal(rpmem_equalise(NULL), -1);
	assert_int_equal(rpmem_status(p->a, NULL, 100), -1);
	assert_int_equal(errno, EINVAL);
	memset(&st, 0xee, sizeof(st));
	assert_int_equal(rpmem_status(p->a, &st, 16), 0);
	assert_int_equal(st.size, sizeof(st));
	assert_int_equal(st.records, 0xeeeeeeeeeeeeeeee);
	/* none of it hurt the handle */
	assert_int_equal(rpmem_append(p->a, PAGE, 8, NULL), 0);
	assert_int_equal(rpmem_wait(p->a, RPMEM_ALL, -1), 0);

	/* private memory cannot be anybody's primary */
	void *mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_null(rpmem_open_owner(
		getenv("RPMEM_TEST_A"), "s1.set", mem, SIZE, &attr));
	assert_int_equal(errno, EINVAL);
	munmap(mem, SIZE);
}

struct worker {
	struct pool *pool;
	size_t off;
};

static void *
work(void *arg)
{
	struct worker *w = arg;
	for (int i = 0; i < 200; i++) {
		uint64_t seq = 0;
		memset(w->pool->mem + w->off, i, 300);
		if (rpmem_append(w->pool->a, w->off, 300, &seq) != 0 ||
			rpmem_barrier(w->pool->a) != 0 ||
			rpmem_wait(w->pool->a, seq, -1) != 0)
			return w;
	}
	return NULL;
}

static void
threads__share_the_stream(void **state)
{
	struct pool *p = *state;
	pthread_t t[4];
	struct worker w[4];
	void *failed = NULL;
	assert_int_equal(rpmem_equalise(p->a), 0);
	for (size_t i = 0; i < 4; i++) {
		w[i] = (struct worker){p, PAGE + i * 320};
		pthread_create(&t[i], NULL, work, &w[i]);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(t[i], &failed);
		assert_null(failed);
	}
	assert_same(p->a, p->mem);
}

static void
again__an_open_finds_what_was_missed(void **state)
{
	struct pool *p = *state;
	assert_int_equal(rpmem_equalise(p->a), 0);
	uint64_t last = status_of(p->a).appended_seq;
	assert_int_equal(rpmem_close(p->a), 0);
	memset(p->mem + 5 * PAGE, 0x77, PAGE);
	p->a = open_one("RPMEM_TEST_A", "s1.set", p->mem, 0);
	assert_true(status_of(p->a).appended_seq >= last);
	assert_int_equal(rpmem_append(p->a, PAGE, 8, NULL), 0);
	assert_int_equal(rpmem_wait(p->a, RPMEM_ALL, -1), 0);
	assert_same(p->a, p->mem);
}

/* a target whose disk is stuck once: there is no way back, or a later record
 * would stand behind a hole */
static int
stuck(void)
{
	uint64_t seq = 0;
	uint8_t *mem = make_memory();
	RPMEMpool *p = open_one("RPMEM_TEST_A", "s1.set", mem, 1);
	assert_int_equal(rpmem_equalise(p), 0);
	mem[PAGE] = 1;
	assert_int_equal(rpmem_append(p, PAGE, 8, &seq), 0);
	assert_int_equal(rpmem_wait(p, seq, -1), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(status_of(p).error, ETIMEDOUT);
	assert_int_equal(rpmem_append(p, PAGE, 8, &seq), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(rpmem_barrier(p), -1);
	assert_int_equal(rpmem_close(p), -1);
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "stuck") == 0)
		return stuck();
	const struct CMUnitTest tests[] = {
		TEST(equalise__makes_the_copy_what_memory_is),
		TEST(append__waits_once_for_many_ranges),
		TEST(append__takes_whole_lines),
		TEST(fill__is_small_and_true),
		TEST(two__number_from_one_counter_and_wait_in_parallel),
		TEST(deep__and_limits_of_waiting),
		TEST(bad__arguments),
		TEST(threads__share_the_stream),
		TEST(again__an_open_finds_what_was_missed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
