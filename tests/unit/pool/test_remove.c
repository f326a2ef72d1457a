/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_remove.c -- pool_remove: all, or none of a pool in use
 */
#include "unit/pool/fixture.h"

#include <sys/file.h>

static struct poolset *
make(struct set *s, unsigned nparts)
{
	struct pool *pool;
	struct pool_attr a = attr_obj(2);
	struct poolset *set = set_of(s, 0, nparts);
	assert_int_equal(pool_create(set, &a, POOL_DURABLE_MEDIA, &pool), 0);
	assert_int_equal(pool_close(pool), 0);
	return set;
}

static void
removes__all_parts(void **state)
{
	(void)state;
	struct set s;
	assert_int_equal(pool_remove(make(&s, 3), 0), 0);
	assert_int_equal(dir_count(), 0);
	/* and then there is nothing to remove */
	assert_int_equal(pool_remove(&s.set, 0), -ENOENT);
	assert_non_null(strstr(err_msg(), s.paths[0]));
	assert_int_equal(pool_remove(&s.set, POOL_REMOVE_F_FORCE), 0);
}

static void
removes__the_others_of_a_missing_one(void **state)
{
	(void)state;
	static const unsigned flags[] = {0, POOL_REMOVE_F_FORCE};
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		struct set s;
		struct poolset *set = make(&s, 3);
		assert_int_equal(unlink(s.paths[1]), 0);
		assert_int_equal(pool_remove(set, flags[i]),
			flags[i] == 0 ? -ENOENT : 0);
		if (flags[i] == 0)
			assert_non_null(strstr(err_msg(), s.paths[1]));
		assert_int_equal(dir_count(), 0);
	}
}

static void
removes__nothing_of_a_locked_pool(void **state)
{
	(void)state;
	struct set s;
	struct poolset *set = make(&s, 3);
	int fd = open(s.paths[2], O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(pool_remove(set, 0), -EBUSY);
	assert_non_null(strstr(err_msg(), s.paths[2]));
	assert_int_equal(pool_remove(set, POOL_REMOVE_F_FORCE), -EBUSY);
	/* not even when another part is missing */
	assert_int_equal(unlink(s.paths[0]), 0);
	assert_int_equal(pool_remove(set, POOL_REMOVE_F_FORCE), -EBUSY);
	assert_int_equal(dir_count(), 2);
	(void)close(fd);
	assert_int_equal(pool_remove(set, POOL_REMOVE_F_FORCE), 0);
	assert_int_equal(dir_count(), 0);
}

static void
removes__nothing_of_an_open_pool(void **state)
{
	(void)state;
	struct set s;
	struct pool *pool;
	struct pool_attr a;
	struct poolset *set = make(&s, 2);
	assert_int_equal(pool_open(set, POOL_DURABLE_MEDIA, &a, &pool), 0);
	assert_int_equal(pool_remove(set, POOL_REMOVE_F_FORCE), -EBUSY);
	assert_int_equal(dir_count(), 2);
	assert_int_equal(pool_close(pool), 0);
	assert_int_equal(pool_remove(set, 0), 0);
}

static void
leaves__what_is_no_part(void **state)
{
	(void)state;
	struct set s;
	struct poolset *set = make(&s, 3);
	assert_int_equal(unlink(s.paths[1]), 0);
	assert_int_equal(mkdir(s.paths[1], 0700), 0);
	assert_int_equal(pool_remove(set, POOL_REMOVE_F_FORCE), -EINVAL);
	assert_non_null(strstr(err_msg(), s.paths[1]));
	assert_int_equal(dir_count(), 1);
	s.parts[1].path = (char *)(uintptr_t) "/dev/null";
	assert_int_equal(pool_remove(set, POOL_REMOVE_F_FORCE), -EINVAL);
	assert_int_equal(access("/dev/null", F_OK), 0);
}

static void
removes__read_only_part(void **state)
{
	(void)state;
	struct set s;
	struct poolset *set = make(&s, 1);
	assert_int_equal(chmod(s.paths[0], 0400), 0);
	assert_int_equal(pool_remove(set, 0), 0);
	assert_int_equal(dir_count(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(removes__all_parts),
		FIXTURE_TEST(removes__the_others_of_a_missing_one),
		FIXTURE_TEST(removes__nothing_of_a_locked_pool),
		FIXTURE_TEST(removes__nothing_of_an_open_pool),
		FIXTURE_TEST(leaves__what_is_no_part),
		FIXTURE_TEST(removes__read_only_part),
	};
	return FIXTURE_RUN(tests);
}
