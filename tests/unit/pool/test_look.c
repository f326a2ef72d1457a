/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_look.c -- a sparse pool is looked at and stays sparse
 */
#include "pool/pool.h"

#include <fcntl.h>

#include <xxhash.h>

#include "unit/pool/fixture.h"

#define NPARTS 3u
#define BLOCK (64u * 1024)
#define NBLOCKS (NPARTS * PART / BLOCK)

static struct set the_set;
static struct pool *pool;

/* as a new pool, but for the room of its parts, which is given back */
static void
make_sparse(void)
{
	struct pool_attr a = attr_obj(2);
	assert_int_equal(pool_create(set_of(&the_set, 0, NPARTS), &a,
				 POOL_DURABLE_MEMORY, &pool),
		0);
	for (unsigned i = 0; i < NPARTS; i++)
		assert_int_equal(
			fallocate(pool->parts[i].fd,
				FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				POOL_PAGE, PART - POOL_PAGE),
			0);
}

static blkcnt_t
blocks(void)
{
	blkcnt_t sum = 0;
	for (unsigned i = 0; i < NPARTS; i++) {
		struct stat st;
		assert_int_equal(fstat(pool->parts[i].fd, &st), 0);
		sum += st.st_blocks;
	}
	return sum;
}

/* holes are right, and where there are files with holes they are left */
static void
check_digests(void)
{
	static uint8_t all[NPARTS * PART];
	uint64_t out[NBLOCKS];
	blkcnt_t before = blocks();
	assert_int_equal(pool_digest(pool, 0, pool->size, BLOCK, out), 0);
	assert_int_equal(pool_read(pool, 0, all, pool->size), 0);
	assert_int_equal(blocks(), before);
	for (uint64_t i = 0; i * BLOCK < pool->size; i++) {
		uint64_t n = pool->size - i * BLOCK;
		n = n < BLOCK ? n : BLOCK;
		assert_true(out[i] == XXH3_64bits(all + i * BLOCK, n));
	}
	assert_memory_equal(all, pool->base, pool->size);
}

static void
digests__leave_holes(void **state)
{
	(void)state;
	make_sparse();
	uint64_t off = PART - 100;
	uint8_t byte[200];
	memset(byte, 7, sizeof(byte));
	/* one page of a block, both sides of the border of two parts */
	assert_int_equal(pool_copy(pool, off, byte, sizeof(byte)), 0);
	assert_int_equal(pool_copy(pool, 20 * BLOCK + 5000, byte, 1), 0);
	check_digests();
	assert_int_equal(pool_close(pool), 0);
}

static void
digests__see_what_is_stored_behind_them(void **state)
{
	(void)state;
	uint64_t out[2];
	uint8_t byte = 9;
	uint64_t off = 4 * BLOCK + 100;
	make_sparse();
	assert_int_equal(
		pool_digest(pool, 4 * BLOCK, 2 * BLOCK, BLOCK, out), 0);
	assert_true(out[0] == out[1]);
	assert_int_equal(pool_copy(pool, off, &byte, 1), 0);
	assert_int_equal(
		pool_digest(pool, 4 * BLOCK, 2 * BLOCK, BLOCK, out), 0);
	assert_true(out[0] == XXH3_64bits(pool->base + 4 * BLOCK, BLOCK));
	assert_true(out[0] != out[1]);
	/* in a part with a header of its own the file's offsets are others */
	off = PART + PART / 2;
	assert_int_equal(pool_fill(pool, off, 5, 1), 0);
	assert_int_equal(pool_read(pool, off, &byte, 1), 0);
	assert_int_equal(byte, 5);
	assert_int_equal(pool_close(pool), 0);
}

static void
fills__holes_with_zeros_for_nothing(void **state)
{
	(void)state;
	make_sparse();
	blkcnt_t before = blocks();
	assert_int_equal(pool_fill(pool, 4 * BLOCK, 0, pool->size / 2), 0);
	assert_int_equal(blocks(), before);
	/* data among them become zeros */
	uint8_t byte = 9;
	assert_int_equal(pool_copy(pool, 9 * BLOCK + 70, &byte, 1), 0);
	assert_int_equal(pool_fill(pool, 4 * BLOCK, 0, pool->size / 2), 0);
	assert_int_equal(pool_read(pool, 9 * BLOCK + 70, &byte, 1), 0);
	assert_int_equal(byte, 0);
	assert_int_equal(pool->base[9 * BLOCK + 70], 0);
	assert_int_equal(pool_close(pool), 0);
}

static void
looks__at_a_file_cut_short(void **state)
{
	(void)state;
	uint64_t n = 0;
	uint64_t out[2];
	make_sparse();
	uint64_t last = pool->size - BLOCK;
	assert_int_equal(pool_digest(pool, last, BLOCK, BLOCK, out), 0);
	struct pool_part *p = &pool->parts[NPARTS - 1];
	assert_int_equal(ftruncate(p->fd, MIB), 0);
	/* to be read, which is what notices: test_guard.c */
	assert_false(
		holes_run(&p->holes, last - p->off + p->skip, POOL_PAGE, &n));
	assert_int_equal(ftruncate(p->fd, PART), 0);
	assert_int_equal(pool_close(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(digests__leave_holes),
		FIXTURE_TEST(digests__see_what_is_stored_behind_them),
		FIXTURE_TEST(fills__holes_with_zeros_for_nothing),
		FIXTURE_TEST(looks__at_a_file_cut_short),
	};
	return FIXTURE_RUN(tests);
}
