/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_mapid.c -- the identity beside a mapped file
 */
#include "replica/mapid.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

#define GOOD                                                                   \
	"rpmem-id 1\nidentity 01020304-0506-0708-090a-0b0c0d0e0f10\n"          \
	"inode 77\nborn 12345678901234567890\n"

static const uint8_t uuid[UUID16_LEN] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static char dir[] = "/tmp/rpmem-mapid.XXXXXX";

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL && chdir(dir) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(dir) : -1;
}

static void
write_text(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
format__and_parse(void **state)
{
	(void)state;
	struct mapid id = {.ino = 77, .born_ns = 12345678901234567890u};
	struct mapid back;
	char text[MAPID_TEXT_MAX];
	memcpy(id.uuid, uuid, sizeof(uuid));
	size_t len = mapid_format(&id, text);
	assert_string_equal(text, GOOD);
	assert_int_equal(mapid_parse(text, len, &back), 0);
	assert_memory_equal(back.uuid, uuid, sizeof(uuid));
	assert_int_equal(back.ino, 77);
	assert_true(back.born_ns == id.born_ns);
	/* any byte less, more, or other */
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(mapid_parse(text, i, &back), -EBADMSG);
		text[i] ^= 0x20;
		assert_true(mapid_parse(text, len, &back) == -EBADMSG ||
			    memcmp(&back, &id, sizeof(id)) != 0);
		text[i] ^= 0x20;
	}
	text[len] = '\n';
	assert_int_equal(mapid_parse(text, len + 1, &back), -EBADMSG);
	memset(id.uuid, 0, sizeof(id.uuid));
	len = mapid_format(&id, text);
	assert_int_equal(mapid_parse(text, len, &back), -EBADMSG);
}

static void
fits__its_inode_only(void **state)
{
	(void)state;
	struct mapid id = {.ino = 7, .born_ns = 9};
	assert_true(mapid_fits(&id, 7, 9));
	assert_false(mapid_fits(&id, 7, 10));
	assert_false(mapid_fits(&id, 8, 9));
	/* a kernel or a file system that does not tell the birth */
	assert_true(mapid_fits(&id, 7, 0));
	id.born_ns = 0;
	assert_true(mapid_fits(&id, 7, 10));
}

static void
save__and_load(void **state)
{
	(void)state;
	uint8_t back[UUID16_LEN];
	assert_int_equal(mapid_load("f", back), -ENOENT);
	write_text("f", "data");
	assert_int_equal(mapid_load("f", back), MAPID_LOST);
	assert_non_null(strstr(err_msg(), "there is no"));
	/* left by a death */
	write_text("f.rpmem-id.tmp", "half");
	assert_int_equal(mapid_save("f", uuid), 0);
	assert_int_not_equal(access("f.rpmem-id.tmp", F_OK), 0);
	assert_int_equal(mapid_load("f", back), 0);
	assert_memory_equal(back, uuid, sizeof(uuid));
	/* another file of the name */
	write_text("g", "data");
	assert_int_equal(rename("g", "f"), 0);
	assert_int_equal(mapid_load("f", back), MAPID_LOST);
	assert_non_null(strstr(err_msg(), "had this name before"));
	write_text("f.rpmem-id", "nothing");
	assert_int_equal(mapid_load("f", back), MAPID_LOST);
	assert_non_null(strstr(err_msg(), "holds no identity"));
	mapid_remove("f");
	assert_int_not_equal(access("f.rpmem-id", F_OK), 0);
	assert_int_equal(unlink("f"), 0);
	assert_int_equal(mapid_save("f", uuid), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format__and_parse),
		cmocka_unit_test(fits__its_inode_only),
		cmocka_unit_test_setup_teardown(
			save__and_load, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
