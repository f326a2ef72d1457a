/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_pool.c -- open, close, attributes, and where in the files bytes go
 */
#include "unit/pool/fixture.h"

#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include "pool/hdr.h"

int __wrap_flock(int fd, int how);
int __real_flock(int fd, int how);

static const struct pool_attr no_attr;
static const char *unlink_before_flock; /* what the holder of it would do */

int
__wrap_flock(int fd, int how)
{
	if (unlink_before_flock != NULL)
		(void)unlink(unlink_before_flock);
	unlink_before_flock = NULL;
	return __real_flock(fd, how);
}

static void
create(struct set *s, unsigned options, unsigned nparts)
{
	struct pool *pool;
	struct pool_attr a = attr_obj(options & POOLSET_F_SINGLEHDR ? 3 : 2);
	struct poolset *set = set_of(s, options, nparts);
	assert_int_equal(
		pool_create(set, options & POOLSET_F_NOHDRS ? &no_attr : &a,
			POOL_DURABLE_MEDIA, &pool),
		0);
	assert_int_equal(pool_close(pool), 0);
}

static struct pool *
open_ok(struct set *s, struct pool_attr *attr_out)
{
	struct pool *pool;
	assert_int_equal(
		pool_open(&s->set, POOL_DURABLE_MEDIA, attr_out, &pool), 0);
	return pool;
}

static void
must_not_open(struct set *s, int rc, const char *msg)
{
	struct pool *pool = (void *)-1;
	struct pool_attr a;
	err_clear();
	assert_int_equal(pool_open(&s->set, POOL_DURABLE_MEDIA, &a, &pool), rc);
	assert_null(pool);
	if (strstr(err_msg(), msg) == NULL)
		fail_msg("no '%s' in '%s'", msg, err_msg());
}

/* a different byte for each 64 bytes of the pool */
static void
write_pattern(struct pool *pool, uint64_t from)
{
	uint8_t *buf = malloc(pool->size);
	assert_non_null(buf);
	for (uint64_t i = 0; i < pool->size; i++)
		buf[i] = (uint8_t)((i / 64) * 7 + 1);
	assert_int_equal(
		pool_copy(pool, from, buf + from, pool->size - from), 0);
	free(buf);
}

static void
check_file(const char *path, uint64_t file_off, uint64_t pool_off, uint64_t len)
{
	uint8_t *buf = malloc(len);
	assert_non_null(buf);
	file_get(path, file_off, buf, len);
	for (uint64_t i = 0; i < len; i++)
		if (buf[i] != (uint8_t)(((pool_off + i) / 64) * 7 + 1))
			fail_msg("%s: byte %llu", path,
				(unsigned long long)(file_off + i));
	free(buf);
}

static void
lays_out__three_parts(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a;
	create(&s, 0, 3);
	struct pool *pool = open_ok(&s, &a);
	write_pattern(pool, POOL_PAGE);
	assert_int_equal(pool_close(pool), 0);
	check_file(s.paths[0], POOL_PAGE, POOL_PAGE, PART - POOL_PAGE);
	check_file(s.paths[1], POOL_PAGE, PART, PART - POOL_PAGE);
	check_file(
		s.paths[2], POOL_PAGE, 2 * PART - POOL_PAGE, PART - POOL_PAGE);
	pool = open_ok(&s, &a); /* the headers were not written over */
	assert_int_equal(pool_close(pool), 0);
}

static void
lays_out__singlehdr(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a;
	create(&s, POOLSET_F_SINGLEHDR, 2);
	struct pool *pool = open_ok(&s, &a);
	assert_int_equal(a.incompat, 3);
	write_pattern(pool, POOL_PAGE);
	assert_int_equal(pool_close(pool), 0);
	check_file(s.paths[0], POOL_PAGE, POOL_PAGE, PART - POOL_PAGE);
	check_file(s.paths[1], 0, PART, PART);
}

static void
lays_out__nohdrs(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a = attr_obj(2);
	create(&s, POOLSET_F_NOHDRS, 2);
	struct pool *pool = open_ok(&s, &a);
	assert_true(attr_is_zero(&a));
	write_pattern(pool, 0);
	assert_int_equal(pool_close(pool), 0);
	check_file(s.paths[0], 0, 0, PART);
	check_file(s.paths[1], 0, PART, PART);
}

static void
tells_attr__as_created(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 3; n += 2) {
		struct set s;
		struct pool_attr a;
		struct pool_attr want = attr_obj(2);
		create(&s, 0, n);
		struct pool *pool = open_ok(&s, &a);
		assert_true(attr_same(&a, &want));
		assert_int_equal(pool_close(pool), 0);
		assert_int_equal(pool_remove(&s.set, 0), 0);
	}
}

