/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_pooldir.c -- descriptors stay below the pool set directory
 */
#include "rpmemd/pooldir.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/err.h"

static char top[] = "/tmp/rpmem-pooldir.XXXXXX";
static char dir[64];
static int dirfd_;

static void
put(const char *name, const char *text)
{
	int fd = openat(dirfd_, name, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

#define GOOD "PMEMPOOLSET\n16M /p/one\n"

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(top) == NULL)
		return -1;
	(void)snprintf(dir, sizeof(dir), "%s/sets", top);
	if (mkdir(dir, 0700) != 0)
		return -1;
	dirfd_ = pooldir_open(dir);
	put("good.set", GOOD);
	put("../outside.set", GOOD);
	put("bad.set", "PMEMPOOLSET\n16m /p/one\n");
	put("remote.set", GOOD "REPLICA tcp://a b.set\n");
	put("plain", "no set at all");
	return mkdirat(dirfd_, "sub", 0700) == 0 &&
			       symlinkat("../outside.set", dirfd_,
				       "link.set") == 0 &&
			       symlinkat("good.set", dirfd_, "inside.set") ==
				       0 &&
			       symlinkat("/etc/passwd", dirfd_, "passwd") == 0
		       ? 0
		       : -1;
}

static void
load__rows(void **state)
{
	(void)state;
	static const struct {
		const char *desc;
		int rc;
	} rows[] = {
		{"good.set", 0},
		{"sub/../good.set", 0},
		{"./good.set", 0},
		{"inside.set", 0},
		{"plain", 0},
		{"missing.set", -ENOENT},
		{"sub/missing.set", -ENOENT},
		{"../outside.set", -EXDEV},
		{"sub/../../outside.set", -EXDEV},
		{"link.set", -EXDEV},
		{"passwd", -EXDEV},
		{"/etc/passwd", -EINVAL},
		{"", -EINVAL},
		{"bad.set", -EINVAL},
		{"remote.set", -EINVAL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct poolset *set = NULL;
		err_clear();
		int rc = pooldir_load(dirfd_, dir, rows[i].desc, &set);
		if (rc != rows[i].rc)
			print_error("row '%s': %s\n", rows[i].desc, err_msg());
		assert_int_equal(rc, rows[i].rc);
		assert_int_equal(set != NULL, rc == 0);
		assert_int_equal(err_msg()[0] != '\0', rc != 0);
		poolset_free(set);
	}
}

static void
load__says_what_to_put_where(void **state)
{
	(void)state;
	struct poolset *set = NULL;
	assert_int_equal(
		pooldir_load(dirfd_, dir, "missing.set", &set), -ENOENT);
	assert_non_null(strstr(err_msg(), dir));
	assert_non_null(strstr(err_msg(), "PMEMPOOLSET"));
}

static void
plain_file__is_a_pool_of_one_part(void **state)
{
	(void)state;
	struct poolset *set = NULL;
	assert_int_equal(pooldir_load(dirfd_, dir, "plain", &set), 0);
	assert_int_equal(set->nreplicas, 1);
	assert_int_equal(set->replicas[0].nparts, 1);
	assert_int_equal(set->replicas[0].parts[0].path[0], '/');
	poolset_free(set);
}

static int
teardown(void **state)
{
	(void)state;
	char cmd[128];
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", top);
	return system(cmd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load__rows),
		cmocka_unit_test(load__says_what_to_put_where),
		cmocka_unit_test(plain_file__is_a_pool_of_one_part),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
