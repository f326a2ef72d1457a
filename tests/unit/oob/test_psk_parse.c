/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_psk_parse.c -- what is a key file's text and what is not, and that no
 * message tells a key
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/compiler.h"
#include "base/err.h"
#include "oob/psk.h"

#define HEX_A                                                                  \
	"00112233445566778899aabbccddeeff"                                     \
	"0123456789ABCDEFfedcba9876543210"
#define HEX_B                                                                  \
	"ffffffffffffffffffffffffffffffff"                                     \
	"0000000000000000000000000000000f"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X255                                                                   \
	X64 X64 X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"      \
		    "xxxxxxxxxxxx"

static const struct {
	const char *text;
	size_t nkeys;
	const char *last;
} accepted[] = {
	{"a:" HEX_A, 1, "a"},
	{"a:" HEX_A "\n", 1, "a"},
	{"a:" HEX_A "\r\n", 1, "a"},
	{"\n\n# comment: with colon\n  # too\n\t\na:" HEX_A, 1, "a"},
	{"  a:" HEX_A " \t\n", 1, "a"},
	{"a:" HEX_A "\nb:" HEX_A "\n", 2, "b"},
	{"a:" HEX_A "\nA:" HEX_A "\n", 2, "A"},
	{"user@host.example:" HEX_B, 1, "user@host.example"},
	{"two words:" HEX_B, 1, "two words"},
	{"\xc3\xa4:" HEX_B, 1, "\xc3\xa4"},
	{X255 ":" HEX_B, 1, X255},
};

static void
parse__accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
		struct psk_keys keys;
		print_message("row %zu\n", i);
		assert_int_equal(psk_parse(accepted[i].text,
					 strlen(accepted[i].text), "f", &keys),
			0);
		assert_int_equal(keys.nkeys, accepted[i].nkeys);
		assert_string_equal(
			keys.keys[keys.nkeys - 1].identity, accepted[i].last);
		psk_free(&keys);
	}
}

static void
parse__reads_the_digits(void **state)
{
	static const uint8_t want[PSK_KEY_SIZE] = {0x00, 0x11, 0x22, 0x33, 0x44,
		0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
		0xff, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe,
		0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
	static const char text[] = "a:" HEX_A;
	struct psk_keys keys;

	(void)state;
	assert_int_equal(psk_parse(text, strlen(text), "f", &keys), 0);
	assert_memory_equal(keys.keys[0].key, want, sizeof(want));
	psk_free(&keys);
}

static const struct {
	const char *text;
	const char *message;
} rejected[] = {
	{"", "no key"},
	{"# only a comment\n\n", "no key"},
	{HEX_A, "line 1: no ':'"},
	{"\n" HEX_A "\n", "line 2: no ':'"},
	{":" HEX_A, "line 1: the identity before ':' is empty"},
	{"a:", "line 1: the key is not 64"},
	{"a: " HEX_A, "line 1: the key is not 64"},
	{"a:" HEX_A "0", "line 1: the key is not 64"},
	{"a:" HEX_A " x", "line 1: the key is not 64"},
	{"a:g" HEX_A, "line 1: the key is not 64"},
	{"a:0112233445566778899aabbccddeeff" HEX_A, "not 64"},
	{"a:00112233445566778899aabbccddeeffg12345678"
	 "9ABCDEFfedcba9876543210",
		"not 64"},
	{"a:b:" HEX_A, "line 1: the key is not 64"},
	{HEX_A ":a", "line 1: the key is not 64"},
	{"a\tb:" HEX_A, "line 1: a control character"},
	{"a\x7f:" HEX_A, "line 1: a control character"},
	{"a :" HEX_A, "line 1: a blank around the identity"},
	{X255 "x:" HEX_A, "line 1: the identity is longer"},
	{"a:" HEX_A "\n\na:" HEX_B, "line 3: the same identity as "
				    "line 1"},
	{"a:" HEX_A "\nb:" HEX_B "\nb:" HEX_B "\n",
		"line 3: the same identity as line 2"},
	{HEX_A ":" HEX_A "\n" HEX_A ":" HEX_B, "line 2: the same"},
};

static void
parse__rejects_and_tells_no_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rejected); i++) {
		struct psk_keys keys = {7, NULL};
		int rc = psk_parse(rejected[i].text, strlen(rejected[i].text),
			"the file", &keys);
		print_message("row %zu: %s\n", i, err_msg());
		assert_int_equal(rc, -EINVAL);
		assert_non_null(strstr(err_msg(), "'the file'"));
		assert_non_null(strstr(err_msg(), rejected[i].message));
		/* any 8 digits of a key would be too many */
		assert_null(strstr(err_msg(), "00112233"));
		assert_null(strstr(err_msg(), "ffffffff"));
		assert_null(strstr(err_msg(), "76543210"));
		assert_int_equal(keys.nkeys, 0);
		assert_null(keys.keys);
	}
}