static void
tells_media__of_the_file_system(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a;
	struct statfs fs;
	create(&s, 0, 2);
	struct pool *pool = open_ok(&s, &a);
	assert_int_equal(statfs(fixture_dir, &fs), 0);
	/* environment has no say */
	if (fs.f_type == TMPFS_MAGIC)
		assert_int_equal(pool_media(pool), POOL_MEDIA_TMPFS);
	else
		assert_int_not_equal(pool_media(pool), POOL_MEDIA_TMPFS);
	if (fs.f_type == EXT4_SUPER_MAGIC) /* no DAX where tests run */
		assert_int_equal(pool_media(pool), POOL_MEDIA_PAGECACHE);
	pool->parts[0].media = POOL_MEDIA_PMEM;
	pool->parts[1].media = POOL_MEDIA_PAGECACHE;
	assert_int_equal(pool_media(pool), POOL_MEDIA_PAGECACHE);
	pool->parts[1].media = POOL_MEDIA_PMEM;
	assert_int_equal(pool_media(pool), POOL_MEDIA_PMEM);
	assert_int_equal(pool_close(pool), 0);
}

static void
refuses__missing_or_other_size(void **state)
{
	(void)state;
	struct set s;
	create(&s, 0, 3);
	s.parts[2].size += 4096;
	must_not_open(&s, -EINVAL, "the set says");
	s.parts[2].size = PART;
	assert_int_equal(truncate(s.paths[1], PART - 1), 0);
	must_not_open(&s, -EINVAL, s.paths[1]);
	assert_int_equal(unlink(s.paths[1]), 0);
	must_not_open(&s, -ENOENT, s.paths[1]);
	assert_int_equal(mkdir(s.paths[1], 0700), 0);
	must_not_open(&s, -EINVAL, "is a directory");
	s.parts[0].size = 4096;
	must_not_open(&s, -EINVAL, "too few");
	s.parts[0].size = 0;
	s.parts[0].is_auto = true;
	must_not_open(&s, -EINVAL, "AUTO");
	s.rep.nparts = 0;
	must_not_open(&s, -EINVAL, "no local part");
}

static void
refuses__no_access(void **state)
{
	(void)state;
	struct set s;
	if (geteuid() == 0)
		skip(); /* root opens everything */
	create(&s, 0, 1);
	assert_int_equal(chmod(s.paths[0], 0400), 0);
	must_not_open(&s, -EACCES, s.paths[0]);
}

static void
refuses__options_that_differ(void **state)
{
	(void)state;
	struct set s;
	create(&s, 0, 1);
	s.set.options = POOLSET_F_SINGLEHDR;
	must_not_open(&s, -EINVAL, "SINGLEHDR");
	assert_int_equal(pool_remove(&s.set, 0), 0);
	create(&s, POOLSET_F_SINGLEHDR, 2);
	s.set.options = 0;
	must_not_open(&s, -EBADMSG, "no pool header"); /* the second part */
	assert_int_equal(pool_remove(&s.set, 0), 0);
	create(&s, POOLSET_F_NOHDRS, 1);
	s.set.options = 0;
	must_not_open(&s, -EBADMSG, "no pool header");
}

static void
refuses__damaged_headers(void **state)
{
	(void)state;
	struct set s;
	uint8_t page[HDR_SIZE];
	create(&s, 0, 3);
	file_get(s.paths[1], 0, page, sizeof(page));
	file_put(s.paths[1], 33, "\xa5", 1);
	must_not_open(&s, -EBADMSG, "checksum");
	must_not_open(&s, -EBADMSG, s.paths[1]);
	file_put(s.paths[1], 0, page, sizeof(page));

	/* whole in itself, but of another order */
	char *first = s.parts[1].path;
	s.parts[1].path = s.parts[2].path;
	s.parts[2].path = first;
	must_not_open(&s, -EBADMSG, "part uuid");
	s.parts[2].path = s.parts[1].path;
	s.parts[1].path = first;

	struct pool_attr a;
	struct pool *pool = open_ok(&s, &a);
	assert_int_equal(pool_close(pool), 0);
}

static int
try_open(void *arg)
{
	struct set *s = arg;
	struct pool *pool;
	struct pool_attr a;
	int rc = pool_open(&s->set, POOL_DURABLE_MEDIA, &a, &pool);
	if (rc == -EBUSY && strstr(err_msg(), "locked") != NULL)
		return 77;
	if (rc == 0)
		IGNORE(pool_close(pool)); /* a child's copy */
	return -rc;
}

static void
locks__against_other_processes(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a;
	create(&s, 0, 2);
	struct pool *pool = open_ok(&s, &a);
	assert_int_equal(in_child(try_open, &s), 77);
	assert_int_equal(pool_close(pool), 0);
	assert_int_equal(in_child(try_open, &s), 0);
}

static void
locks__against_itself(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a;
	create(&s, 0, 1);
	struct pool *pool = open_ok(&s, &a);
	must_not_open(&s, -EBUSY, "locked");
	assert_int_equal(pool_close(pool), 0);
	assert_int_equal(pool_close(NULL), 0);
}

