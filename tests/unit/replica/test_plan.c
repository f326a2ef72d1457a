/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_plan.c -- a pool set file split into what is local and what is not
 */
#include "replica/plan.h"

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

static char dir[] = "/tmp/rpmem-plan.XXXXXX";
static char set[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return -1;
	(void)snprintf(set, sizeof(set), "%s/a.set", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	char cmd[80];
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return system(cmd);
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
put_set(const char *lines)
{
	char text[512];
	(void)snprintf(text, sizeof(text), "PMEMPOOLSET\n%s", lines);
	put(set, text);
}

static void
make__hands_on_the_local_part(void **state)
{
	(void)state;
	struct plan p;
	char text[256] = "";
	put_set("8M /x/p1\n4M /x/p2\nREPLICA tcp://n a\nREPLICA\n8M /x/q\n"
		"REPLICA m b\n");
	assert_int_equal(plan_make(set, &p), 0);
	FILE *f = fopen(p.path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	(void)fclose(f);
	assert_string_equal(
		text, "PMEMPOOLSET\n8M /x/p1\n4M /x/p2\nREPLICA\n8M /x/q\n");
	assert_int_equal(p.set->nreplicas, 4);
	assert_false(p.parts[0].was_there);
	plan_free(&p);
	plan_free(&p);
}

static void
make__leaves_the_rest_alone(void **state)
{
	(void)state;
	struct plan p;
	assert_int_equal(plan_make(NULL, &p), PLAN_NONE);
	assert_int_equal(plan_make("/nowhere/x", &p), PLAN_NONE);
	assert_int_equal(plan_make(dir, &p), PLAN_NONE);
	put(set, "PMEMOBJ, a pool of its own");
	assert_int_equal(plan_make(set, &p), PLAN_NONE);
	put(set, "");
	assert_int_equal(plan_make(set, &p), PLAN_NONE);
	put_set("8M /x/p1\nREPLICA\n8M /x/q\n");
	assert_int_equal(plan_make(set, &p), PLAN_NONE);
}

static void
make__refuses(void **state)
{
	(void)state;
	struct plan p;
	put_set("8x /x/p1\nREPLICA tcp://n a\n");
	assert_int_equal(plan_make(set, &p), -EINVAL);
	assert_non_null(strstr(err_msg(), "line 2"));
	put_set("OPTION NOHDRS\n8M /x/p1\nREPLICA tcp://n a\n");
	assert_int_equal(plan_make(set, &p), -EINVAL);
	put_set("64M /dev/null\nREPLICA tcp://n a\n");
	assert_int_equal(plan_make(set, &p), -ENOTSUP);
	put_set("8M /x/p1\nREPLICA tcp://n a\n");
	put("a.set_r0_p3_badblocks.txt", "");
	assert_int_equal(plan_make(set, &p), -EIO);
	assert_non_null(strstr(err_msg(), "a.set_r0_p3_badblocks.txt"));
	assert_int_equal(unlink("a.set_r0_p3_badblocks.txt"), 0);
}

static void
look__adds_up_the_parts_and_undo_keeps_what_was_there(void **state)
{
	(void)state;
	struct plan p;
	struct stat st;
	char lines[256];
	uint64_t size = 0;
	put("p1", "");
	(void)snprintf(lines, sizeof(lines),
		"8M %s/p1\n4M %s/p2\nREPLICA tcp://n a\n", dir, dir);
	put_set(lines);
	assert_int_equal(plan_make(set, &p), 0);
	assert_int_equal(plan_look(&p, &size), -ENOENT);
	put("p2", "");
	assert_int_equal(truncate("p1", 8 << 20), 0);
	assert_int_equal(truncate("p2", (4 << 20) + 100), 0);
	assert_int_equal(plan_look(&p, &size), 0);
	/* the second header is not in the pool, the odd bytes neither */
	assert_int_equal(size, (12 << 20) - 4096);
	assert_int_equal(stat("p1", &st), 0);
	assert_int_equal(p.ino, st.st_ino);
	plan_undo(&p);
	assert_int_equal(stat("p1", &st), 0);
	assert_int_equal(stat("p2", &st), -1);
	plan_free(&p);
}

static void
undo__takes_the_new_parts_of_directories(void **state)
{
	(void)state;
	struct plan p;
	struct stat st;
	char lines[256];
	uint64_t size = 0;
	assert_int_equal(mkdir("d1", 0700), 0);
	assert_int_equal(mkdir("d2", 0700), 0);
	(void)snprintf(lines, sizeof(lines),
		"OPTION SINGLEHDR\n64M %s/d1\nREPLICA\n64M %s/d2\n"
		"REPLICA tcp://n a\n",
		dir, dir);
	put_set(lines);
	assert_int_equal(plan_make(set, &p), 0);
	assert_true(p.can_grow);
	assert_int_equal(plan_look(&p, &size), -ENOENT);
	put("d1/000000.pmem", "");
	put("d1/000001.pmem", "");
	put("d1/other", "");
	put("d2/000000.pmem", "");
	assert_int_equal(truncate("d1/000000.pmem", 8 << 20), 0);
	assert_int_equal(truncate("d1/000001.pmem", 4 << 20), 0);
	assert_int_equal(plan_look(&p, &size), 0);
	assert_int_equal(size, 12 << 20);
	plan_undo(&p);
	assert_int_equal(stat("d1/000000.pmem", &st), -1);
	assert_int_equal(stat("d1/000001.pmem", &st), -1);
	assert_int_equal(stat("d2/000000.pmem", &st), -1);
	assert_int_equal(stat("d1/other", &st), 0);
	assert_int_equal(unlink("d1/other"), 0);
	assert_int_equal(rmdir("d1"), 0);
	assert_int_equal(rmdir("d2"), 0);
	plan_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(make__hands_on_the_local_part),
		cmocka_unit_test(make__leaves_the_rest_alone),
		cmocka_unit_test(make__refuses),
		cmocka_unit_test(
			look__adds_up_the_parts_and_undo_keeps_what_was_there),
		cmocka_unit_test(undo__takes_the_new_parts_of_directories),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
