/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_dirset.c -- sets of directories, and pools that grow in them
 */
#include "unit/pool/fixture.h"

#include "pool/dirset.h"
#include "pool/grow.h"

static char dirs[2][PATH_LEN + 16];

/* a set of one or two directories in the test's own, of 8 MiB each */
static struct poolset *
dir_set(unsigned ndirs, unsigned options)
{
	char text[4 * PATH_LEN];
	struct poolset *set = NULL;
	int n = snprintf(text, sizeof(text), "PMEMPOOLSET\n%s",
		options & POOLSET_F_SINGLEHDR ? "OPTION SINGLEHDR\n" : "");
	for (unsigned i = 0; i < ndirs; i++) {
		(void)snprintf(
			dirs[i], sizeof(dirs[i]), "%s/d%u", fixture_dir, i);
		(void)mkdir(dirs[i], 0700);
		n += snprintf(
			text + n, sizeof(text) - (size_t)n, "8M %s\n", dirs[i]);
	}
	assert_int_equal(poolset_parse(text, (size_t)n, "test", &set), 0);
	return set;
}

static void
touch(const char *dir, const char *name)
{
	char path[2 * PATH_LEN];
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, PART), 0);
	assert_int_equal(close(fd), 0);
}

static void
resolve__finds_parts_in_order(void **state)
{
	(void)state;
	struct poolset *set = dir_set(2, POOLSET_F_SINGLEHDR);
	const struct poolset_replica *rep = &set->replicas[0];
	touch(dirs[1], "000001.pmem");
	touch(dirs[0], "000002.pmem");
	touch(dirs[0], "000000.pmem");
	touch(dirs[0], "000003.pmem.rpmem-new");
	touch(dirs[0], "3.pmem");
	touch(dirs[0], "00000x.pmem");
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(rep->nparts, 3);
	assert_int_equal(rep->ndirs, 2);
	assert_int_equal(rep->reserved, 16 * MIB);
	assert_int_equal(dirset_check(rep), 0);
	for (unsigned i = 0; i < 3; i++) {
		char *want = dirset_path(rep->dirs, rep->ndirs, i);
		assert_string_equal(rep->parts[i].path, want);
		assert_int_equal(rep->parts[i].size, PART);
		free(want);
	}
	/* again, after a change */
	assert_int_equal(unlink(rep->parts[1].path), 0);
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(rep->nparts, 2);
	assert_int_equal(dirset_check(rep), -EBADMSG);
	assert_non_null(strstr(err_msg(), "000001.pmem' is missing"));
	poolset_free(set);
}

static void
resolve__leaves_files_alone_and_refuses_a_mixture(void **state)
{
	struct set s;
	(void)state;
	struct poolset *set = set_of(&s, 0, 2);
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(set->replicas[0].ndirs, 0);
	assert_int_equal(dirset_check(&set->replicas[0]), 0);
	assert_int_equal(mkdir(s.paths[1], 0700), 0);
	assert_int_equal(dirset_resolve(set), -EINVAL);
	assert_non_null(strstr(err_msg(), "directories and files"));
}

static void
begin__only_where_nothing_is(void **state)
{
	(void)state;
	struct poolset *set = dir_set(1, POOLSET_F_SINGLEHDR);
	struct poolset_replica *rep = &set->replicas[0];
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(dirset_check(rep), -ENOENT);
	assert_int_equal(dirset_begin(rep, 2 * PART), 0);
	assert_int_equal(rep->nparts, 1);
	assert_int_equal(rep->parts[0].size, 2 * PART);
	touch(dirs[0], "000005.pmem");
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(dirset_begin(rep, PART), -EEXIST);
	poolset_free(set);
}

static struct pool *
create_one(struct poolset *set)
{
	struct pool *pool = NULL;
	struct pool_attr a = attr_obj(3);
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(dirset_begin(&set->replicas[0], PART), 0);
	assert_int_equal(pool_create(set, &a, POOL_DURABLE_MEDIA, &pool), 0);
	return pool;
}

static void
grow__adds_parts_of_zeros(void **state)
{
	(void)state;
	struct pool_attr a;
	struct poolset *set = dir_set(2, POOLSET_F_SINGLEHDR);
	struct pool *pool = create_one(set);
	uint8_t *base = pool->base;
	uint8_t bytes[64] = {1, 2, 3};
	uint8_t zero[64] = {0};
	assert_int_equal(pool->size, PART);
	assert_int_equal(pool_limit(pool), 16 * MIB);
	assert_int_equal(pool_grow(pool, PART), 0);
	assert_int_equal(pool->nparts, 1);
	/* what an attempt that was cut off has left is no obstacle */
	touch(dirs[1], "000001.pmem.rpmem-new");
	assert_int_equal(pool_grow(pool, 3 * PART), 0);
	assert_int_equal(pool->size, 3 * PART);
	/* a part has at least 2 MiB */
	assert_int_equal(pool_grow(pool, 3 * PART + 4096), 0);
	assert_int_equal(pool->size, 4 * PART);
	assert_ptr_equal(pool->base, base);
	assert_memory_equal(base + 4 * PART - 64, zero, 64);
	/* across the border of two parts */
	assert_int_equal(pool_copy(pool, 3 * PART - 32, bytes, 64), 0);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(pool_close(pool), 0);

	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(set->replicas[0].nparts, 3);
	assert_int_equal(dir_count(), 2);
	assert_int_equal(pool_open(set, POOL_DURABLE_MEDIA, &a, &pool), 0);
	assert_int_equal(pool->size, 4 * PART);
	assert_memory_equal(pool->base + 3 * PART - 32, bytes, 64);
	assert_int_equal(pool_grow(pool, 5 * PART), 0);
	assert_int_equal(pool_close(pool), 0);
	poolset_free(set);
}

