/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_samples.c -- poolsets/ holds valid sets, poolsets/invalid/ one error
 * each
 *
 * An invalid sample says in a line "# expect: " what the message is after the
 * set's name.  An empty or missing directory fails: a test of nothing proves
 * nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "poolset/poolset.h"

#define EXPECT "# expect: "

typedef void (*sample_check)(const char *name, const char *text, size_t len);

static void
read_sample(const char *path, char *text, size_t *len)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	*len = fread(text, 1, *len - 1, f);
	text[*len] = '\0';
	assert_false(ferror(f));
	assert_true(feof(f) || fgetc(f) == EOF);
	(void)fclose(f);
}

/* every *.set directly in the directory; how many there are */
static unsigned
for_each_sample(const char *dir_name, sample_check check)
{
	const char *source = getenv("RPMEM_SOURCE_DIR");
	char path[4096];
	if (source == NULL)
		fail_msg("RPMEM_SOURCE_DIR names the source directory");
	(void)snprintf(path, sizeof(path), "%s/%s", source, dir_name);
	DIR *dir = opendir(path);
	if (dir == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	unsigned n = 0;
	/* one thread reads this directory */
	for (struct dirent *e; (e = readdir(dir)) != NULL;) { // NOLINT
		const char *dot = strrchr(e->d_name, '.');
		char text[16384];
		size_t len = sizeof(text);
		if (dot == NULL || strcmp(dot, ".set") != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s/%s", source, dir_name,
			e->d_name);
		print_message("%s\n", path);
		read_sample(path, text, &len);
		check(e->d_name, text, len);
		n++;
	}
	(void)closedir(dir);
	return n;
}

static void
check_valid(const char *name, const char *text, size_t len)
{
	struct poolset *set;
	assert_true(poolset_is_set(text, len));
	if (poolset_parse(text, len, name, &set) != 0)
		fail_msg("%s", err_msg());
	/* a target's set is named so, and is served by a target */
	if (strncmp(name, "target", 6) == 0)
		assert_int_equal(poolset_check_target(set), 0);
	else
		assert_int_equal(poolset_check_local(set), 0);
	poolset_free(set);
}

static void
check_invalid(const char *name, const char *text, size_t len)
{
	struct poolset *set;
	char want[512];
	const char *expect = strstr(text, EXPECT);
	assert_non_null(expect);
	expect += strlen(EXPECT);
	(void)snprintf(want, sizeof(want), "pool set '%s' %.*s", name,
		(int)strcspn(expect, "\r\n"), expect);
	assert_int_equal(poolset_parse(text, len, name, &set), -EINVAL);
	assert_null(set);
	assert_string_equal(err_msg(), want);
}

static void
samples__are_valid(void **state)
{
	(void)state;
	assert_true(for_each_sample("poolsets", check_valid) >= 9);
}

static void
samples__are_invalid_as_they_say(void **state)
{
	(void)state;
	assert_true(for_each_sample("poolsets/invalid", check_invalid) >= 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples__are_valid),
		cmocka_unit_test(samples__are_invalid_as_they_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
