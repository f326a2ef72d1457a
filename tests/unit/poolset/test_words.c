/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_words.c -- lines, words and sizes as such; what they mean in a set is
 * tested in test_parse.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "poolset/words.h"

static struct span
span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

static void
size__each_unit(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t size;
	} rows[] = {
		{"1", 1},
		{"7B", 7},
		{"016M", 16777216},
		{"3K", 3072},
		{"16M", 16777216},
		{"2G", 2147483648},
		{"1T", 1099511627776},
		{"1P", 1125899906842624},
		{"3KiB", 3072},
		{"16MiB", 16777216},
		{"2GiB", 2147483648},
		{"1TiB", 1099511627776},
		{"1PiB", 1125899906842624},
		{"3kB", 3000},
		{"16MB", 16000000},
		{"2GB", 2000000000},
		{"1TB", 1000000000000},
		{"1PB", 1000000000000000},
		{"9223372036854775807", INT64_MAX},
		{"8191P", 9222246136947933184},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t size = 0;
		print_message("%s\n", rows[i].text);
		assert_true(span_to_size(span_of(rows[i].text), &size));
		assert_int_equal(size, rows[i].size);
	}
}

static void
size__that_no_file_can_have(void **state)
{
	(void)state;
	static const char *const rows[] = {"0", "0K", "9223372036854775808",
		"8192P", "18446744073709551615", "18446744073709551616",
		"18446744073709551617", "18014398509498368K",
		"99999999999999999999999999999999", "16385P"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t size = 1;
		print_message("%s\n", rows[i]);
		assert_true(span_to_size(span_of(rows[i]), &size));
		assert_int_equal(size, 0);
	}
}

static void
size__no_size(void **state)
{
	(void)state;
	static const char *const rows[] = {"", "M", "16m", "16k", "16Mi",
		"16MIB", "16KB", "16.5M", "0x10", "-1", "+16M", "16M1", "16MM",
		"auto", "16E", "16MiBMiBMiB", "REPLICA"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t size;
		print_message("'%s'\n", rows[i]);
		assert_false(span_to_size(span_of(rows[i]), &size));
	}
}

static void
line__each_end(void **state)
{
	(void)state;
	struct span rest = span_of("a\nbb\r\n\r\n\nc\rd\ne\r");
	static const char *const lines[] = {"a", "bb", "", "", "c\rd"};
	bool is_ended;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct span line = span_take_line(&rest, &is_ended);
		assert_true(span_is(line, lines[i]));
		assert_true(is_ended);
	}
	/* no LF, so the CR is not part of a line end */
	assert_true(span_is(span_take_line(&rest, &is_ended), "e\r"));
	assert_false(is_ended);
	assert_int_equal(rest.len, 0);
}

static void
word__between_blanks(void **state)
{
	(void)state;
	struct span rest = span_of(" \t16M\t /a/b  ");
	assert_true(span_is(span_take_word(&rest), "16M"));
	assert_true(span_is(span_take_word(&rest), "/a/b"));
	assert_true(span_is(span_take_word(&rest), ""));
	assert_true(span_is(span_take_word(&rest), ""));
}

static void
quote__is_short_and_printable(void **state)
{
	(void)state;
	char text[QUOTE_MAX];
	struct span long_word =
		span_of("0123456789012345678901234567890123456789x");
	assert_string_equal(
		span_quote(span_of(""), text), "the end of the line");
	assert_string_equal(span_quote(span_of("x"), text), "'x'");
	assert_string_equal(span_quote(long_word, text),
		"'0123456789012345678901234567890123456789...'");
	long_word.len = 40;
	assert_string_equal(span_quote(long_word, text),
		"'0123456789012345678901234567890123456789'");
	assert_string_equal(
		span_quote((struct span){"a\0\033\tb\177", 6}, text),
		"'a???b?'");
}

static void
quote__keeps_utf8_whole(void **state)
{
	(void)state;
	char text[QUOTE_MAX];
	/* the two bytes of the last letter are number 40 and 41 */
	assert_string_equal(
		span_quote(span_of("012345678901234567890123456789012345678"
				   "\xc3\xa4"),
			text),
		"'012345678901234567890123456789012345678...'");
	/* nothing but continuation bytes: shortened to nothing, still bounded
	 */
	char junk[64];
	memset(junk, 0x80, sizeof(junk));
	assert_string_equal(
		span_quote((struct span){junk, sizeof(junk)}, text), "'...'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size__each_unit),
		cmocka_unit_test(size__that_no_file_can_have),
		cmocka_unit_test(size__no_size),
		cmocka_unit_test(line__each_end),
		cmocka_unit_test(word__between_blanks),
		cmocka_unit_test(quote__is_short_and_printable),
		cmocka_unit_test(quote__keeps_utf8_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