static void
refuses__part_removed_meanwhile(void **state)
{
	(void)state;
	struct set s;
	create(&s, 0, 2);
	unlink_before_flock = s.paths[0];
	must_not_open(&s, -ENOENT, s.paths[0]);
}

static void
sets_attr__keeps_what_is_not_in_it(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a;
	struct hdr before[3];
	struct hdr after[3];
	uint8_t page[HDR_SIZE];
	create(&s, 0, 3);
	for (unsigned i = 0; i < 3; i++) {
		file_get(s.paths[i], 0, page, sizeof(page));
		assert_int_equal(hdr_decode(page, &before[i]), 0);
		before[i].crtime = 1000 + i;
		memset(before[i].sds, (int)i + 1, sizeof(before[i].sds));
		hdr_encode(&before[i], page);
		file_put(s.paths[i], 0, page, sizeof(page));
	}
	struct pool *pool = open_ok(&s, &a);
	memset(a.uuid, 0x77, UUID16_LEN);
	memset(a.poolset_uuid, 0x78, UUID16_LEN);
	memset(a.next_uuid, 0x79, UUID16_LEN);
	a.compat = 9;
	assert_int_equal(pool_set_attr(pool, &a), 0);
	assert_int_equal(pool_close(pool), 0);
	for (unsigned i = 0; i < 3; i++) {
		file_get(s.paths[i], 0, page, sizeof(page));
		assert_int_equal(hdr_decode(page, &after[i]), 0);
		assert_int_equal(after[i].crtime, 1000 + i);
		assert_memory_equal(after[i].sds, before[i].sds, 64);
		assert_int_equal(after[i].compat, 9);
		if (i > 0)
			assert_memory_equal(
				after[i].uuid, before[i].uuid, UUID16_LEN);
	}
	struct pool_attr back;
	pool = open_ok(&s, &back);
	assert_true(attr_same(&a, &back));
	assert_int_equal(pool_close(pool), 0);
}

static void
sets_attr__refuses_another_kind(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a;
	create(&s, 0, 1);
	struct pool *pool = open_ok(&s, &a);
	assert_int_equal(pool_set_attr(pool, &no_attr), -EINVAL);
	assert_non_null(strstr(err_msg(), "all zero"));
	a.incompat |= HDR_INCOMPAT_SINGLEHDR;
	assert_int_equal(pool_set_attr(pool, &a), -EINVAL);
	assert_non_null(strstr(err_msg(), "SINGLEHDR"));
	assert_int_equal(pool_close(pool), 0);
	struct pool_attr want = attr_obj(2);
	pool = open_ok(&s, &a);
	assert_true(attr_same(&a, &want));
	assert_int_equal(pool_close(pool), 0);
	assert_int_equal(pool_remove(&s.set, 0), 0);

	create(&s, POOLSET_F_NOHDRS, 1);
	pool = open_ok(&s, &a);
	assert_int_equal(pool_set_attr(pool, &want), -EINVAL);
	assert_non_null(strstr(err_msg(), "without headers"));
	assert_int_equal(pool_set_attr(pool, &no_attr), 0);
	assert_int_equal(pool_close(pool), 0);
	assert_true(file_is_all(s.paths[0], 0, PART, 0));
}

static void
discards__opened_pool_untouched(void **state)
{
	(void)state;
	struct set s;
	struct pool_attr a;
	struct pool_attr want = attr_obj(2);
	create(&s, 0, 2);
	pool_discard(open_ok(&s, &a));
	struct pool *pool = open_ok(&s, &a);
	assert_true(attr_same(&a, &want));
	assert_int_equal(pool_close(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(lays_out__three_parts),
		FIXTURE_TEST(lays_out__singlehdr),
		FIXTURE_TEST(lays_out__nohdrs),
		FIXTURE_TEST(tells_attr__as_created),
		FIXTURE_TEST(tells_media__of_the_file_system),
		FIXTURE_TEST(refuses__missing_or_other_size),
		FIXTURE_TEST(refuses__no_access),
		FIXTURE_TEST(refuses__options_that_differ),
		FIXTURE_TEST(refuses__damaged_headers),
		FIXTURE_TEST(locks__against_other_processes),
		FIXTURE_TEST(locks__against_itself),
		FIXTURE_TEST(refuses__part_removed_meanwhile),
		FIXTURE_TEST(sets_attr__keeps_what_is_not_in_it),
		FIXTURE_TEST(sets_attr__refuses_another_kind),
		FIXTURE_TEST(discards__opened_pool_untouched),
	};
	/* must not make a page cache look like pmem anywhere here */
	(void)setenv("PMEM_IS_PMEM_FORCE", "1", 1);
	return FIXTURE_RUN(tests);
}
