/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_mapset.c -- which sets can be mapped
 */
#include "replica/mapset.h"

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

#include "base/err.h"

static char path[] = "/tmp/rpmem-mapset.XXXXXX";

static void
put(const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int
setup(void **state)
{
	(void)state;
	(void)memcpy(strrchr(path, '.'), ".XXXXXX", 8);
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void
refused(const char *text, int code, const char *word)
{
	struct poolset *set = NULL;
	put(text);
	assert_int_equal(mapset_read(path, &set), code);
	assert_null(set);
	if (strstr(err_msg(), word) == NULL || strstr(err_msg(), path) == NULL)
		fail_msg("'%s' or the path is not in: %s", word, err_msg());
}

static void
read__takes_all_kinds_of_replicas(void **state)
{
	(void)state;
	struct poolset *set = NULL;
	put("PMEMPOOLSET\nOPTION SINGLEHDR\n8M /a/1\n8M /a/2\nREPLICA\n"
	    "16M /b/1\nREPLICA tcp://node c.set\n");
	assert_int_equal(mapset_read(path, &set), 0);
	struct poolset one = mapset_one(set, 1);
	assert_int_equal(one.nreplicas, 1);
	assert_int_equal(one.options, POOLSET_F_SINGLEHDR);
	assert_string_equal(one.replicas[0].parts[0].path, "/b/1");
	poolset_free(set);
}

static void
read__refuses_what_cannot_be_mapped(void **state)
{
	(void)state;
	refused("", -EINVAL, "not a pool set");
	refused("PMEMPOOLSEX\n8M /a/1\n", -EINVAL, "not a pool set");
	refused("PMEMPOOLSET\n8x /a/1\n", -EINVAL, "line 2");
	refused("PMEMPOOLSET\nOPTION NOHDRS\n8M /a/1\n", -EINVAL, "NOHDRS");
	refused("PMEMPOOLSET\n8M /tmp\n", -ENOTSUP, "directory");
	refused("PMEMPOOLSET\n8M /a/1\nREPLICA\n8M /tmp\n", -ENOTSUP,
		"directory");
	refused("PMEMPOOLSET\n8M /a/1\nREPLICA a 1\nREPLICA a 2\nREPLICA a 3\n"
		"REPLICA a 4\nREPLICA a 5\nREPLICA a 6\nREPLICA a 7\n"
		"REPLICA a 8\nREPLICA a 9\n",
		-E2BIG, "at most 9");
}

static void
read__says_what_is_not_there(void **state)
{
	(void)state;
	struct poolset *set = NULL;
	assert_int_equal(mapset_read("/nowhere/a.set", &set), -ENOENT);
	assert_non_null(strstr(err_msg(), "/nowhere/a.set"));
	assert_int_equal(mapset_read("/tmp", &set), -EINVAL);
	assert_int_equal(mapset_read(NULL, &set), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			read__takes_all_kinds_of_replicas, setup, teardown),
		cmocka_unit_test_setup_teardown(
			read__refuses_what_cannot_be_mapped, setup, teardown),
		cmocka_unit_test(read__says_what_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
