/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_io.c -- copy, fill, read, digest, and which system calls make durable
 *
 * msync and libpmem's copies are wrapped: the tests see every call, and pmem
 * can be played by setting a part's class.
 */
#include "unit/pool/fixture.h"

#include <libpmem.h>
#include <sys/mman.h>
#include <xxhash.h>

#include "pool/rewrite.h"

int __wrap_msync(void *addr, size_t len, int flags);
int __real_msync(void *addr, size_t len, int flags);
void *__wrap_pmem_memcpy(void *to, const void *from, size_t len, unsigned f);
void *__real_pmem_memcpy(void *to, const void *from, size_t len, unsigned f);
void *__wrap_pmem_memset(void *to, int byte, size_t len, unsigned f);
void *__real_pmem_memset(void *to, int byte, size_t len, unsigned f);

static struct {
	unsigned n;
	uintptr_t addr; /* of the last call */
	size_t len;
	int fail_with; /* errno of the next call */
} syncs;

static struct {
	unsigned n;
	unsigned flags;
} stores;

int
__wrap_msync(void *addr, size_t len, int flags)
{
	syncs.n++;
	syncs.addr = (uintptr_t)addr;
	syncs.len = len;
	assert_int_equal(flags, MS_SYNC);
	assert_int_equal((uintptr_t)addr % POOL_PAGE, 0);
	assert_int_equal(len % POOL_PAGE, 0);
	if (syncs.fail_with != 0) {
		errno = syncs.fail_with;
		syncs.fail_with = 0;
		return -1;
	}
	return __real_msync(addr, len, flags);
}

void *
__wrap_pmem_memcpy(void *to, const void *from, size_t len, unsigned f)
{
	stores.n++;
	stores.flags = f;
	return __real_pmem_memcpy(to, from, len, f);
}

void *
__wrap_pmem_memset(void *to, int byte, size_t len, unsigned f)
{
	stores.n++;
	stores.flags = f;
	return __real_pmem_memset(to, byte, len, f);
}

static struct set the_set;
static struct pool *pool;

static void
make(unsigned nparts, enum pool_durability durability)
{
	struct pool_attr a = attr_obj(2);
	assert_int_equal(
		pool_create(set_of(&the_set, 0, nparts), &a, durability, &pool),
		0);
	memset(&syncs, 0, sizeof(syncs));
	memset(&stores, 0, sizeof(stores));
}

static void
unmake(void)
{
	assert_int_equal(pool_close(pool), 0);
	assert_int_equal(pool_remove(&the_set.set, 0), 0);
}

static void
copies__across_parts(void **state)
{
	(void)state;
	make(3, POOL_DURABLE_MEDIA);
	uint64_t off = PART - 100;
	uint64_t len = PART + 300; /* ends in the third part */
	uint8_t *src = malloc(len);
	uint8_t *dst = malloc(len);
	assert_true(src != NULL && dst != NULL);
	for (uint64_t i = 0; i < len; i++)
		src[i] = (uint8_t)(i * 31 + 7);
	assert_int_equal(pool_copy(pool, off, src, len), 0);
	assert_int_equal(pool_read(pool, off, dst, len), 0);
	assert_memory_equal(src, dst, len);
	assert_memory_equal(pool->base + off, src, len);
	/* neither more nor less */
	assert_int_equal(pool->base[off - 1], 0);
	assert_int_equal(pool->base[off + len], 0);

	assert_int_equal(pool_fill(pool, off + 50, 0xee, len - 100), 0);
	assert_memory_equal(pool->base + off, src, 50);
	assert_memory_equal(pool->base + off + len - 50, src + len - 50, 50);
	assert_int_equal(pool->base[off + 50], 0xee);
	assert_int_equal(pool->base[off + len - 51], 0xee);
	free(src);
	free(dst);
	unmake();
}

/* bytes [off, off + len) of the second part, as its file has them */
static void
file_holds(const uint8_t *want, uint64_t off, uint64_t len)
{
	uint8_t *got = malloc(len);
	int fd = open(the_set.paths[1], O_RDONLY);
	assert_non_null(got);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, got, len,
				 (off_t)(off - pool->parts[1].off + POOL_PAGE)),
		(ssize_t)len);
	assert_memory_equal(got, want, len);
	(void)close(fd);
	free(got);
}

