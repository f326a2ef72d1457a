/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_keyring.c -- a reading of the key file outlives its replacement
 */
#include "rpmemd/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define HEX_32                                                                 \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char path[] = "/tmp/rpmem-keyring.XXXXXX";

static int
setup(void **state)
{
	static const char text[] =
		"# a comment\none:" HEX_32 "\ntwo:" HEX_32 "\n";
	(void)state;
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0)
		return -1;
	return close(fd);
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void
put__the_last_one_frees(void **state)
{
	(void)state;
	struct keyring *k = NULL;
	assert_int_equal(keyring_load(path, &k), 0);
	assert_int_equal(k->keys.nkeys, 2);
	struct keyring *again = keyring_get(k);
	assert_ptr_equal(again, k);
	keyring_put(k);
	/* still whole: a leak or an early free is the sanitizers' to see */
	assert_string_equal(again->keys.keys[1].identity, "two");
	keyring_put(again);
	keyring_put(NULL);
}

static void
wipe__leaves_identities(void **state)
{
	(void)state;
	static const uint8_t zero[32];
	struct keyring *k = NULL;
	assert_int_equal(keyring_load(path, &k), 0);
	assert_memory_not_equal(k->keys.keys[0].key, zero, sizeof(zero));
	keyring_wipe(k);
	for (size_t i = 0; i < k->keys.nkeys; i++)
		assert_memory_equal(k->keys.keys[i].key, zero, sizeof(zero));
	assert_string_equal(k->keys.keys[0].identity, "one");
	keyring_put(k);
}

static void
load__refuses_what_others_read(void **state)
{
	(void)state;
	struct keyring *k = NULL;
	assert_int_equal(chmod(path, 0640), 0);
	assert_true(keyring_load(path, &k) < 0);
	assert_null(k);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(keyring_load("/nowhere/psk", &k), -ENOENT);
	assert_null(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put__the_last_one_frees),
		cmocka_unit_test(wipe__leaves_identities),
		cmocka_unit_test(load__refuses_what_others_read),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
