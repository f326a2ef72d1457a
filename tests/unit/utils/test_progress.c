/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_progress.c -- rates, what is left, and lines for programs
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "utils/progress.h"

static void
test_eta(void **state)
{
	(void)state;
	assert_int_equal(progress_eta(0, 0, 5), 0);
	assert_int_equal(progress_eta(7, 7, 5), 0);
	assert_int_equal(progress_eta(8, 7, 5), 0);
	assert_int_equal(progress_eta(0, 7, 5), UINT64_MAX);
	assert_int_equal(progress_eta(1, 4, 2000000000), 6);
	assert_int_equal(progress_eta(1, UINT64_MAX, UINT64_MAX), UINT64_MAX);
}

static void
test_text(void **state)
{
	(void)state;
	const struct progress p = {.step = "sync",
		.who = "tcp://b\303\244 c.set",
		.total = 4 << 20};
	const char *const tail = "50 %, 2 of 4 MiB, 1 MiB/s, 0:02 left";
	char text[PROGRESS_TEXT_MAX];
	char want[PROGRESS_TEXT_MAX];
	progress_text(&p, 2 << 20, 2000000000, 80, text);
	(void)snprintf(
		want, sizeof(want), "sync tcp://b\303\244 c.set: %s", tail);
	assert_string_equal(text, want);
	for (unsigned columns = 0; columns < 80; columns++) {
		progress_text(&p, 2 << 20, 2000000000, columns, text);
		assert_true(strlen(text) < (columns < 2 ? 2 : columns));
		/* no half of a character */
		assert_true((strchr(text, '\303') != NULL) ==
			    (strchr(text, '\244') != NULL));
	}
	progress_text(&p, 2 << 20, 2000000000, 46, text);
	(void)snprintf(want, sizeof(want), "sync tc: %s", tail);
	assert_string_equal(text, want);
	progress_text(&p, 2 << 20, 2000000000, 37, text);
	assert_string_equal(text, tail);
	progress_text(&p, 2 << 20, 2000000000, 11, text);
	assert_string_equal(text, "50 %, 2 of");
	progress_text(&p, 2 << 20, 2000000000, 100000, text);
	assert_true(strlen(text) < 80);
}

static void
check_line(const char *line, const char *state, json_int_t done)
{
	json_t *o = json_loads(line, 0, NULL);
	assert_non_null(o);
	assert_string_equal(
		json_string_value(json_object_get(o, "state")), state);
	assert_int_equal(
		json_integer_value(json_object_get(o, "done_bytes")), done);
	json_decref(o);
}

static void
test_lines(void **state)
{
	(void)state;
	struct progress p;
	char text[4096];
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	progress_begin(&p, fds[1], "sync", "tcp://a b.set", 100);
	progress_show(&p, 10);
	progress_show(&p, 20); /* too soon for another */
	progress_end(&p, 100, true);
	(void)close(fds[1]);
	ssize_t n = read(fds[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	(void)close(fds[0]);
	char *second = strchr(text, '\n');
	assert_non_null(second);
	*second++ = '\0';
	check_line(text, "running", 10);
	check_line(second, "done", 100);
	assert_int_equal(second[strlen(second) - 1], '\n');
}

/* who reads it is gone: the work goes on */
static void
test_nobody_reads(void **state)
{
	(void)state;
	struct progress p;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	(void)close(fds[0]);
	progress_begin(&p, fds[1], "sync", "x", 100);
	progress_show(&p, 10);
	progress_end(&p, 10, false);
	(void)close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eta),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nobody_reads),
	};
	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
