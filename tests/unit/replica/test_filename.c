/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_filename.c -- names of one file, before and after it is there
 */
#include "replica/filename.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"

static char dir[] = "/tmp/rpmem-names.XXXXXX";

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL || chdir(dir) != 0 || mkdir("d", 0700) != 0)
		return -1;
	return symlink("d", "e") | symlink("../f", "d/link") |
	       symlink("d/link", "far") | symlink("loop", "loop");
}

static int
teardown(void **state)
{
	(void)state;
	const char *names[] = {"d/link", "far", "loop", "e", "f", "g"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlink(names[i]);
	return rmdir("d") | chdir("/") | rmdir(dir);
}

static void
assert_resolves(const char *path)
{
	char got[PATH_MAX];
	char want[PATH_MAX];
	char real[PATH_MAX];
	assert_non_null(realpath(dir, real));
	(void)snprintf(want, sizeof(want), "%.4000s/f", real);
	assert_int_equal(filename_resolve(path, got), 0);
	assert_string_equal(got, want);
}

static void
resolve__with_and_without_the_file(void **state)
{
	(void)state;
	static const char *const names[] = {
		"f", "./f", "d/../f", "e/link", "far", "d//link"};
	char got[PATH_MAX];
	for (int is_there = 0; is_there < 2; is_there++) {
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			assert_resolves(names[i]);
			assert_true(filename_same(names[i], "f"));
			assert_false(filename_same(names[i], "g"));
			assert_false(filename_same(names[i], "d/f"));
		}
		FILE *f = fopen("f", "w");
		assert_non_null(f);
		assert_int_equal(fclose(f), 0);
	}
	assert_int_equal(filename_resolve("none/f", got), -ENOENT);
	assert_int_equal(filename_resolve("d/none/", got), -ENOENT);
	assert_int_equal(filename_resolve("", got), -ENOENT);
	assert_int_equal(filename_resolve("loop", got), -ELOOP);
	assert_int_equal(filename_resolve("f/g", got), -ENOTDIR);
	/* the same file by another name */
	assert_int_equal(link("f", "g"), 0);
	assert_true(filename_same("f", "g"));
	assert_false(filename_same("none/f", "none/f"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			resolve__with_and_without_the_file, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
