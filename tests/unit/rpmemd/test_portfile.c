/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_portfile.c -- there complete or not at all, removed only if ours
 */
#include "rpmemd/portfile.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/err.h"

static char dir[] = "/tmp/rpmem-portfile.XXXXXX";
static char path[PATH_MAX];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/port", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	/* fails if a test left something behind */
	return rmdir(dir);
}

static void
expect_port(unsigned want)
{
	unsigned got = 0;
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &got), 1);
	assert_int_equal(fgetc(f), '\n');
	assert_int_equal(fgetc(f), EOF);
	(void)fclose(f);
	assert_int_equal(got, want);
}

static void
write__then_remove(void **state)
{
	(void)state;
	struct portfile f = {0};
	struct stat st;
	assert_int_equal(portfile_write(&f, path, 65535), 0);
	expect_port(65535);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	portfile_remove(&f);
	assert_int_equal(access(path, F_OK), -1);
	portfile_remove(&f);
}

static void
remove__leaves_anothers_file(void **state)
{
	(void)state;
	struct portfile old = {0};
	struct portfile young = {0};
	assert_int_equal(portfile_write(&old, path, 1), 0);
	assert_int_equal(portfile_write(&young, path, 2), 0);
	portfile_remove(&old);
	expect_port(2);
	portfile_remove(&young);
	assert_int_equal(access(path, F_OK), -1);
}

static void
write__fails_whole(void **state)
{
	(void)state;
	struct portfile f = {0};
	char bad[PATH_MAX + 8];
	(void)snprintf(bad, sizeof(bad), "%s/no/port", dir);
	assert_int_equal(portfile_write(&f, bad, 1), -ENOENT);
	assert_non_null(strstr(err_msg(), bad));
	assert_null(f.path);
	/* a directory is in the way: nothing is left beside it */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(portfile_write(&f, path, 1), -EISDIR);
	assert_int_equal(rmdir(path), 0);
	memset(bad, 'a', sizeof(bad) - 1);
	bad[sizeof(bad) - 1] = '\0';
	assert_int_equal(portfile_write(&f, bad, 1), -ENAMETOOLONG);
	portfile_remove(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write__then_remove),
		cmocka_unit_test(remove__leaves_anothers_file),
		cmocka_unit_test(write__fails_whole),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
