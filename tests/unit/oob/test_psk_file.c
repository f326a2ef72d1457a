/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_psk_file.c -- key files on disk: who may read them, where they are,
 * and that making one never destroys one
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
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "oob/psk.h"

#define KEY                                                                    \
	"me:00112233445566778899aabbccddeeff"                                  \
	"00112233445566778899aabbccddeeff\n"

static char dir[] = "/tmp/rpmem-psk-XXXXXX";
static char path[64];

static int
set_up(void **state)
{
	(void)state;
	(void)unsetenv("RPMEM_PSK_FILE");
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/psk", dir);
	return setenv("HOME", dir, 1);
}

static int
tear_down(void **state)
{
	static const char *const names[] = {"psk", "link", "away",
		".config/rpmem/psk", ".config/rpmem", ".config", "psk/x", ""};
	char name[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(name, sizeof(name), "%s/%s", dir, names[i]);
		(void)remove(name);
	}
	/* a test that left something behind made a file it should not have */
	return access(dir, F_OK) == 0 ? -1 : 0;
}

static void
write_file(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
assert_refused(int code, const char *message)
{
	struct psk_keys keys = {9, NULL};
	int rc = psk_load(path, &keys);
	print_message("%s\n", err_msg());
	assert_int_equal(rc, code);
	assert_non_null(strstr(err_msg(), path));
	assert_non_null(strstr(err_msg(), message));
	assert_int_equal(keys.nkeys, 0);
	assert_null(keys.keys);
}

static void
load__own_private_file(void **state)
{
	static const mode_t modes[] = {0600, 0400, 0700};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct psk_keys keys;
		write_file(KEY, modes[i]);
		assert_int_equal(psk_load(path, &keys), 0);
		assert_int_equal(keys.nkeys, 1);
		assert_string_equal(keys.keys[0].identity, "me");
		psk_free(&keys);
		assert_int_equal(unlink(path), 0);
	}
}

static void
load__others_may_not_read_or_write(void **state)
{
	(void)state;
	for (unsigned bit = 1; bit <= 040; bit <<= 1) {
		write_file(KEY, 0600 | bit);
		assert_refused(-EACCES, "chmod 600");
	}
}

static void
load__foreign_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	write_file(KEY, 0600);
	assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
	assert_refused(-EACCES, "belongs to user 12345");
}

static void
load__missing_file_tells_how_to_make_one(void **state)
{
	(void)state;
	assert_refused(-ENOENT, "rpmem keygen");
}

