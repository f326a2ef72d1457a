/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_target.c -- target strings, accepted and refused
 */
#include "librpmem/target.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/err.h"

static void
accepts__each_form(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name, *node;
		uint16_t port;
	} rows[] = {
		{"a", "", "a", 0},
		{"me@a", "me", "a", 0},
		{"me@a:22", "me", "a", 22},
		{"a:2222", "", "a", 2222},
		{"::1", "", "::1", 0},
		{"me@fe80::1", "me", "fe80::1", 0},
		{"[::1]", "", "::1", 0},
		{"me@[::1]:22", "me", "::1", 22},
		{"12345678901234567890123456789012@a",
			"12345678901234567890123456789012", "a", 0},
		{"tcp://a", "", "a", 7636},
		{"tcp://a:1", "", "a", 1},
		{"tcp://a:65535", "", "a", 65535},
		{"tcp://me@a:7", "me", "a", 7},
		{"tcp://me@host@a", "me@host", "a", 7636},
		{"tcp://[::1]", "", "::1", 7636},
		{"tcp://[::1]:80", "", "::1", 80},
		{"tcp://me@[fe80::1%eth0]:80", "me", "fe80::1%eth0", 80},
		{"tcp://fe80::1", "", "fe80::1", 7636},
		{"tcp://10.0.0.2:7636", "", "10.0.0.2", 7636},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct target t;
		assert_int_equal(target_parse(rows[i].text, &t), 0);
		bool tcp = strncmp(rows[i].text, "tcp:", 4) == 0;
		assert_int_equal(t.kind, tcp ? TARGET_TCP : TARGET_SSH);
		assert_string_equal(tcp ? t.identity : t.user, rows[i].name);
		assert_string_equal(tcp ? t.user : t.identity, "");
		assert_string_equal(t.node, rows[i].node);
		assert_string_equal(t.text, rows[i].text);
		assert_int_equal(t.port, rows[i].port);
	}
}

static void
refuses__what_is_no_target(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int error;
	} rows[] = {
		{"", -EINVAL},
		{"tcp://", -EINVAL},
		{"tcp://:80", -EINVAL},
		{"tcp://@a", -EINVAL},
		{"tcp://me@", -EINVAL},
		{"tcp://[]", -EINVAL},
		{"tcp://[::1", -EINVAL},
		{"tcp://[::1]80", -EINVAL},
		{"tcp://a:", -EINVAL},
		{"tcp://a:0", -EINVAL},
		{"tcp://a:65536", -EINVAL},
		{"tcp://a:-1", -EINVAL},
		{"tcp://a: 1", -EINVAL},
		{"tcp://a:1x", -EINVAL},
		{"@a", -EINVAL},
		{"me@", -EINVAL},
		{"a:", -EINVAL},
		{"a:ssh", -EINVAL},
		{"-oProxyCommand=x", -EINVAL},
		{"me@-oProxyCommand=x", -EINVAL},
		{"-l@a", -EINVAL},
		{"123456789012345678901234567890123@a", -EINVAL},
		{"TCP://a", -ENOTSUP},
		{"ssh://me@a", -ENOTSUP},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct target t;
		err_clear();
		assert_int_equal(target_parse(rows[i].text, &t), rows[i].error);
		assert_true(err_msg()[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts__each_form),
		cmocka_unit_test(refuses__what_is_no_target),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
