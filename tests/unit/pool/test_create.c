/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_create.c -- pool_create: what it makes, and what it leaves alone
 */
#include "unit/pool/fixture.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "pool/hdr.h"

#define SINGLE POOLSET_F_SINGLEHDR
#define NOHDRS POOLSET_F_NOHDRS

static const struct pool_attr no_attr;

static bool
mapping_is_zero(const struct pool *pool, uint64_t from)
{
	uint8_t bits = 0;
	for (uint64_t i = from; i < pool->size; i++)
		bits |= pool->base[i];
	return bits == 0;
}

/* create, look, close; the files must then be what the mapping was */
static void
create_ok(unsigned options, unsigned nparts, uint64_t size, unsigned nhdrs)
{
	struct set s;
	struct pool *pool;
	struct pool_attr a =
		attr_obj(options & SINGLE ? 3 : HDR_INCOMPAT_CKSUM_2K);
	struct poolset *set = set_of(&s, options, nparts);
	assert_int_equal(pool_create(set, options & NOHDRS ? &no_attr : &a,
				 POOL_DURABLE_MEDIA, &pool),
		0);
	assert_int_equal(pool->size, size);
	assert_int_equal(pool->nhdrs, nhdrs);
	assert_int_equal((uintptr_t)pool->base % PART, 0);
	assert_true(mapping_is_zero(pool, nhdrs > 0 ? POOL_PAGE : 0));
	assert_int_equal(pool_dirty(pool), 0);
	assert_int_equal(pool_close(pool), 0);

	struct hdr h[MAX_PARTS];
	for (unsigned i = 0; i < nparts; i++) {
		struct stat st;
		uint8_t page[HDR_SIZE];
		assert_int_equal(stat(s.paths[i], &st), 0);
		assert_int_equal(st.st_size, PART);
		assert_true((uint64_t)st.st_blocks * 512 >= PART);
		file_get(s.paths[i], 0, page, sizeof(page));
		assert_int_equal(
			hdr_decode(page, &h[i]), i < nhdrs ? 0 : HDR_EMPTY);
	}
	if (nhdrs == 0)
		return;
	struct pool_attr back;
	assert_int_equal(hdr_check_parts(h, nhdrs), 0);
	hdr_attr(&h[0], &back);
	assert_true(attr_same(&a, &back));
	for (unsigned i = 1; i < nhdrs; i++)
		assert_false(uuid16_is_zero(h[i].uuid));
	if (nhdrs > 2)
		assert_false(uuid16_equal(h[1].uuid, h[2].uuid));
}

static void
creates__one_part(void **state)
{
	(void)state;
	create_ok(0, 1, PART, 1);
}

static void
creates__three_parts(void **state)
{
	(void)state;
	create_ok(0, 3, 3 * PART - 2 * POOL_PAGE, 3);
}

static void
creates__singlehdr(void **state)
{
	(void)state;
	create_ok(SINGLE, 3, 3 * PART, 1);
}

static void
creates__nohdrs(void **state)
{
	(void)state;
	create_ok(NOHDRS, 2, 2 * PART, 0);
}

static void
creates__mode_0600_and_umask(void **state)
{
	(void)state;
	static const mode_t masks[] = {0, 0277};
	for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
		struct set s;
		struct pool *pool;
		struct stat st;
		struct pool_attr a = attr_obj(2);
		mode_t old = umask(masks[i]);
		int rc = pool_create(
			set_of(&s, 0, 1), &a, POOL_DURABLE_MEDIA, &pool);
		(void)umask(old);
		assert_int_equal(rc, 0);
		assert_int_equal(stat(s.paths[0], &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600 & ~masks[i]);
		pool_discard(pool);
		assert_int_equal(dir_count(), 0);
	}
}

static void
creates__size_floored_to_page(void **state)
{
	(void)state;
	struct set s;
	struct pool *pool;
	struct stat st;
	struct pool_attr a = attr_obj(2);
	struct poolset *set = set_of(&s, 0, 2);
	s.parts[0].size = PART + 100;
	s.parts[1].size = PART + 4095;
	assert_int_equal(pool_create(set, &a, POOL_DURABLE_MEDIA, &pool), 0);
	assert_int_equal(pool->size, 2 * PART - POOL_PAGE);
	assert_int_equal(pool_close(pool), 0);
	assert_int_equal(stat(s.paths[1], &st), 0);
	assert_int_equal(st.st_size, PART + 4095);
}

