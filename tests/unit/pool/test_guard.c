/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_guard.c -- SIGBUS as a status, in children that own the handler
 */
#include "unit/pool/fixture.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "pool/guard.h"

#define DIED(sig) (1000 + (sig))

/* a new pool of two parts, and the second cut to a page under the mapping */
static int
make_cut(struct set *s, struct pool **pool_out)
{
	struct pool_attr a = attr_obj(2);
	CHECK(pool_create(set_of(s, 0, 2), &a, POOL_DURABLE_MEDIA, pool_out) ==
		0);
	CHECK(truncate(s->paths[1], POOL_PAGE) == 0);
	return 0;
}

static void
dies_plainly(void)
{
	struct rlimit none = {0, 0};
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGBUS, SIG_DFL); /* a sanitizer's is not wanted */
}

static int
cut_file(void *arg)
{
	struct set s;
	struct pool *pool;
	uint8_t buf[1000] = {9};
	static uint8_t large[64 * 1024];
	struct stat st;
	uint64_t digest;
	(void)arg;
	CHECK(guard_install() == 0);
	CHECK(guard_install() == 0);
	CHECK(make_cut(&s, &pool) == 0);
	for (unsigned round = 0; round < 3; round++) {
		err_clear();
		CHECK(pool_copy(pool, PART + 10000, buf, 1000) == -EIO);
		CHECK(strstr(err_msg(), s.paths[1]) != NULL);
		/* what is large enough to be written makes it no longer */
		CHECK(pool_copy(pool, PART + 10000, large, sizeof(large)) ==
			-EIO);
		CHECK(stat(s.paths[1], &st) == 0 && st.st_size == POOL_PAGE);
		CHECK(pool_fill(pool, PART + 10000, 1, 1000) == -EIO);
		CHECK(pool_read(pool, PART + 10000, buf, 1000) == -EIO);
		CHECK(pool_digest(pool, PART, 64, 64, &digest) == -EIO);
		CHECK(strstr(err_msg(), s.paths[1]) != NULL);
		/* what lies before the fault is there */
		buf[0] = 9;
		CHECK(pool_copy(pool, PART - 1, buf, 2) == -EIO);
		CHECK(pool->base[PART - 1] == 9);
		/* the other part serves on */
		CHECK(pool_copy(pool, POOL_PAGE, buf, 1000) == 0);
		CHECK(pool_durable(pool) == 0 || round > 0);
	}
	/* with the file whole again everything works again */
	CHECK(truncate(s.paths[1], PART) == 0);
	CHECK(pool_copy(pool, PART + 10000, buf, 1000) == 0);
	IGNORE(pool_close(pool)); /* its syncs are not what is tested */
	return 0;
}

static void
returns__cut_file(void **state)
{
	(void)state;
	assert_int_equal(in_child(cut_file, NULL), 0);
}

static int
cut_header(void *arg)
{
	struct set s;
	struct pool *pool;
	struct pool_attr a = attr_obj(2);
	(void)arg;
	CHECK(guard_install() == 0);
	CHECK(pool_create(set_of(&s, 0, 2), &a, POOL_DURABLE_MEDIA, &pool) ==
		0);
	CHECK(truncate(s.paths[1], 0) == 0);
	CHECK(pool_set_attr(pool, &a) == -EIO);
	CHECK(strstr(err_msg(), s.paths[1]) != NULL);
	pool_discard(pool);
	CHECK(dir_count() == 0);
	return 0;
}

static void
returns__cut_header(void **state)
{
	(void)state;
	assert_int_equal(in_child(cut_header, NULL), 0);
}

static int
without_install(void *arg)
{
	struct set s;
	struct pool *pool;
	(void)arg;
	dies_plainly();
	CHECK(make_cut(&s, &pool) == 0);
	return -pool_fill(pool, PART, 1, 1);
}

static int
outside_any_guard(void *arg)
{
	struct set s;
	struct pool *pool;
	(void)arg;
	dies_plainly();
	CHECK(guard_install() == 0);
	CHECK(make_cut(&s, &pool) == 0);
	CHECK(pool_fill(pool, PART, 1, 1) == -EIO);
	*(volatile uint8_t *)(pool->base + PART) = 1;
	return 0;
}

static void
store(void *arg)
{
	*(volatile uint8_t *)arg = 1;
}

static int
outside_the_range(void *arg)
{
	struct set s;
	struct pool *pool;
	const void *fault = NULL;
	(void)arg;
	dies_plainly();
	CHECK(guard_install() == 0);
	CHECK(make_cut(&s, &pool) == 0);
	uint8_t *bad = pool->base + PART;
	CHECK(guard_call(bad, 1, store, bad, &fault) == GUARD_FAULT);
	CHECK(fault == bad);
	/* the page after the guarded one */
	IGNORE(guard_call(bad, POOL_PAGE, store, bad + POOL_PAGE, &fault));
	return 0;
}

static int
sent_by_kill(void *arg)
{
	(void)arg;
	dies_plainly();
	CHECK(guard_install() == 0);
	(void)kill(getpid(), SIGBUS);
	return 0;
}

