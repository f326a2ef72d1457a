/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_address.c -- HOST[:PORT] of --listen
 */
#include "rpmemd/address.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

static void
accepts__each_form(void **state)
{
	(void)state;
	static const struct {
		const char *text, *host;
		uint16_t port;
	} rows[] = {
		{"a", "a", 7636},
		{"a:0", "a", 0},
		{"127.0.0.1:65535", "127.0.0.1", 65535},
		{"[::1]", "::1", 7636},
		{"[::1]:80", "::1", 80},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct address a;
		assert_int_equal(address_parse(rows[i].text, 7636, &a), 0);
		assert_string_equal(a.host, rows[i].host);
		assert_int_equal(a.port, rows[i].port);
	}
}

static void
refuses__the_rest(void **state)
{
	(void)state;
	static const char *const rows[] = {"", ":80", "a:", "a:x", "a:65536",
		"a:-1", "[]", "[::1", "[::1]x", "[::1]:", "::1"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct address a;
		err_clear();
		if (address_parse(rows[i], 7636, &a) != -EINVAL)
			fail_msg("'%s' was accepted", rows[i]);
		assert_true(err_msg()[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts__each_form),
		cmocka_unit_test(refuses__the_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
