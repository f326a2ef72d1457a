/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_rawowner.c -- owners of raw copies, against a real target
 *
 *   test_rawowner [promoted]
 *
 *   RPMEM_TEST_A   a target that serves raw.set, NOHDRS, and hdr.set
 *
 * "promoted": raw.set was promoted, and equals the memory.
 */
#include <librpmem.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <xxhash.h>

#define SIZE (4UL * 1024 * 1024)
#define BLOCK 4096UL

static const unsigned char me[] = "identity of mine";
static const unsigned char you[] = "one of theirs...";
static uint8_t *mem;

static RPMEMpool *
try_open(const unsigned char *identity, int flags)
{
	return rpmem_open_owner_raw(
		getenv("RPMEM_TEST_A"), "raw.set", mem, SIZE, identity, flags);
}

static RPMEMpool *
must_open(const unsigned char *identity, int flags)
{
	RPMEMpool *p = try_open(identity, flags);
	if (p == NULL)
		fail_msg("%s", rpmem_errormsg());
	return p;
}

static void
must_fail(const unsigned char *identity, int flags, int code, const char *word)
{
	errno = 0;
	assert_null(try_open(identity, flags));
	if (errno != code || strstr(rpmem_errormsg(), word) == NULL)
		fail_msg("errno %d: %s", errno, rpmem_errormsg());
}

static void
assert_same(RPMEMpool *p)
{
	static uint64_t got[SIZE / BLOCK];
	assert_int_equal(rpmem_digest(p, 0, SIZE, BLOCK, got), 0);
	for (size_t i = 0; i < SIZE / BLOCK; i++)
		if (got[i] != XXH3_64bits(mem + i * BLOCK, BLOCK))
			fail_msg("block %zu differs", i);
}

static int
setup(void **state)
{
	(void)state;
	int fd = memfd_create("memory", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, SIZE) != 0)
		return -1;
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return mem == MAP_FAILED ? -1 : 0;
}

/* page 0 stays zero: to a create the copy looks blank */
static void
store(size_t off, int value)
{
	memset(mem + off, value, 100);
}

static void
created__is_equal_and_recorded(void **state)
{
	(void)state;
	struct rpmem_status st;
	must_fail(me, 0, ENOENT, "No such file");
	store(BLOCK, 1);
	RPMEMpool *p = must_open(me, RPMEM_RAW_CREATE);
	assert_int_equal(rpmem_equalise(p), 0);
	assert_same(p);
	assert_int_equal(rpmem_status(p, &st, sizeof(st)), 0);
	assert_memory_equal(st.primary, me, 16);
	assert_int_equal(rpmem_close(p), 0);
	must_fail(you, 0, ESTALE, "made anew");
	must_fail(me, RPMEM_RAW_CREATE, EEXIST, "remove it");
}

static void
lost__identity_is_that_of_an_equal_copy(void **state)
{
	(void)state;
	struct rpmem_status st;
	RPMEMpool *p = must_open(NULL, 0);
	assert_int_equal(rpmem_status(p, &st, sizeof(st)), 0);
	assert_memory_equal(st.primary, me, 16);
	assert_int_equal(rpmem_close(p), 0);
	store(SIZE - 100, 3);
	must_fail(NULL, 0, ESTALE, "lost");
	mem[SIZE - 1] = 0;
	memset(mem + SIZE - 100, 0, 100);
	mem[0] = 1;
	must_fail(NULL, 0, ESTALE, "lost");
	mem[0] = 0;
}

/* a child that changes everything's beginning and never closes */
static void
unclean__end_is_made_equal(void **state)
{
	(void)state;
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		RPMEMpool *p = try_open(me, 0);
		store(0, 7);
		_exit(p == NULL || rpmem_append(p, 0, 100, NULL) != 0 ||
			rpmem_wait(p, RPMEM_ALL, -1) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	store(2 * BLOCK, 8);
	RPMEMpool *p = must_open(me, 0);
	uint8_t there[100];
	/* before it is equal, memory is the answer; nothing was changed */
	assert_int_equal(rpmem_read(p, there, 2 * BLOCK, 100, 0), 0);
	assert_memory_equal(there, mem + 2 * BLOCK, 100);
	assert_int_equal(rpmem_persist(p, 0, 8, 0, 0), 0);
	assert_same(p);
	assert_int_equal(rpmem_close(p), 0);
	memset(mem, 0, 100);
	p = must_open(me, 0);
	assert_int_equal(rpmem_equalise(p), 0);
	assert_int_equal(rpmem_close(p), 0);
}

static void
bad__arguments(void **state)
{
	(void)state;
	static const unsigned char zeros[16];
	must_fail(zeros, 0, EINVAL, "zeros");
	must_fail(NULL, RPMEM_RAW_CREATE, EINVAL, "identity");
	must_fail(me, 2, EINVAL, "0x2");
	assert_null(rpmem_open_owner_raw(getenv("RPMEM_TEST_A"), "hdr.set", mem,
		SIZE, me, RPMEM_RAW_CREATE));
	assert_int_equal(errno, EINVAL);
	struct rpmem_pool_attr attr = {.signature = "MYPOOL", .uuid = "u"};
	RPMEMpool *p = rpmem_open_owner(
		getenv("RPMEM_TEST_A"), "hdr.set", mem, SIZE, &attr);
	assert_non_null(p);
	assert_int_equal(rpmem_close(p), 0);
	assert_null(rpmem_open_owner_raw(
		getenv("RPMEM_TEST_A"), "hdr.set", mem, SIZE, me, 0));
	assert_int_equal(errno, ESTALE);
}

static void
promoted__is_nobodys(void **state)
{
	(void)state;
	store(BLOCK, 1);
	store(2 * BLOCK, 8);
	must_fail(me, 0, ESTALE, "promoted");
	must_fail(NULL, 0, ESTALE, "promoted");
	must_fail(me, RPMEM_RAW_CREATE, EEXIST, "remove it");
	/* whoever only reads it, may */
	unsigned nlanes = 1;
	RPMEMpool *p = rpmem_open(
		getenv("RPMEM_TEST_A"), "raw.set", mem, SIZE, &nlanes, NULL);
	assert_non_null(p);
	assert_same(p);
	assert_int_equal(rpmem_close(p), 0);
}

int
main(int argc, char **argv)
{
	(void)argv;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(created__is_equal_and_recorded),
		cmocka_unit_test(lost__identity_is_that_of_an_equal_copy),
		cmocka_unit_test(unclean__end_is_made_equal),
		cmocka_unit_test(bad__arguments),
	};
	const struct CMUnitTest promoted[] = {
		cmocka_unit_test(promoted__is_nobodys),
	};
	return argc > 1 ? cmocka_run_group_tests(promoted, setup, NULL)
			: cmocka_run_group_tests(tests, setup, NULL);
}
