/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_options.c -- rpmemd's command line
 */
#include "rpmemd/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARGS_MAX 12

/* a NULL ends the words; what options borrow is good until the next call */
static int
parse(struct options *o, const char *const *words)
{
	static char room[ARGS_MAX][64];
	static char name[] = "rpmemd";
	char *argv[ARGS_MAX + 2] = {name};
	int argc = 1;
	for (; words[argc - 1] != NULL; argc++) {
		assert_true(argc <= ARGS_MAX);
		argv[argc] = room[argc - 1];
		(void)snprintf(
			argv[argc], sizeof(room[0]), "%s", words[argc - 1]);
	}
	return options_parse(argc, argv, o);
}

static void
accepts__everything(void **state)
{
	(void)state;
	static const char *const words[] = {"--listen", "127.0.0.1:0",
		"--poolset-dir=/sets", "--durability", "memory",
		"--log-level=debug", "--data-port=7000-7010",
		"--access-file=/access", "--catchup-max=64K", NULL};
	struct options o;
	assert_int_equal(parse(&o, words), 0);
	assert_string_equal(o.listen.host, "127.0.0.1");
	assert_int_equal(o.listen.port, 0);
	assert_string_equal(o.poolset_dir, "/sets");
	assert_int_equal(o.durability, POOL_DURABLE_MEMORY);
	assert_int_equal(o.log_level, LOG_LEVEL_DEBUG);
	assert_null(o.port_file);
	assert_string_equal(o.log_file, "");
	assert_string_equal(o.access_file, "/access");
	assert_int_equal(o.data_port_min, 7000);
	assert_int_equal(o.data_port_max, 7010);
	assert_int_equal(o.catchup_max, 64 * 1024);
	assert_int_equal(o.mode, MODE_LISTEN);
}

static void
defaults__are_safe(void **state)
{
	(void)state;
	static const char *const words[] = {"--listen=::1", NULL};
	struct options o;
	assert_int_equal(parse(&o, words), -EINVAL); /* needs brackets */
	static const char *const good[] = {"--listen=[::1]", NULL};
	assert_int_equal(parse(&o, good), 0);
	options_finish(&o);
	assert_int_equal(o.listen.port, 7636);
	assert_int_equal(o.durability, POOL_DURABLE_MEDIA);
	assert_int_equal(o.log_level, LOG_LEVEL_NOTICE);
	assert_false(o.use_syslog);
	assert_int_equal(o.data_port_min, 0);
	assert_true(o.catchup_max == UINT64_MAX);
}

/* as the historical daemon was, when ssh starts it */
static void
defaults__by_ssh(void **state)
{
	(void)state;
	static const char *const none[] = {NULL};
	static const char *const file[] = {"--log-file=/l", "-t", "4", NULL};
	struct options o;
	assert_int_equal(parse(&o, none), 0);
	options_finish(&o);
	assert_int_equal(o.mode, MODE_SSH);
	assert_true(o.use_syslog);
	assert_int_equal(o.log_level, LOG_LEVEL_ERR);
	assert_int_equal(parse(&o, file), 0);
	options_finish(&o);
	assert_false(o.use_syslog);
	assert_string_equal(o.log_file, "/l");
}

static void
remove__takes_its_switches(void **state)
{
	(void)state;
	static const char *const words[] = {
		"--remove", "a.set", "--force", "--pool-set", NULL};
	static const char *const letters[] = {"-fsr", "a.set", NULL};
	struct options o;
	assert_int_equal(parse(&o, words), 0);
	assert_int_equal(o.mode, MODE_REMOVE);
	assert_string_equal(o.remove, "a.set");
	assert_true(o.force && o.pool_set);
	assert_int_equal(parse(&o, letters), 0);
	assert_string_equal(o.remove, "a.set");
	assert_true(o.force && o.pool_set);
}

static void
dir__made_absolute(void **state)
{
	(void)state;
	static const char *const words[] = {
		"--listen=a", "--poolset-dir", "sets/here", NULL};
	struct options o;
	char want[PATH_MAX + 16];
	assert_int_equal(parse(&o, words), 0);
	char *cwd = getcwd(NULL, 0);
	assert_non_null(cwd);
	(void)snprintf(want, sizeof(want), "%s/sets/here", cwd);
	free(cwd);
	assert_string_equal(o.poolset_dir, want);
}

static void
rejects__bad_words(void **state)
{
	(void)state;
	static const char *const rows[][4] = {
		{"--listen", NULL},
		{"--force", NULL},
		{"-s", NULL},
		{"--remove=", NULL},
		{"--remove=a", "--listen=b", NULL},
		{"--port-file=p", NULL},
		{"--config=", NULL},
		{"--nthreads=many", NULL},
		{"--data-port=0", NULL},
		{"--data-port=9-8", NULL},
		{"--data-port=1-65536", NULL},
		{"--data-port=-", NULL},
		{"--catchup-max=", NULL},
		{"--catchup-max=64k!", NULL},
		{"--catchup-max=99999999999999999999", NULL},
		{"--listen=", NULL},
		{"--listen=a:65536", NULL},
		{"--listen=a", "stray", NULL},
		{"--listen=a", "--durability=both", NULL},
		{"--listen=a", "--log-level=loud", NULL},
		{"--listen=a", "--poolset-dir=", NULL},
		{"--listen=a", "--port-file=", NULL},
		{"--listen=a", "--no-such-option", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct options o;
		assert_int_equal(parse(&o, rows[i]), -EINVAL);
	}
}

static void
help__is_done(void **state)
{
	(void)state;
	static const char *const rows[][2] = {{"--help", NULL},
		{"--usage", NULL}, {"--version", NULL}, {"-V", NULL}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct options o;
		assert_int_equal(parse(&o, rows[i]), OPTIONS_DONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts__everything),
		cmocka_unit_test(defaults__are_safe),
		cmocka_unit_test(defaults__by_ssh),
		cmocka_unit_test(remove__takes_its_switches),
		cmocka_unit_test(dir__made_absolute),
		cmocka_unit_test(rejects__bad_words),
		cmocka_unit_test(help__is_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
