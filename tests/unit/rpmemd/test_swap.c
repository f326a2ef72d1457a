/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_swap.c -- files that change names with others, begun and finished
 */
#include "rpmemd/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"

#define LIST "list"

static char dir[] = "/tmp/test_swap.XXXXXX";
static int dirfd_;

static void
put(const char *name, char c)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, &c, 1), 1);
	(void)close(fd);
}

/* 0: it is not there */
static char
what(const char *name)
{
	char c = 0;
	int fd = openat(dirfd_, name, O_RDONLY);
	if (fd < 0)
		return 0;
	assert_int_equal(read(fd, &c, 1), 1);
	(void)close(fd);
	return c;
}

/* a and b have former ones, c is free */
static int
setup(void **state)
{
	(void)state;
	static const char *const names[] = {
		"a", "a.old", "b", "b.old", "c", "c.old", LIST};
	if (dirfd_ == 0) {
		assert_non_null(mkdtemp(dir));
		dirfd_ = open(dir, O_RDONLY | O_DIRECTORY);
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlinkat(dirfd_, names[i], 0);
	put("a", 'n');
	put("b", 'n');
	put("a.old", 'o');
	put("b.old", 'o');
	put("c.old", 'o');
	return 0;
}

static int
teardown(void **state)
{
	IGNORE(setup(state));
	static const char *const names[] = {
		"a", "a.old", "b", "b.old", "c.old"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlinkat(dirfd_, names[i], 0);
	(void)close(dirfd_);
	return rmdir(dir);
}

static void
make(struct swap *s)
{
	*s = (struct swap){.dirfd = dirfd_};
	assert_int_equal(swap_add(s, "a.old", "a"), 0);
	assert_int_equal(swap_add(s, "b.old", "b"), 0);
	assert_int_equal(swap_add(s, "c.old", "c"), 0);
}

static void
assert_swapped(void)
{
	assert_int_equal(what("a"), 'o');
	assert_int_equal(what("b"), 'o');
	assert_int_equal(what("c"), 'o');
	assert_int_equal(what("a.old"), 'n');
	assert_int_equal(what("b.old"), 'n');
	assert_int_equal(what("c.old"), 0);
}

static void
run__twice_is_once(void **state)
{
	(void)state;
	struct swap s;
	struct swap again = {.dirfd = dirfd_};
	assert_int_equal(swap_read(&again, dir, LIST), -ENOENT);
	make(&s);
	assert_int_equal(swap_write(&s, LIST), 0);
	assert_false(swap_has_begun(&s));
	assert_int_equal(swap_run(&s), 0);
	assert_true(swap_has_begun(&s));
	assert_swapped();
	assert_int_equal(swap_read(&again, dir, LIST), 0);
	assert_int_equal(again.n, 3);
	assert_true(swap_has_begun(&again));
	assert_int_equal(swap_run(&again), 0);
	assert_swapped();
	assert_int_equal(swap_forget(dirfd_, LIST), 0);
	assert_int_equal(swap_forget(dirfd_, LIST), 0);
	swap_fini(&s);
	swap_fini(&again);
}

static void
run__goes_on_anywhere(void **state)
{
	struct swap s;
	for (unsigned done = 0; done <= 3; done++) {
		IGNORE(setup(state));
		make(&s);
		unsigned all = s.n;
		s.n = done;
		assert_int_equal(swap_run(&s), 0);
		s.n = all;
		assert_int_equal(swap_has_begun(&s), done > 0);
		assert_int_equal(swap_run(&s), 0);
		assert_swapped();
		swap_fini(&s);
	}
}

static void
run__of_a_file_that_is_neither(void **state)
{
	(void)state;
	struct swap s;
	make(&s);
	assert_int_equal(unlinkat(dirfd_, "b.old", 0), 0);
	assert_int_equal(swap_run(&s), -ENOENT);
	assert_int_equal(what("a"), 'o');
	assert_int_equal(what("b"), 'n');
	swap_fini(&s);
	assert_int_equal(swap_add(&s, "none", "x"), -ENOENT);
	swap_fini(&s);
}

static void
read__damaged(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"rpmem-swap 2\n1 2\na\nb\nend\n",
		"rpmem-swap 1\nend\n",
		"rpmem-swap 1\n1 2\na\nb\n",
		"rpmem-swap 1\n1 2\na\n",
		"rpmem-swap 1\n1 x\na\nb\nend\n",
		"rpmem-swap 1\n1 2 3\na\nb\nend\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct swap s = {.dirfd = dirfd_};
		int fd = openat(
			dirfd_, LIST, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		size_t len = strlen(texts[i]);
		assert_int_equal(write(fd, texts[i], len), len);
		(void)close(fd);
		assert_int_equal(swap_read(&s, dir, LIST), -EBADMSG);
		swap_fini(&s);
	}
	(void)unlinkat(dirfd_, LIST, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(run__twice_is_once, setup),
		cmocka_unit_test_setup(run__goes_on_anywhere, setup),
		cmocka_unit_test_setup(run__of_a_file_that_is_neither, setup),
		cmocka_unit_test_setup(read__damaged, setup),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
