/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_statedir.c -- which directory, and that nobody else can change it
 */
#include "unit/librpmem/statefile_fixture.h"

#include <errno.h>

#include "base/err.h"

static void
must_choose(struct statedir_env env, const char *want)
{
	char path[STATEDIR_PATH_MAX];
	assert_int_equal(statedir_choose(&env, path), 0);
	assert_string_equal(path, want);
}

static void
choose__in_this_order(void **state)
{
	(void)state;
	struct statedir_env env = {.env_dir = "/a/b",
		.xdg = "/x",
		.home = "/h/me",
		.is_root = true};
	must_choose(env, "/a/b");
	env.env_dir = "";
	must_choose(env, "/var/lib/rpmem");
	env.is_root = false;
	must_choose(env, "/x/rpmem");
	env.xdg = "x";
	must_choose(env, "/h/me/.local/state/rpmem");
	env.xdg = NULL;
	must_choose(env, "/h/me/.local/state/rpmem");
}

static void
choose__refuses(void **state)
{
	(void)state;
	char path[STATEDIR_PATH_MAX];
	char text[STATEDIR_PATH_MAX + 1];
	struct statedir_env env = {.env_dir = "a/b", .is_root = true};
	assert_int_equal(statedir_choose(&env, path), -EINVAL);
	assert_non_null(strstr(err_msg(), "RPMEM_STATE_DIR=a/b"));
	env = (struct statedir_env){.home = "."};
	assert_int_equal(statedir_choose(&env, path), -ENOENT);
	memset(text, 'x', sizeof(text));
	text[0] = '/';
	text[STATEDIR_PATH_MAX] = '\0';
	env.env_dir = text;
	assert_int_equal(statedir_choose(&env, path), -ENAMETOOLONG);
}

static void
must_open_dir(const char *path, int want)
{
	int fd = statedir_open(path);
	assert_int_equal(fd < 0 ? fd : 0, want);
	if (fd >= 0)
		(void)close(fd);
	else
		assert_non_null(strstr(err_msg(), path));
}

static void
open__makes_what_is_missing(void **state)
{
	(void)state;
	char path[256];
	struct stat st;
	(void)snprintf(path, sizeof(path), "%s//a/b/", fixture_dir);
	must_open_dir(path, 0);
	must_open_dir(path, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	(void)snprintf(path, sizeof(path), "%s/a/file/b", fixture_dir);
	path[strlen(path) - 2] = '\0';
	int fd = open(path, O_CREAT | O_CLOEXEC | O_WRONLY, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	must_open_dir(path, -ENOTDIR);
	/* a name that the kernel refuses is not cut to one that it takes */
	char longer[700];
	(void)snprintf(longer, sizeof(longer), "%s/%0300d", fixture_dir, 1);
	must_open_dir(longer, -ENAMETOOLONG);
}

static void
open__trusts_no_directory_of_everybody(void **state)
{
	(void)state;
	char parent[256];
	char path[300];
	(void)snprintf(parent, sizeof(parent), "%s/open", fixture_dir);
	(void)snprintf(path, sizeof(path), "%s/state", parent);
	assert_int_equal(mkdir(parent, 0700), 0);
	assert_int_equal(chmod(parent, 0777), 0);
	must_open_dir(path, -EACCES);
	assert_int_equal(access(path, F_OK), -1);
	must_open_dir(parent, -EACCES);
	/* like /tmp */
	assert_int_equal(chmod(parent, 01777), 0);
	must_open_dir(path, 0);
	assert_int_equal(chmod(path, 0777), 0);
	must_open_dir(path, -EACCES);
	if (geteuid() != 0)
		return;
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(chown(path, 4711, 4711), 0);
	must_open_dir(path, -EACCES);
	assert_non_null(strstr(err_msg(), "user 4711"));
}

static void
name__is_of_the_whole_key(void **state)
{
	(void)state;
	char name[STATEDIR_NAME_MAX];
	char other[STATEDIR_NAME_MAX];
	const uint8_t uuid[UUID16_LEN] = {7};
	statedir_name(&fixture_key, name);
	/* as it has been since the first version: files must be found again */
	assert_string_equal(name,
		"01020300-0000-0000-0000-000000000000-92f96908c560ce48"
		".replica");
	struct statefile_key k = fixture_key;
	k.primary_uuid = uuid;
	statedir_name(&k, other);
	assert_string_not_equal(name, other);
	k = fixture_key;
	k.target = "tcp://node:7000c";
	k.set_name = "opy.set";
	statedir_name(&k, other);
	assert_string_not_equal(name, other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choose__in_this_order),
		cmocka_unit_test(choose__refuses),
		TEST(open__makes_what_is_missing),
		TEST(open__trusts_no_directory_of_everybody),
		cmocka_unit_test(name__is_of_the_whole_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