static void
load__not_a_regular_file(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(-EACCES, "not a regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(-EACCES, "not a regular file");
}

static void
load__bad_content_and_huge_file(void **state)
{
	(void)state;
	write_file("nonsense\n", 0600);
	assert_refused(-EINVAL, "line 1");
	write_file("", 0600);
	assert_refused(-EINVAL, "no key");
	write_file(KEY, 0600);
	assert_int_equal(truncate(path, PSK_FILE_MAX + 1), 0);
	assert_refused(-EINVAL, "larger than 1 MiB");
}

static void
load__through_a_symbolic_link(void **state)
{
	struct psk_keys keys;
	char name[64];

	(void)state;
	(void)snprintf(name, sizeof(name), "%s/link", dir);
	write_file(KEY, 0600);
	assert_int_equal(symlink("psk", name), 0);
	assert_int_equal(psk_load(name, &keys), 0);
	psk_free(&keys);
	/* the link's own mode does not count, the file's does */
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(psk_load(name, &keys), -EACCES);
}

static void
load__leaves_no_descriptor(void **state)
{
	struct psk_keys keys;

	(void)state;
	int before = dup(0);
	assert_true(before >= 0);
	(void)close(before);
	write_file(KEY, 0600);
	assert_int_equal(psk_load(path, &keys), 0);
	psk_free(&keys);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(psk_load(path, &keys), -EACCES);
	int after = dup(0);
	assert_int_equal(after, before);
	(void)close(after);
}

static void
default_path__variable_home_and_length(void **state)
{
	char buf[128];
	char want[128];
	struct psk_keys keys;

	(void)state;
	assert_int_equal(psk_default_path(buf, sizeof(buf)), 0);
	(void)snprintf(want, sizeof(want), "%s/.config/rpmem/psk", dir);
	assert_string_equal(buf, want);
	assert_int_equal(psk_default_path(buf, 10), -ENAMETOOLONG);

	assert_int_equal(setenv("RPMEM_PSK_FILE", path, 1), 0);
	assert_int_equal(psk_default_path(buf, sizeof(buf)), 0);
	assert_string_equal(buf, path);
	write_file(KEY, 0600);
	assert_int_equal(psk_load(NULL, &keys), 0);
	psk_free(&keys);

	assert_int_equal(setenv("RPMEM_PSK_FILE", "", 1), 0);
	assert_int_equal(psk_default_path(buf, sizeof(buf)), 0);
	assert_string_equal(buf, want);

	/* the password file's home; nothing is looked for in "/.config" */
	assert_int_equal(unsetenv("HOME"), 0);
	int rc = psk_default_path(buf, sizeof(buf));
	assert_true(rc == 0 || rc == -ENOENT);
	if (rc == 0)
		assert_null(strstr(buf, dir));
}

static void
generate__makes_a_private_file_that_loads(void **state)
{
	struct psk_key key;
	struct psk_key second;
	struct psk_keys keys;
	struct stat st;
	char other[64];

	(void)state;
	mode_t old = umask(0277); /* must not make it unreadable */
	assert_int_equal(psk_generate(path, &key), 0);
	(void)umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(psk_load(path, &keys), 0);
	assert_int_equal(keys.nkeys, 1);
	assert_string_equal(keys.keys[0].identity, key.identity);
	assert_memory_equal(keys.keys[0].key, key.key, PSK_KEY_SIZE);
	psk_free(&keys);
	const char *at = strchr(key.identity, '@');
	assert_non_null(at);
	assert_true(at > key.identity && at[1] != '\0');

	(void)snprintf(other, sizeof(other), "%s/away", dir);
	assert_int_equal(psk_generate(other, &second), 0);
	assert_memory_not_equal(second.key, key.key, PSK_KEY_SIZE);
}

static void
generate__never_over_an_old_file(void **state)
{
	struct psk_key key;
	char name[64];
	char text[128] = "";

	(void)state;
	write_file("old\n", 0644);
	assert_int_equal(psk_generate(path, &key), -EEXIST);
	assert_non_null(strstr(err_msg(), path));
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, "old\n");

	/* nor through a link, even one that leads nowhere */
	(void)snprintf(name, sizeof(name), "%s/link", dir);
	assert_int_equal(symlink("away", name), 0);
	assert_int_equal(psk_generate(name, &key), -EEXIST);
	(void)snprintf(name, sizeof(name), "%s/away", dir);
	assert_int_equal(access(name, F_OK), -1);
}

static void
generate__makes_directories_below_home_only(void **state)
{
	struct psk_key key;
	struct stat st;
	char name[128];

	(void)state;
	(void)snprintf(name, sizeof(name), "%s/.config/rpmem/psk", dir);
	assert_int_equal(psk_generate(name, &key), 0);
	(void)snprintf(name, sizeof(name), "%s/.config/rpmem", dir);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);

	assert_int_equal(setenv("HOME", "/nonexistent", 1), 0);
	(void)snprintf(name, sizeof(name), "%s/psk/x", dir);
	assert_int_equal(psk_generate(name, &key), -ENOENT);
	assert_int_equal(access(path, F_OK), -1);
}

static void
generate__failed_write_leaves_no_file(void **state)
{
	struct rlimit old;
	struct psk_key key;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	struct rlimit small = {10, old.rlim_max};
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int rc = psk_generate(path, &key);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(rc, -EFBIG);
	assert_int_equal(access(path, F_OK), -1);
	/* and no half of a key in the caller's hands */
	static const struct psk_key zero;
	assert_memory_equal(&key, &zero, sizeof(key));
}

#define FILE_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(load__own_private_file),
		FILE_TEST(load__others_may_not_read_or_write),
		FILE_TEST(load__foreign_owner),
		FILE_TEST(load__missing_file_tells_how_to_make_one),
		FILE_TEST(load__not_a_regular_file),
		FILE_TEST(load__bad_content_and_huge_file),
		FILE_TEST(load__through_a_symbolic_link),
		FILE_TEST(load__leaves_no_descriptor),
		FILE_TEST(default_path__variable_home_and_length),
		FILE_TEST(generate__makes_a_private_file_that_loads),
		FILE_TEST(generate__never_over_an_old_file),
		FILE_TEST(generate__makes_directories_below_home_only),
		FILE_TEST(generate__failed_write_leaves_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
