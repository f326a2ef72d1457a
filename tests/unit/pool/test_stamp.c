/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_stamp.c -- a stamp changes when somebody writes to a part, and only then
 */
#include "pool/stamp.h"

#include <time.h>

#include "unit/pool/fixture.h"

static struct set the_set;
static struct pool *pool;

static void
make_pool(void)
{
	struct pool_attr a = attr_obj(2);
	assert_int_equal(pool_create(set_of(&the_set, 0, 2), &a,
				 POOL_DURABLE_MEDIA, &pool),
		0);
}

static uint64_t
seen(void)
{
	uint64_t open = stamp_of(pool);
	assert_true(open != 0);
	assert_true(open == stamp_look(&the_set.rep));
	return open;
}

/* the clock of a file's times has moved on */
static void
tick(void)
{
	struct timespec was;
	struct timespec is;
	assert_int_equal(clock_gettime(CLOCK_REALTIME_COARSE, &was), 0);
	do
		assert_int_equal(clock_gettime(CLOCK_REALTIME_COARSE, &is), 0);
	while (is.tv_sec == was.tv_sec && is.tv_nsec == was.tv_nsec);
}

static uint64_t
set(void)
{
	uint64_t stamp = 0;
	tick();
	assert_int_equal(stamp_set(pool, &stamp), 0);
	assert_true(stamp == seen());
	tick();
	return stamp;
}

static void
stamp__is_of_an_end_of_a_session(void **state)
{
	(void)state;
	make_pool();
	uint64_t first = set();
	/* nothing was stored in between: on tmpfs nothing else would tell */
	assert_true(set() != first);
	assert_int_equal(pool_close(pool), 0);
}

static void
stamp__changes_with_a_write(void **state)
{
	(void)state;
	make_pool();
	uint64_t stamp = set();
	assert_int_equal(pwrite(pool->parts[1].fd, "x", 1, PART - 1), 1);
	assert_true(seen() != stamp);
	stamp = set();
	assert_int_equal(ftruncate(pool->parts[1].fd, PART + POOL_PAGE), 0);
	assert_true(seen() != stamp);
	assert_int_equal(pool_close(pool), 0);
}

/* what a tool does that restores the time of a backup as well */
static void
stamp__changes_with_an_older_time(void **state)
{
	(void)state;
	struct stat st;
	make_pool();
	(void)set();
	assert_int_equal(fstat(pool->parts[0].fd, &st), 0);
	uint64_t stamp = set();
	struct timespec back[2] = {st.st_atim, st.st_mtim};
	assert_int_equal(futimens(pool->parts[0].fd, back), 0);
	assert_true(seen() != stamp);
	assert_int_equal(pool_close(pool), 0);
}

static void
stamp__stays_otherwise(void **state)
{
	(void)state;
	struct pool_attr a;
	char away[PATH_LEN + 80];
	uint8_t byte;
	make_pool();
	uint64_t stamp = set();
	assert_int_equal(pool_read(pool, POOL_PAGE, &byte, 1), 0);
	assert_int_equal(fchmod(pool->parts[0].fd, 0640), 0);
	assert_int_equal(pool_close(pool), 0);
	(void)snprintf(away, sizeof(away), "%s.away", the_set.paths[0]);
	assert_int_equal(rename(the_set.paths[0], away), 0);
	assert_int_equal(rename(away, the_set.paths[0]), 0);
	assert_int_equal(
		pool_open(&the_set.set, POOL_DURABLE_MEDIA, &a, &pool), 0);
	assert_true(seen() == stamp);
	assert_int_equal(pool_close(pool), 0);
}

static void
stamp__of_what_is_not_there(void **state)
{
	(void)state;
	make_pool();
	(void)set();
	assert_int_equal(unlink(the_set.paths[1]), 0);
	assert_true(stamp_look(&the_set.rep) == 0);
	assert_int_equal(pool_close(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(stamp__is_of_an_end_of_a_session),
		FIXTURE_TEST(stamp__changes_with_a_write),
		FIXTURE_TEST(stamp__changes_with_an_older_time),
		FIXTURE_TEST(stamp__stays_otherwise),
		FIXTURE_TEST(stamp__of_what_is_not_there),
	};
	return FIXTURE_RUN(tests);
}