static void
copies__large_ranges_by_file_and_mapping(void **state)
{
	(void)state;
	static uint8_t src[3][128 * 1024];
	const uint64_t off = PART + 12345;
	make(2, POOL_DURABLE_MEDIA);
	for (unsigned i = 0; i < 3; i++)
		memset(src[i], (int)i + 1, sizeof(src[i]));
	/* a small one, then pages that nobody has touched, all of the same
	 * again, and below */
	assert_int_equal(pool_copy(pool, off, src[0], 100), 0);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = off + (i == 2 ? 0 : 50);
		assert_int_equal(
			pool_copy(pool, at, src[i], sizeof(src[i])), 0);
		assert_memory_equal(pool->base + at, src[i], sizeof(src[i]));
		file_holds(src[i], at, sizeof(src[i]));
		assert_int_equal(
			pool->base[at + sizeof(src[i])], i == 2 ? 2 : 0);
		assert_true(pool_dirty(pool) >= sizeof(src[i]));
		assert_int_equal(pool_durable(pool), 0);
		assert_int_equal(pool_dirty(pool), 0);
	}
	/* up to the very end */
	uint64_t end = pool->size - sizeof(src[0]);
	assert_int_equal(pool_copy(pool, end, src[0], sizeof(src[0])), 0);
	assert_memory_equal(pool->base + end, src[0], sizeof(src[0]));
	file_holds(src[0], end, sizeof(src[0]));
	unmake();
}

static void
copies__nothing_at_the_end(void **state)
{
	(void)state;
	make(2, POOL_DURABLE_MEDIA);
	uint8_t byte = 1;
	assert_int_equal(pool_copy(pool, pool->size, &byte, 0), 0);
	assert_int_equal(pool_fill(pool, pool->size, 1, 0), 0);
	assert_int_equal(pool_read(pool, pool->size, &byte, 0), 0);
	assert_int_equal(pool_deep(pool, pool->size, 0), 0);
	assert_int_equal(pool_digest(pool, pool->size, 0, 64, NULL), 0);
	assert_int_equal(pool_dirty(pool), 0);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 0);
	assert_int_equal(pool_copy(pool, pool->size - 1, &byte, 1), 0);
	assert_int_equal(pool->base[pool->size - 1], 1);
	unmake();
}

static void
digests__each_block(void **state)
{
	(void)state;
	make(2, POOL_DURABLE_MEDIA);
	uint64_t off = PART - 5000;
	uint64_t len = 10000;
	uint64_t out[4] = {0, 0, 0, 42};
	for (uint64_t i = 0; i < len; i += 8)
		assert_int_equal(pool_copy(pool, off + i, &i, 8), 0);
	assert_int_equal(pool_digest(pool, off, len, 4096, out), 0);
	assert_true(out[0] == XXH3_64bits(pool->base + off, 4096));
	assert_true(out[1] == XXH3_64bits(pool->base + off + 4096, 4096));
	assert_true(out[2] == XXH3_64bits(pool->base + off + 8192, 1808));
	assert_int_equal(out[3], 42);
	/* one block larger than the range */
	assert_int_equal(pool_digest(pool, off, len, UINT64_MAX, out), 0);
	assert_true(out[0] == XXH3_64bits(pool->base + off, len));
	unmake();
}

static void
syncs__once_per_dirty_part(void **state)
{
	(void)state;
	make(3, POOL_DURABLE_MEDIA);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 0);

	/* many changes of one part: one call, from the first to the last */
	assert_int_equal(pool_fill(pool, 3 * POOL_PAGE + 5, 1, 10), 0);
	assert_int_equal(pool_fill(pool, 9 * POOL_PAGE, 1, 1), 0);
	assert_int_equal(pool_fill(pool, 5 * POOL_PAGE, 1, 64), 0);
	assert_int_equal(syncs.n, 0);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 1);
	assert_int_equal(syncs.addr, (uintptr_t)pool->base + 3 * POOL_PAGE);
	assert_int_equal(syncs.len, 7 * POOL_PAGE);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 1);

	/* over a boundary: two; the first and the third part: two */
	assert_int_equal(pool_fill(pool, PART - 1, 1, 2), 0);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 3);
	assert_int_equal(pool_fill(pool, POOL_PAGE, 1, 1), 0);
	assert_int_equal(pool_fill(pool, pool->size - 1, 1, 1), 0);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 5);
	assert_int_equal(stores.n, 0);

	/* close syncs what is left and nothing else */
	assert_int_equal(pool_fill(pool, PART + 5, 1, 1), 0);
	unmake();
	assert_int_equal(syncs.n, 6);
}