static void
parse__nul_is_a_control_character(void **state)
{
	static const char text[] = "a\0b:" HEX_A;
	struct psk_keys keys;

	(void)state;
	assert_int_equal(
		psk_parse(text, sizeof(text) - 1, "f", &keys), -EINVAL);
	assert_non_null(strstr(err_msg(), "control character"));
}

static char *
many_keys(unsigned n)
{
	size_t room = (size_t)n * 80 + 1;
	char *text = malloc(room);
	size_t len = 0;

	assert_non_null(text);
	text[0] = '\0';
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(
			text + len, room - len, "k%u:" HEX_A "\n", i);
	return text;
}

static void
parse__as_many_as_allowed_and_no_more(void **state)
{
	struct psk_keys keys;

	(void)state;
	char *text = many_keys(PSK_KEYS_MAX);
	assert_int_equal(psk_parse(text, strlen(text), "f", &keys), 0);
	assert_int_equal(keys.nkeys, PSK_KEYS_MAX);
	assert_non_null(psk_find(&keys, "k4095"));
	psk_free(&keys);
	free(text);
	text = many_keys(PSK_KEYS_MAX + 1);
	assert_int_equal(psk_parse(text, strlen(text), "f", &keys), -EINVAL);
	assert_non_null(strstr(err_msg(), "line 4097: more than 4096"));
	free(text);
}

static void
find__by_identity_or_the_first(void **state)
{
	static const char text[] = "a:" HEX_A "\nb:" HEX_B "\n";
	struct psk_keys keys;

	(void)state;
	assert_int_equal(psk_parse(text, strlen(text), "f", &keys), 0);
	assert_ptr_equal(psk_find(&keys, NULL), &keys.keys[0]);
	assert_ptr_equal(psk_find(&keys, ""), &keys.keys[0]);
	assert_ptr_equal(psk_find(&keys, "b"), &keys.keys[1]);
	assert_null(psk_find(&keys, "c"));
	assert_null(psk_find(&keys, "ab"));
	psk_free(&keys);
	assert_null(keys.keys);
	assert_null(psk_find(&keys, NULL));
	psk_free(&keys);
}

static void
format__is_what_parse_reads(void **state)
{
	struct psk_key key = {.identity = "user@host"};
	struct psk_keys keys;
	char line[512];

	(void)state;
	for (unsigned seed = 0; seed < 256; seed++) {
		for (unsigned i = 0; i < PSK_KEY_SIZE; i++)
			key.key[i] = (uint8_t)(seed + 37 * i);
		psk_format(&key, line, sizeof(line));
		assert_int_equal(strlen(line), 9 + 1 + 64 + 1);
		assert_int_equal(psk_parse(line, strlen(line), "f", &keys), 0);
		assert_int_equal(keys.nkeys, 1);
		assert_string_equal(keys.keys[0].identity, key.identity);
		assert_memory_equal(keys.keys[0].key, key.key, PSK_KEY_SIZE);
		psk_free(&keys);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__accepts),
		cmocka_unit_test(parse__reads_the_digits),
		cmocka_unit_test(parse__rejects_and_tells_no_key),
		cmocka_unit_test(parse__nul_is_a_control_character),
		cmocka_unit_test(parse__as_many_as_allowed_and_no_more),
		cmocka_unit_test(find__by_identity_or_the_first),
		cmocka_unit_test(format__is_what_parse_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
