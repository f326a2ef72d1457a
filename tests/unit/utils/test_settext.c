/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_settext.c -- pool set text: changed by lines, and judged
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "utils/setfile.h"

#define SET "PMEMPOOLSET\n"
#define PRIMARY "16M /p/1\n"

static struct settext
text_of(const char *text)
{
	return (struct settext){
		.p = (char *)(uintptr_t)text, .len = strlen(text)};
}

static void
check_added(const char *text, const char *lines, const char *want)
{
	struct settext t = text_of(text);
	struct settext out;
	assert_int_equal(settext_add(&t, lines, &out), 0);
	assert_string_equal(out.p, want);
	settext_free(&out);
}

static void
add__as_the_text_is(void **state)
{
	(void)state;
	check_added(SET PRIMARY, "REPLICA a b\n", SET PRIMARY "REPLICA a b\n");
	check_added(SET "16M /p/1 # mine", "REPLICA a b\n",
		SET "16M /p/1 # mine\nREPLICA a b\n");
	check_added("PMEMPOOLSET\r\n16M /p/1", "REPLICA\n2M /a\n",
		"PMEMPOOLSET\r\n16M /p/1\r\nREPLICA\r\n2M /a\r\n");
}

static void
check_removed(const char *text, unsigned at, const char *want)
{
	struct settext t = text_of(text);
	struct settext out;
	struct poolset *set;
	assert_int_equal(poolset_parse(t.p, t.len, "x", &set), 0);
	assert_int_equal(settext_remove(&t, &set->replicas[at], &out), 0);
	assert_string_equal(out.p, want);
	settext_free(&out);
	poolset_free(set);
}

static void
remove__keeps_every_other_line(void **state)
{
	(void)state;
	check_removed(SET "# one\n" PRIMARY "\nREPLICA a b # gone\n# two\n"
			  "REPLICA\tc d\n",
		1, SET "# one\n" PRIMARY "\n# two\nREPLICA\tc d\n");
	check_removed(SET PRIMARY "REPLICA\n 2M /a\n# kept\n2M /b\n"
				  "OPTION SINGLEHDR\nREPLICA c d",
		1, SET PRIMARY "# kept\nOPTION SINGLEHDR\nREPLICA c d");
	check_removed(SET PRIMARY "REPLICA c d", 1, SET PRIMARY);
}

/* the codes of all findings, each with a blank behind it */
static void
codes(const struct findings *f, char text[256])
{
	size_t n = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < f->n; i++) {
		n += (size_t)snprintf(
			text + n, 256 - n, "%s ", f->list[i].code);
		assert_true(n < 256);
		assert_true(f->list[i].fix[0] != '\0');
	}
}

static void
check_codes(const char *lines, bool is_for_target, const char *want)
{
	char text[1024];
	char got[256];
	struct findings f = {.list = NULL};
	struct poolset *set = NULL;
	(void)snprintf(text, sizeof(text), SET "%s", lines);
	struct settext t = text_of(text);
	set_check_grammar(&f, &t, "x.set", &set);
	if (set != NULL)
		set_check_value(&f, set, is_for_target);
	codes(&f, got);
	assert_string_equal(got, want);
	poolset_free(set);
	findings_free(&f);
}

static void
check__value(void **state)
{
	(void)state;
	check_codes(PRIMARY "REPLICA tcp://a b\n", false, "");
	check_codes(PRIMARY, true, "");
	check_codes(PRIMARY, false, "no-replica ");
	check_codes("OPTION NOHDRS\n" PRIMARY, true, "");
	check_codes(PRIMARY "REPLICA a b\n", true, "target-replica ");
	check_codes(
		"OPTION NOHDRS\n" PRIMARY "REPLICA a b\n", false, "nohdrs ");
	check_codes("1M /p\n16M /q\nREPLICA a b\n", false, "part-small ");
	check_codes("2M /p\nREPLICA a b\n", false, "pool-small ");
	check_codes(PRIMARY "REPLICA\n15M /q\n", false, "replica-small ");
	check_codes(PRIMARY "REPLICA\n16M /p/1\n", false, "part-shared ");
	check_codes("AUTO /dev/dax0.0\nREPLICA a b\n", false, "");
}

static void
check__copies(void **state)
{
	(void)state;
	check_codes(PRIMARY "REPLICA a b\nREPLICA a b\n", false, "copy-twice ");
	check_codes(PRIMARY "REPLICA tcp://a b\nREPLICA tcp://a:7636 b\n",
		false, "copy-twice ");
	check_codes(PRIMARY "REPLICA tcp://a b\nREPLICA a b\n", false, "");
	check_codes(PRIMARY "REPLICA tcp://i@a b\nREPLICA tcp://j@a b\n", false,
		"");
	check_codes(PRIMARY "REPLICA a:x b\n", false, "target ");
	check_codes(PRIMARY "REPLICA a x/../b\n", false, "");
	check_codes(PRIMARY "REPLICA a x/../../b\n", false, "name-outside ");
}

static void
check__each_error(void **state)
{
	(void)state;
	check_codes("16m /a\n16M b\nOPTION x\n16M /c d\n" PRIMARY, false,
		"grammar grammar grammar grammar ");
	/* what would follow from these is not told */
	check_codes("16m /a\nREPLICA a\n16M x\n", false, "grammar grammar ");
	check_codes(PRIMARY "REPLICA a b\n16M /x\n16m /y\n", false, "grammar ");
	check_codes("", false, "grammar ");
}

static void
check_size(const char *lines, uint64_t want)
{
	char text[256];
	struct poolset *set;
	(void)snprintf(text, sizeof(text), SET "%s", lines);
	assert_int_equal(poolset_parse(text, strlen(text), "x", &set), 0);
	assert_int_equal(set_pool_size(set), want);
	poolset_free(set);
}

static void
pool_size__as_libpmemobj(void **state)
{
	(void)state;
	check_size("8M /a\n", 8 << 20);
	check_size("8M /a\n8M /b\n8M /c\n", (24 << 20) - 2 * 4096);
	check_size("OPTION SINGLEHDR\n8M /a\n8M /b\n", 16 << 20);
	check_size("8388609 /a\nREPLICA x y\nREPLICA\n9M /b\n", 8 << 20);
	check_size("AUTO /a\n", 0);
	check_size("4095 /a\n", 0);
	check_size("9223372036854775807 /a\n9223372036854775807 /b\n"
		   "9223372036854775807 /c\n",
		0);
}

static void
shell_word__quotes(void **state)
{
	char buf[SHELL_WORD_MAX];
	char big[SHELL_WORD_MAX + 100];
	(void)state;
	assert_string_equal(shell_word("/a/b.set", buf), "/a/b.set");
	assert_string_equal(shell_word("", buf), "''");
	assert_string_equal(shell_word("a b'c", buf), "'a b'\\''c'");
	memset(big, '\'', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_true(strlen(shell_word(big, buf)) < SHELL_WORD_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add__as_the_text_is),
		cmocka_unit_test(remove__keeps_every_other_line),
		cmocka_unit_test(check__value),
		cmocka_unit_test(check__copies),
		cmocka_unit_test(check__each_error),
		cmocka_unit_test(pool_size__as_libpmemobj),
		cmocka_unit_test(shell_word__quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