static void
takes__zero_file_and_clears_the_rest(void **state)
{
	(void)state;
	struct set s;
	struct pool *pool;
	struct stat before;
	struct stat after;
	uint8_t zero[POOL_PAGE] = {0};
	struct pool_attr a = attr_obj(2);
	struct poolset *set = set_of(&s, 0, 3);
	for (unsigned i = 0; i < 2; i++) {
		file_make(s.paths[i], PART, 'x');
		file_put(s.paths[i], 0, zero, sizeof(zero));
	}
	assert_int_equal(stat(s.paths[1], &before), 0);
	assert_int_equal(pool_create(set, &a, POOL_DURABLE_MEDIA, &pool), 0);
	assert_true(mapping_is_zero(pool, POOL_PAGE));
	assert_int_equal(pool_close(pool), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_true(file_is_all(
			s.paths[i], POOL_PAGE, PART - POOL_PAGE, 0));
	assert_int_equal(stat(s.paths[1], &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mode, after.st_mode);
	assert_true((uint64_t)after.st_blocks * 512 >= PART);
}

static void
discards__what_it_made_only(void **state)
{
	(void)state;
	struct set s;
	struct pool *pool;
	struct pool_attr a = attr_obj(2);
	struct poolset *set = set_of(&s, 0, 2);
	file_make(s.paths[0], PART, 0);
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(
			pool_create(set, &a, POOL_DURABLE_MEDIA, &pool), 0);
		assert_int_equal(dir_count(), 2);
		pool_discard(pool);
		assert_int_equal(dir_count(), 1);
		/* blank again, so that the second round can take it */
		assert_true(file_is_all(s.paths[0], 0, PART, 0));
	}
	pool_discard(NULL);
}

/* somebody has put another file under the name since */
static void
discards__not_anothers_file(void **state)
{
	(void)state;
	struct set s;
	struct pool *pool;
	struct pool_attr a = attr_obj(2);
	assert_int_equal(
		pool_create(set_of(&s, 0, 2), &a, POOL_DURABLE_MEDIA, &pool),
		0);
	assert_int_equal(unlink(s.paths[1]), 0);
	file_make(s.paths[1], 100, 'o');
	pool_discard(pool);
	assert_int_equal(dir_count(), 1);
	assert_true(file_is_all(s.paths[1], 0, 100, 'o'));
}

struct bad {
	const char *name;
	int rc;
	const char *msg;
	unsigned options;
	uint32_t incompat;
	bool raw;
	void (*spoil)(struct set *s);
};

static void
spoil_small(struct set *s)
{
	s->parts[1].size = PART - 1;
}

static void
spoil_huge(struct set *s)
{
	s->parts[1].size = UINT64_MAX;
}

static void
spoil_dir(struct set *s)
{
	assert_int_equal(mkdir(s->paths[1], 0700), 0);
}

static void
spoil_fifo(struct set *s)
{
	assert_int_equal(mkfifo(s->paths[1], 0600), 0);
}

static void
spoil_null(struct set *s)
{
	s->parts[1].path = (char *)(uintptr_t) "/dev/null";
}

static void
spoil_dangling(struct set *s)
{
	assert_int_equal(symlink("nowhere", s->paths[1]), 0);
}

static void
spoil_auto(struct set *s)
{
	file_make(s->paths[1], PART, 0);
	s->parts[1].is_auto = true;
	s->parts[1].size = 0;
}

static void
spoil_auto_missing(struct set *s)
{
	s->parts[1].is_auto = true;
	s->parts[1].size = 0;
}

static void
spoil_size(struct set *s)
{
	file_make(s->paths[1], PART + 1, 0);
}

static void
spoil_header(struct set *s)
{
	file_make(s->paths[1], PART, 0);
	file_put(s->paths[1], POOL_PAGE - 1, "x", 1);
}

static void
spoil_missing_dir(struct set *s)
{
	(void)snprintf(
		s->paths[1], sizeof(s->paths[1]), "%s/no/p", fixture_dir);
}

static void
spoil_twice(struct set *s)
{
	(void)snprintf(s->paths[1], sizeof(s->paths[1]), "%s", s->paths[2]);
}

static const struct bad bads[] = {
	{"raw in a set with headers", -EINVAL, "NOHDRS", 0, 0, true, NULL},
	{"headers in a raw set", -EINVAL, "NOHDRS", NOHDRS, 2, false, NULL},
	{"SINGLEHDR pool", -EINVAL, "SINGLEHDR", 0, 3, false, NULL},
	{"SINGLEHDR set", -EINVAL, "SINGLEHDR", SINGLE, 2, false, NULL},
	{"both options", -EINVAL, "both", SINGLE | NOHDRS, 3, false, NULL},
	{"small", -EINVAL, "too few", 0, 2, false, spoil_small},
	{"huge", -EINVAL, "too many", 0, 2, false, spoil_huge},
	{"directory", -EINVAL, "is a directory", 0, 2, false, spoil_dir},
	{"fifo", -EINVAL, "neither a file", 0, 2, false, spoil_fifo},
	{"/dev/null", -EINVAL, "neither a file", 0, 2, false, spoil_null},
	{"dangling link", -ENOENT, "cannot open", 0, 2, false, spoil_dangling},
	{"AUTO", -EINVAL, "AUTO", 0, 2, false, spoil_auto},
	{"AUTO, missing", -ENOENT, "p1", 0, 2, false, spoil_auto_missing},
	{"size", -EINVAL, "the set says", 0, 2, false, spoil_size},
	{"has a header", -EEXIST, "not empty", 0, 2, false, spoil_header},
	{"raw, not empty", -EEXIST, "not empty", NOHDRS, 0, true, spoil_header},
	{"singlehdr, not empty", -EEXIST, "not empty", SINGLE, 3, false,
		spoil_header},
	{"no directory", -ENOENT, "cannot create", 0, 2, false,
		spoil_missing_dir},
	{"twice", -EBUSY, "twice", 0, 2, false, spoil_twice},
};

/* part 0 is there, blank in front and with data behind; part 2 is not */
static void
must_refuse(const struct bad *b)
{
	struct set s;
	struct pool *pool = (void *)-1;
	uint8_t zero[POOL_PAGE] = {0};
	struct pool_attr a = attr_obj(b->incompat);
	struct poolset *set = set_of(&s, b->options, 3);
	print_message("%s\n", b->name);
	file_make(s.paths[0], PART, 'd');
	file_put(s.paths[0], 0, zero, sizeof(zero));
	if (b->spoil != NULL)
		b->spoil(&s);
	unsigned names = dir_count();
	err_clear();
	assert_int_equal(pool_create(set, b->raw ? &no_attr : &a,
				 POOL_DURABLE_MEDIA, &pool),
		b->rc);
	assert_null(pool);
	if (strstr(err_msg(), b->msg) == NULL)
		fail_msg("no '%s' in '%s'", b->msg, err_msg());
	assert_int_equal(dir_count(), names);
	assert_true(file_is_all(s.paths[0], 0, POOL_PAGE, 0));
	assert_true(file_is_all(s.paths[0], POOL_PAGE, PART - POOL_PAGE, 'd'));
}

static void
refuses__each_and_leaves_files_alone(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
		must_refuse(&bads[i]);
		(void)fixture_teardown(state);
		assert_int_equal(fixture_setup(state), 0);
	}
}

