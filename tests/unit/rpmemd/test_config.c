/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_config.c -- rpmemd's configuration files, good and bad
 */
#include "rpmemd/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static int
apply(struct options *o, const char *text)
{
	char copy[1024];
	(void)snprintf(copy, sizeof(copy), "%s", text);
	return config_apply(o, copy, "the.conf", "/h");
}

static void
accepts__the_whole_grammar(void **state)
{
	(void)state;
	struct options o = {.mode = MODE_SSH};
	assert_int_equal(
		apply(&o, "# a comment\n"
			  "\n"
			  "\t log-file\t=\t/var/log/x.log   # behind it\n"
			  "poolset-dir=$HOME/sets\n"
			  "persist-apm = yes\r\n"
			  "persist-general = no\n"
			  "log-level = info\n"
			  "durability=memory\n"
			  "data-port = 7000-7001\n"
			  "catchup-max = 0\n"
			  "access-file = $HOME/access\n"
			  "   #\n"
			  "use-syslog = yes"),
		0);
	assert_string_equal(o.log_file, "/var/log/x.log");
	assert_string_equal(o.poolset_dir, "/h/sets");
	assert_string_equal(o.access_file, "/h/access");
	assert_true(o.persist_apm && o.use_syslog);
	assert_int_equal(o.log_level, LOG_LEVEL_INFO);
	assert_int_equal(o.durability, POOL_DURABLE_MEMORY);
	assert_int_equal(o.data_port_max, 7001);
	assert_int_equal(o.catchup_max, 0);
}

static void
rejects__and_names_the_line(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"poolset-dir",
		"= value",
		"log-level =",
		"log-level = loud",
		"use-syslog = true",
		"persist-apm = 1",
		"no-such-key = 1",
		"[section]",
		"; comment",
		"max-lanes = 4",
		"data-port = x",
		"catchup-max = much",
		"durability = both",
		"log-level : info",
	};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		char text[128];
		struct options o = {.mode = MODE_SSH};
		(void)snprintf(text, sizeof(text),
			"# first\nlog-level = err\n%s\nuse-syslog = no\n",
			lines[i]);
		assert_int_equal(apply(&o, text), -EINVAL);
		assert_non_null(strstr(err_msg(), "the.conf:3"));
		assert_non_null(strstr(err_msg(), lines[i]));
	}
}

static void
command_line__wins(void **state)
{
	(void)state;
	struct options o = {.mode = MODE_SSH};
	assert_int_equal(options_set(&o, KEY_LOG_LEVEL, "debug"), 0);
	assert_int_equal(options_set(&o, KEY_LOG_FILE, "/mine"), 0);
	o.fixed = o.given;
	assert_int_equal(apply(&o, "log-level = err\nlog-file = /theirs\n"
				   "poolset-dir = /d\nuse-syslog = yes\n"),
		0);
	assert_int_equal(o.log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(o.log_file, "/mine");
	assert_string_equal(o.poolset_dir, "/d");
	assert_false(o.use_syslog);
	/* what does not count is checked all the same */
	assert_int_equal(apply(&o, "log-level = loud\n"), -EINVAL);
}

static void
home__stands_for_itself_only(void **state)
{
	(void)state;
	struct options o = {.mode = MODE_SSH};
	assert_int_equal(apply(&o, "poolset-dir = /a$HOMEX/b\n"), 0);
	assert_string_equal(o.poolset_dir, "/a$HOMEX/b");
	assert_int_equal(apply(&o, "poolset-dir = /a$HOME_/$HOME\n"), 0);
	assert_string_equal(o.poolset_dir, "/a/h_/$HOME");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts__the_whole_grammar),
		cmocka_unit_test(rejects__and_names_the_line),
		cmocka_unit_test(command_line__wins),
		cmocka_unit_test(home__stands_for_itself_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