static void
dies__when_it_is_not_ours(void **state)
{
	(void)state;
	int (*const rows[])(void *) = {without_install, outside_any_guard,
		outside_the_range, sent_by_kill};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(in_child(rows[i], NULL), DIED(SIGBUS));
		(void)fixture_teardown(state);
		assert_int_equal(fixture_setup(state), 0);
	}
}

static void
nested(void *arg)
{
	const void *fault;
	/* volatile: the compiler does not know that store() may not return */
	volatile int *result = ((void **)arg)[0];
	uint8_t *bad = ((void **)arg)[1];
	*result = guard_call(bad, 1, store, bad, &fault);
	/* the outer guard holds again */
	store(bad + 1);
	*result = 99;
}

static int
nests(void *arg)
{
	struct set s;
	struct pool *pool;
	const void *fault;
	volatile int result = 0;
	(void)arg;
	CHECK(guard_install() == 0);
	CHECK(make_cut(&s, &pool) == 0);
	uint8_t *bad = pool->base + PART;
	void *args[2] = {(void *)(uintptr_t)&result, bad};
	CHECK(guard_call(bad, 2, nested, args, &fault) == GUARD_FAULT);
	CHECK(result == GUARD_FAULT);
	CHECK(fault == bad + 1);
	return 0;
}

static void
returns__nested_guards(void **state)
{
	(void)state;
	assert_int_equal(in_child(nests, NULL), 0);
}

static void
load(void *arg)
{
	(void)*(volatile uint8_t *)arg;
}

static void *
hammer(void *arg)
{
	const struct pool *pool = arg;
	uintptr_t good = 0;
	for (unsigned i = 0; i < 2000; i++) {
		uint8_t *at = pool->base + PART + i;
		const void *fault = NULL;
		good += guard_call(at, 1, load, at, &fault) == GUARD_FAULT &&
			fault == at;
	}
	return (void *)good;
}

static int
threads(void *arg)
{
	struct set s;
	struct pool *pool;
	pthread_t t[2];
	(void)arg;
	CHECK(guard_install() == 0);
	CHECK(make_cut(&s, &pool) == 0);
	for (unsigned i = 0; i < 2; i++)
		CHECK(pthread_create(&t[i], NULL, hammer, pool) == 0);
	for (unsigned i = 0; i < 2; i++) {
		void *good;
		CHECK(pthread_join(t[i], &good) == 0);
		CHECK((uintptr_t)good == 2000);
	}
	return 0;
}

static void
returns__in_each_thread(void **state)
{
	(void)state;
	assert_int_equal(in_child(threads, NULL), 0);
}

/* 77: cannot be tried here */
static int
full_tmpfs(void *arg)
{
	struct set s;
	struct pool *pool;
	struct pool_attr a = attr_obj(2);
	char *junk = calloc(1, MIB);
	char path[PATH_LEN + 64];
	(void)arg;
	CHECK(junk != NULL);
	if (unshare(CLONE_NEWNS) != 0 ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("none", fixture_dir, "tmpfs", 0, "size=4m") != 0)
		return 77;
	CHECK(guard_install() == 0);
	CHECK(pool_create(set_of(&s, 0, 1), &a, POOL_DURABLE_MEDIA, &pool) ==
		0);
	/* take the part's room away, and give it to somebody else */
	CHECK(fallocate(pool->parts[0].fd,
		      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, POOL_PAGE,
		      PART - POOL_PAGE) == 0);
	(void)snprintf(path, sizeof(path), "%s/junk", fixture_dir);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	CHECK(fd >= 0);
	while (write(fd, junk, MIB) > 0)
		;
	CHECK(errno == ENOSPC);
	CHECK(pool_fill(pool, MIB, 1, 10000) == -ENOSPC);
	CHECK(strstr(err_msg(), "full") != NULL);
	CHECK(ftruncate(fd, 0) == 0);
	CHECK(pool_fill(pool, MIB, 1, 10000) == 0);
	CHECK(pool_durable(pool) == 0);
	CHECK(pool_close(pool) == 0);
	(void)close(fd);
	/* and a set that does not fit */
	struct poolset *set = set_of(&s, 0, 3);
	s.parts[0].path = s.paths[2];
	s.parts[2].path = s.paths[0];
	CHECK(unlink(path) == 0);
	CHECK(unlink(s.paths[0]) == 0);
	CHECK(pool_create(set, &a, POOL_DURABLE_MEDIA, &pool) == -ENOSPC);
	CHECK(strstr(err_msg(), "cannot allocate") != NULL);
	CHECK(dir_count() == 0);
	free(junk);
	return 0;
}

static void
returns__full_tmpfs(void **state)
{
	(void)state;
	int rc = in_child(full_tmpfs, NULL);
	if (rc == 77)
		skip(); /* needs a mount namespace */
	assert_int_equal(rc, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(returns__cut_file),
		FIXTURE_TEST(returns__cut_header),
		FIXTURE_TEST(dies__when_it_is_not_ours),
		FIXTURE_TEST(returns__nested_guards),
		FIXTURE_TEST(returns__in_each_thread),
		FIXTURE_TEST(returns__full_tmpfs),
	};
	return FIXTURE_RUN(tests);
}
