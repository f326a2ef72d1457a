/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_primary.c -- the program's own stores, on a page cache (test_faults.c
 * has more)
 */
#include "replica/primary.h"

#include <libpmem.h>
#include <pthread.h>

#include "unit/pool/fixture.h"

static struct set files;
static struct pool *pool;
static struct primary p;

static int
setup(void **state)
{
	int rc = fixture_setup(state);
	struct pool_attr attr = attr_obj(0);
	(void)set_of(&files, 0, 2);
	if (rc == 0)
		rc = pool_create(&files.set, &attr, POOL_DURABLE_MEDIA, &pool);
	primary_init(&p, pool);
	return rc;
}

static int
teardown(void **state)
{
	primary_fini(&p);
	IGNORE(pool_close(pool));
	return fixture_teardown(state);
}

static void
flush__remembers_until_a_drain(void **state)
{
	(void)state;
	assert_false(p.is_pmem);
	assert_int_equal(primary_flags(&p, PMEM_F_MEM_NONTEMPORAL),
		PMEM_F_MEM_NONTEMPORAL | PMEM_F_MEM_NOFLUSH);
	pool->base[10000] = 1;
	primary_flush(&p, 10000, 1);
	primary_flush(&p, 5000, 8);
	primary_flush(&p, 3000000, 8); /* in the second part */
	primary_flush(&p, 6000, 0);
	assert_int_equal(p.dirty_from, 5000);
	assert_int_equal(p.dirty_to, 3000008);
	assert_int_equal(primary_drain(&p), 0);
	assert_int_equal(p.dirty_from, p.dirty_to);
	assert_int_equal(primary_drain(&p), 0);
	primary_flush(&p, 9000, 8);
	assert_int_equal(p.dirty_from, 9000);
	assert_int_equal(p.dirty_to, 9008);
	assert_int_equal(primary_deep(&p, 4096, 8), 0);
	assert_int_equal(primary_deep(&p, 4096, 0), 0);
	assert_int_equal(primary_sync(&p), 0);
	assert_int_equal(primary_error(&p), 0);
}

static void *
work(void *arg)
{
	uint64_t off = *(uint64_t *)arg;
	for (unsigned i = 0; i < 200; i++) {
		pool->base[off] = (uint8_t)i;
		primary_flush(&p, off, 1);
		if (primary_drain(&p) != 0)
			return arg;
	}
	return NULL;
}

static void
threads__may_flush_and_drain(void **state)
{
	(void)state;
	pthread_t t[4];
	uint64_t off[4] = {5000, 100000, 2500000, 3000000};
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, work, &off[i]), 0);
	for (unsigned i = 0; i < 4; i++) {
		void *failed = NULL;
		(void)pthread_join(t[i], &failed);
		assert_null(failed);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flush__remembers_until_a_drain),
		TEST(threads__may_flush_and_drain),
	};
	return FIXTURE_RUN(tests);
}
