/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_maplist.c -- RPMEM_MAP
 */
#include "replica/maplist.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/err.h"

static void
parse__good(void **state)
{
	(void)state;
	static const struct map_entry rows[] = {
		{"f", "tcp://host", "n.set"},
		{"/a b/f", "tcp://me@host:7000", "pools/n.set"},
		{"f", "tcp://[fe80::1]:7", "n"},
		{"f", "user@node:22", "n.set"},
		{"f", "node", "a/b/c"},
		{"f", "node", "tcp://n"},
		/* whether there is such a target is librpmem's to say */
		{"f", "xyz://node", "n"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[200];
		struct maplist l;
		(void)snprintf(text, sizeof(text), "%s=%s/%s", rows[i].file,
			rows[i].target, rows[i].name);
		assert_int_equal(maplist_parse(text, &l), 0);
		assert_int_equal(l.n, 1);
		assert_string_equal(l.entries[0].file, rows[i].file);
		assert_string_equal(l.entries[0].target, rows[i].target);
		assert_string_equal(l.entries[0].name, rows[i].name);
		maplist_free(&l);
	}
}

static void
parse__several(void **state)
{
	(void)state;
	struct maplist l;
	assert_int_equal(maplist_parse("a=tcp://h/x;b=i/x;a=i/y", &l), 0);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.entries[2].file, "a");
	assert_string_equal(l.entries[2].target, "i");
	assert_string_equal(l.entries[1].name, "x");
	maplist_free(&l);
	assert_int_equal(maplist_parse(NULL, &l), 0);
	assert_int_equal(l.n, 0);
	assert_int_equal(maplist_parse("", &l), 0);
	assert_int_equal(l.n, 0);
}

static void
parse__bad(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *word;
	} rows[] = {
		{"a", "FILE="},
		{"=h/x", "FILE="},
		{";", "FILE="},
		{"a=h/x;", "FILE="},
		{"a=h/x;;b=h/y", "FILE="},
		{"a=b=h/x", "second"},
		{"a=h/x=y", "second"},
		{"a=", "/NAME"},
		{"a=h", "/NAME"},
		{"a=tcp://h", "/NAME"},
		{"a=h/", "NAME is"},
		{"a=h//x", "NAME is"},
		{"a=/x", "TARGET"},
		{"a=tcp:///x", "TARGET"},
		{"a=h/x\n", "control"},
		{"a\t=h/x", "control"},
		{"a=h/x;b=h/x", "twice"},
		{"a=h/x;a=h/x", "twice"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct maplist l;
		assert_int_equal(maplist_parse(rows[i].text, &l), -EINVAL);
		assert_null(l.text);
		assert_non_null(strstr(err_msg(), "RPMEM_MAP"));
		assert_non_null(strstr(err_msg(), rows[i].word));
	}
}

static void
parse__is_bounded(void **state)
{
	(void)state;
	struct maplist l;
	char text[2000] = "";
	for (unsigned i = 0; i <= MAPLIST_MAX; i++) {
		char one[32];
		(void)snprintf(
			one, sizeof(one), "%sa=h/%u", i > 0 ? ";" : "", i);
		memcpy(text + strlen(text), one, strlen(one) + 1);
		assert_int_equal(
			maplist_parse(text, &l), i < MAPLIST_MAX ? 0 : -EINVAL);
		maplist_free(&l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__good),
		cmocka_unit_test(parse__several),
		cmocka_unit_test(parse__bad),
		cmocka_unit_test(parse__is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