static void
counts_dirty__in_pages(void **state)
{
	(void)state;
	make(2, POOL_DURABLE_MEDIA);
	assert_int_equal(pool_fill(pool, POOL_PAGE + 1, 1, 1), 0);
	assert_int_equal(pool_dirty(pool), POOL_PAGE);
	for (unsigned i = 0; i < 100; i++) /* the same page again */
		assert_int_equal(pool_fill(pool, POOL_PAGE + i, 1, 1), 0);
	assert_int_equal(pool_dirty(pool), POOL_PAGE);
	/* far away: two pages, not all between */
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(pool_dirty(pool), 0);
	assert_int_equal(pool_fill(pool, POOL_PAGE, 1, 1), 0);
	assert_int_equal(pool_fill(pool, 100 * POOL_PAGE, 1, 1), 0);
	assert_int_equal(pool_dirty(pool), 2 * POOL_PAGE);
	assert_int_equal(pool_fill(pool, PART, 1, 2 * POOL_PAGE), 0);
	assert_int_equal(pool_dirty(pool), 4 * POOL_PAGE);
	unmake();
}

static void
fences_only__with_memory(void **state)
{
	(void)state;
	make(2, POOL_DURABLE_MEMORY);
	assert_int_equal(pool_fill(pool, PART - 10, 1, 20), 0);
	assert_int_equal(pool_dirty(pool), 0);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 0);
	/* but a clean close means media, and deep is deep */
	assert_int_equal(pool_deep(pool, PART - 5000, 10), 0);
	assert_int_equal(syncs.n, 1);
	unmake();
	assert_int_equal(syncs.n, 3);
}

/* FORCE counts with `memory` only, and changes the stores, not the class */
static void
uses_pmem_copies__forced(void **state)
{
	(void)state;
	char buf[512] = "x";
	assert_int_equal(setenv("PMEM_IS_PMEM_FORCE", "1", 1), 0);
	make(1, POOL_DURABLE_MEDIA);
	assert_int_equal(pool_copy(pool, POOL_PAGE, buf, 512), 0);
	assert_int_equal(stores.n, 0);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 1);
	unmake();

	make(1, POOL_DURABLE_MEMORY);
	assert_int_not_equal(pool_media(pool), POOL_MEDIA_PMEM);
	assert_int_equal(pool_copy(pool, POOL_PAGE, buf, 256), 0);
	assert_int_equal(stores.n, 1);
	assert_int_equal(
		stores.flags, PMEM_F_MEM_NODRAIN | PMEM_F_MEM_NONTEMPORAL);
	assert_int_equal(pool_copy(pool, POOL_PAGE, buf, 255), 0);
	assert_int_equal(stores.n, 2);
	assert_int_equal(stores.flags, PMEM_F_MEM_NODRAIN);
	assert_int_equal(pool_fill(pool, POOL_PAGE, 7, 300), 0);
	assert_int_equal(stores.n, 3);
	pool_fence(pool);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 0);
	assert_int_equal(pool->base[POOL_PAGE + 299], 7);
	unmake();
	assert_int_equal(setenv("PMEM_IS_PMEM_FORCE", "0", 1), 0);

	make(1, POOL_DURABLE_MEMORY);
	assert_int_equal(pool_copy(pool, POOL_PAGE, buf, 512), 0);
	assert_int_equal(stores.n, 0);
	unmake();
	assert_int_equal(unsetenv("PMEM_IS_PMEM_FORCE"), 0);
}

static void
needs_no_msync__pmem(void **state)
{
	(void)state;
	make(2, POOL_DURABLE_MEDIA);
	pool->parts[0].media = POOL_MEDIA_PMEM;
	pool->parts[1].media = POOL_MEDIA_PMEM;
	assert_int_equal(pool_fill(pool, PART - 1000, 7, 2000), 0);
	assert_int_equal(stores.n, 2);
	assert_int_equal(pool_dirty(pool), 0);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 0);
	/* one of the two is pmem only */
	pool->parts[1].media = POOL_MEDIA_PAGECACHE;
	assert_int_equal(pool_fill(pool, PART - 1000, 8, 2000), 0);
	assert_int_equal(stores.n, 3);
	assert_int_equal(pool_dirty(pool), POOL_PAGE);
	assert_int_equal(pool_durable(pool), 0);
	assert_int_equal(syncs.n, 1);
	unmake();
	assert_int_equal(syncs.n, 1);
}

