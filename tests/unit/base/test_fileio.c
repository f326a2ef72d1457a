/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_fileio.c -- whole reads and writes, and which boot it is
 */
#include "base/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bootid.h"

static int
temporary(void)
{
	char path[] = "/tmp/rpmem-unit.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	return fd;
}

static void
read__ends_where_the_file_does(void **state)
{
	(void)state;
	char buf[16] = "";
	int fd = temporary();
	assert_int_equal(file_write_all(fd, "abcdef", 6, 4), 0);
	assert_int_equal(file_read_all(fd, buf, 6, 4), 0);
	assert_string_equal(buf, "abcdef");
	assert_int_equal(file_read_some(fd, buf, sizeof(buf), 7), 3);
	assert_memory_equal(buf, "def", 3);
	assert_int_equal(file_read_some(fd, buf, sizeof(buf), 10), 0);
	assert_int_equal(file_read_all(fd, buf, 7, 4), -EIO);
	assert_int_equal(file_read_all(fd, buf, 0, 99), 0);
	(void)close(fd);
}

static void
errors__are_the_kernels(void **state)
{
	(void)state;
	char buf[4] = "";
	int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		assert_int_equal(file_write_all(fd, buf, 4, 0), -ENOSPC);
	(void)close(fd);
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_read_some(fd, buf, 4, 0), -EISDIR);
	assert_int_equal(file_write_all(fd, buf, 4, 0), -EBADF);
	(void)close(fd);
}

static void
sync_parent__of_every_form_of_name(void **state)
{
	(void)state;
	char text[5000];
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_sync_parent(fd, "tmp"), 0);
	assert_int_equal(file_sync_parent(fd, "tmp/x"), 0);
	assert_int_equal(file_sync_parent(-1, "/tmp/x"), 0);
	assert_int_equal(file_sync_parent(fd, "no/such/x"), -ENOENT);
	memset(text, 'd', sizeof(text) - 1);
	text[sizeof(text) - 2] = '/';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(file_sync_parent(fd, text), -ENAMETOOLONG);
	(void)close(fd);
}

static void
boot_id__is_the_kernels(void **state)
{
	(void)state;
	uint8_t a[UUID16_LEN];
	char text[UUID16_TEXT_LEN];
	char want[UUID16_TEXT_LEN] = "";
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
	boot_id(a);
	if (f == NULL) {
		assert_true(uuid16_is_zero(a));
		return;
	}
	assert_int_equal(fread(want, 1, UUID16_TEXT_LEN - 1, f), 36);
	(void)fclose(f);
	assert_string_equal(uuid16_text(a, text), want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__ends_where_the_file_does),
		cmocka_unit_test(errors__are_the_kernels),
		cmocka_unit_test(sync_parent__of_every_form_of_name),
		cmocka_unit_test(boot_id__is_the_kernels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