static void
refuses__locked_part(void **state)
{
	(void)state;
	struct set s;
	struct pool *pool;
	struct pool_attr a = attr_obj(2);
	struct poolset *set = set_of(&s, 0, 2);
	file_make(s.paths[1], PART, 0);
	int fd = open(s.paths[1], O_RDONLY);
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
	assert_int_equal(
		pool_create(set, &a, POOL_DURABLE_MEDIA, &pool), -EBUSY);
	assert_non_null(strstr(err_msg(), s.paths[1]));
	assert_int_equal(dir_count(), 1);
	(void)close(fd);
	assert_int_equal(pool_create(set, &a, POOL_DURABLE_MEDIA, &pool), 0);
	/* and the new pool is locked itself, each part of it */
	for (unsigned i = 0; i < 2; i++) {
		fd = open(s.paths[i], O_RDONLY);
		assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), -1);
		(void)close(fd);
	}
	pool_discard(pool);
}

static void
refuses__no_room(void **state)
{
	(void)state;
	struct set s;
	struct pool *pool;
	struct pool_attr a = attr_obj(2);
	struct poolset *set = set_of(&s, 0, 2);
	/* a limit of ours: to really fill a disk would starve other tests */
	struct rlimit old;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	struct rlimit small = {.rlim_cur = 64u << 20, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	s.parts[1].size = 1ull << 43;
	int rc = pool_create(set, &a, POOL_DURABLE_MEDIA, &pool);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(rc, -EFBIG);
	assert_non_null(strstr(err_msg(), "cannot allocate"));
	assert_int_equal(dir_count(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(creates__one_part),
		FIXTURE_TEST(creates__three_parts),
		FIXTURE_TEST(creates__singlehdr),
		FIXTURE_TEST(creates__nohdrs),
		FIXTURE_TEST(creates__mode_0600_and_umask),
		FIXTURE_TEST(creates__size_floored_to_page),
		FIXTURE_TEST(takes__zero_file_and_clears_the_rest),
		FIXTURE_TEST(discards__what_it_made_only),
		FIXTURE_TEST(discards__not_anothers_file),
		FIXTURE_TEST(refuses__each_and_leaves_files_alone),
		FIXTURE_TEST(refuses__locked_part),
		FIXTURE_TEST(refuses__no_room),
	};
	return FIXTURE_RUN(tests);
}
