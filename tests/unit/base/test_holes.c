/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_holes.c -- extents by value, and of files on a disk and on tmpfs
 */
#include "base/holes.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"

#define PAGE 4096u
#define SIZE (64u * PAGE)

static void
check_stored(
	struct extent e, uint64_t off, uint64_t len, uint64_t from, uint64_t to)
{
	extent_stored(&e, off, len);
	assert_int_equal(e.from, from);
	assert_int_equal(e.to, to);
}

static void
stored__leaves_the_larger_rest(void **state)
{
	(void)state;
	struct extent hole = {.from = 100, .to = 200, .is_hole = true};
	check_stored(hole, 0, 100, 100, 200);
	check_stored(hole, 200, 50, 100, 200);
	check_stored(hole, 90, 20, 110, 200);
	check_stored(hole, 120, 10, 130, 200);
	check_stored(hole, 170, 10, 100, 170);
	check_stored(hole, 190, 100, 100, 190);
	check_stored(hole, 100, 100, 200, 200);
	check_stored(hole, 0, 1000, 200, 200);
	check_stored(hole, 150, 0, 150, 200);
	hole.is_hole = false;
	check_stored(hole, 120, 10, 100, 200);
}

static int
sparse_file(const char *dir)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "%s/rpmem-unit.XXXXXX", dir);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	return fd;
}

static void
check_run(struct holes *h, uint64_t off, uint64_t len, bool want, uint64_t n)
{
	uint64_t got = 0;
	assert_int_equal(holes_run(h, off, len, &got), want);
	assert_int_equal(got, n);
}

static void
one_file(const char *dir)
{
	struct holes h;
	int fd = sparse_file(dir);
	holes_init(&h, fd);
	if (h.fd < 0) {
		print_message("%s: holes are not known\n", dir);
		assert_int_equal(close(fd), 0);
		return;
	}
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	check_run(&h, 0, SIZE, true, SIZE);
	/* a page that was read beside others counts as data, once it has room
	 */
	assert_int_equal(madvise(map, SIZE, MADV_RANDOM), 0);
	/* a store into the mapping, unsynced, is seen by the next question */
	map[8 * PAGE] = 1;
	check_run(&h, 0, SIZE, true, SIZE); /* kept */
	extent_stored(&h.at, 8 * PAGE, 1);
	check_run(&h, 9 * PAGE, SIZE, true, SIZE - 9 * PAGE);
	holes_forget(&h);
	check_run(&h, PAGE, SIZE, true, 7 * PAGE);
	uint64_t n = 0;
	assert_false(holes_run(&h, 8 * PAGE, 10 * PAGE, &n));
	assert_true(n >= PAGE);
	/* a page that has its room and was never written */
	if (fallocate(fd, 0, 16 * PAGE, PAGE) == 0) {
		holes_forget(&h);
		check_run(&h, 16 * PAGE, PAGE, true, PAGE);
	}
	/* behind the end nothing is a hole, kept or not */
	check_run(&h, 40 * PAGE, PAGE, true, PAGE);
	assert_int_equal(ftruncate(fd, 42 * PAGE), 0);
	check_run(&h, 41 * PAGE, 10 * PAGE, true, PAGE);
	check_run(&h, 42 * PAGE, PAGE, false, PAGE);
	check_run(&h, 50 * PAGE, PAGE, false, PAGE);
	assert_int_equal(munmap(map, SIZE), 0);
	assert_int_equal(close(fd), 0);
}

static void
run__of_a_disk_and_of_tmpfs(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	one_file(tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	one_file("/dev/shm");
}

static void
run__does_not_ask_about_a_full_file(void **state)
{
	(void)state;
	struct holes h;
	int fd = sparse_file("/dev/shm");
	assert_int_equal(posix_fallocate(fd, 0, SIZE), 0);
	holes_init(&h, fd);
	check_run(&h, 0, SIZE, false, SIZE);
	assert_int_equal(close(fd), 0);
}

static void
run__knows_none_of_a_device(void **state)
{
	(void)state;
	struct holes h;
	holes_init(&h, -1);
	check_run(&h, 5, 10, false, 10);
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	holes_init(&h, fd);
	assert_int_equal(h.fd, -1);
	check_run(&h, 5, 10, false, 10);
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored__leaves_the_larger_rest),
		cmocka_unit_test(run__of_a_disk_and_of_tmpfs),
		cmocka_unit_test(run__does_not_ask_about_a_full_file),
		cmocka_unit_test(run__knows_none_of_a_device),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