static void
deepens__each_part_it_touches(void **state)
{
	(void)state;
	make(3, POOL_DURABLE_MEDIA);
	assert_int_equal(pool_deep(pool, POOL_PAGE + 1, 4096), 0);
	assert_int_equal(syncs.n, 1);
	assert_int_equal(syncs.len, 2 * POOL_PAGE);
	assert_int_equal(pool_deep(pool, PART - 1, PART), 0);
	assert_int_equal(syncs.n, 4);
	unmake();
}

static void
stays_failed__after_one_bad_msync(void **state)
{
	(void)state;
	make(2, POOL_DURABLE_MEDIA);
	assert_int_equal(pool_fill(pool, PART - 1, 1, 2), 0);
	syncs.fail_with = EIO;
	assert_int_equal(pool_durable(pool), -EIO);
	assert_non_null(strstr(err_msg(), the_set.paths[0]));
	assert_int_equal(syncs.n, 1);
	assert_int_not_equal(pool_dirty(pool), 0);
	err_clear();
	assert_int_equal(pool_durable(pool), -EIO);
	assert_non_null(strstr(err_msg(), "earlier sync"));
	assert_int_equal(pool_deep(pool, 4096, 1), -EIO);
	assert_int_equal(syncs.n, 1);
	assert_int_equal(pool_close(pool), -EIO);

	struct pool_attr a;
	assert_int_equal(
		pool_open(&the_set.set, POOL_DURABLE_MEDIA, &a, &pool), 0);
	syncs.fail_with = ENOSPC;
	assert_int_equal(pool_deep(pool, 4096, 1), -ENOSPC);
	assert_int_equal(pool_durable(pool), -ENOSPC);
	assert_int_equal(pool_close(pool), -ENOSPC);
	assert_int_equal(
		pool_open(&the_set.set, POOL_DURABLE_MEMORY, &a, &pool), 0);
	/* the pool is closed even when its last sync fails */
	assert_int_equal(pool_fill(pool, 5000, 1, 1), 0);
	syncs.fail_with = EIO;
	assert_int_equal(pool_close(pool), -EIO);
	assert_int_equal(pool_remove(&the_set.set, 0), 0);
}

/* all of each part, and the headers of the later ones; nothing changes */
static void
rewrites__everything_as_it_is(void **state)
{
	(void)state;
	uint64_t before[3];
	uint64_t after[3];
	make(3, POOL_DURABLE_MEMORY);
	assert_int_equal(pool_fill(pool, PART - 5, 7, 10), 0);
	uint64_t block = pool->size / 3 + 1;
	assert_int_equal(pool_digest(pool, 0, pool->size, block, before), 0);
	assert_int_equal(pool_rewrite(pool), 0);
	assert_int_equal(syncs.n, 3 + pool->nhdrs - 1);
	assert_int_equal(
		syncs.addr, (uintptr_t)pool->base + pool->parts[2].off);
	assert_int_equal(syncs.len, pool->parts[2].len);
	assert_int_equal(pool_digest(pool, 0, pool->size, block, after), 0);
	assert_memory_equal(before, after, sizeof(before));
	syncs.fail_with = EIO;
	assert_int_equal(pool_rewrite(pool), -EIO);
	assert_int_not_equal(pool_rewrite(pool), 0);
	assert_int_not_equal(pool_close(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(copies__across_parts),
		FIXTURE_TEST(copies__large_ranges_by_file_and_mapping),
		FIXTURE_TEST(copies__nothing_at_the_end),
		FIXTURE_TEST(digests__each_block),
		FIXTURE_TEST(syncs__once_per_dirty_part),
		FIXTURE_TEST(counts_dirty__in_pages),
		FIXTURE_TEST(fences_only__with_memory),
		FIXTURE_TEST(uses_pmem_copies__forced),
		FIXTURE_TEST(needs_no_msync__pmem),
		FIXTURE_TEST(deepens__each_part_it_touches),
		FIXTURE_TEST(stays_failed__after_one_bad_msync),
		FIXTURE_TEST(rewrites__everything_as_it_is),
	};
	(void)unsetenv("PMEM_IS_PMEM_FORCE");
	return FIXTURE_RUN(tests);
}