static void
grow__refuses_what_the_set_does_not_allow(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a = attr_obj(3);
	struct pool *pool;
	struct poolset *set = dir_set(1, POOLSET_F_SINGLEHDR);
	pool = create_one(set);
	assert_int_equal(pool_grow(pool, 8 * MIB + 4096), -EFBIG);
	assert_non_null(strstr(err_msg(), "its set says at most 8388608"));
	assert_int_equal(pool_grow(pool, 8 * MIB), 0);
	/* a file that is in the way */
	assert_int_equal(pool_close(pool), 0);
	poolset_free(set);

	set = set_of(&s, POOLSET_F_SINGLEHDR, 1);
	assert_int_equal(pool_create(set, &a, POOL_DURABLE_MEDIA, &pool), 0);
	assert_int_equal(pool_limit(pool), PART);
	assert_int_equal(pool_grow(pool, 2 * PART), -EFBIG);
	assert_non_null(strstr(err_msg(), "name a directory"));
	assert_int_equal(pool_close(pool), 0);
}

static void
grow__never_takes_a_file_that_is_there(void **state)
{
	(void)state;
	struct poolset *set = dir_set(1, POOLSET_F_SINGLEHDR);
	struct pool *pool = create_one(set);
	touch(dirs[0], "000001.pmem");
	assert_int_equal(pool_grow(pool, 2 * PART), -EEXIST);
	assert_int_equal(pool->size, PART);
	assert_int_equal(pool->nparts, 1);
	assert_int_equal(pool_close(pool), 0);
	/* and leaves nothing under its other name */
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(set->replicas[0].nparts, 2);
	assert_int_equal(unlink(set->replicas[0].parts[0].path), 0);
	assert_int_equal(unlink(set->replicas[0].parts[1].path), 0);
	assert_int_equal(rmdir(dirs[0]), 0);
	poolset_free(set);
}

static void
open__needs_every_part_and_one_header(void **state)
{
	(void)state;
	struct pool_attr a;
	struct pool *pool = NULL;
	struct poolset *set = dir_set(1, 0);
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(dirset_begin(&set->replicas[0], PART), 0);
	a = attr_obj(2);
	assert_int_equal(
		pool_create(set, &a, POOL_DURABLE_MEDIA, &pool), -EINVAL);
	assert_non_null(strstr(err_msg(), "needs OPTION SINGLEHDR"));
	poolset_free(set);
	set = dir_set(1, POOLSET_F_SINGLEHDR);
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(
		pool_open(set, POOL_DURABLE_MEDIA, &a, &pool), -ENOENT);
	poolset_free(set);
}

static void
remove__takes_all_parts_and_what_was_not_finished(void **state)
{
	(void)state;
	struct poolset *set = dir_set(2, POOLSET_F_SINGLEHDR);
	struct pool *pool = create_one(set);
	assert_int_equal(pool_grow(pool, 2 * PART), 0);
	assert_int_equal(pool_close(pool), 0);
	touch(dirs[0], "000002.pmem.rpmem-new");
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(pool_remove(set, 0), 0);
	assert_int_equal(rmdir(dirs[0]), 0);
	assert_int_equal(rmdir(dirs[1]), 0);
	assert_int_equal(mkdir(dirs[0], 0700), 0);
	assert_int_equal(mkdir(dirs[1], 0700), 0);
	assert_int_equal(dirset_resolve(set), 0);
	assert_int_equal(pool_remove(set, 0), -ENOENT);
	assert_int_equal(pool_remove(set, POOL_REMOVE_F_FORCE), 0);
	poolset_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(resolve__finds_parts_in_order),
		FIXTURE_TEST(resolve__leaves_files_alone_and_refuses_a_mixture),
		FIXTURE_TEST(begin__only_where_nothing_is),
		FIXTURE_TEST(grow__adds_parts_of_zeros),
		FIXTURE_TEST(grow__refuses_what_the_set_does_not_allow),
		FIXTURE_TEST(grow__never_takes_a_file_that_is_there),
		FIXTURE_TEST(open__needs_every_part_and_one_header),
		FIXTURE_TEST(remove__takes_all_parts_and_what_was_not_finished),
	};
	return fixture_run("pool/dirset", tests, ARRAY_LEN(tests));
}
