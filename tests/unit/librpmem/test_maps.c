/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_maps.c -- facts from the text of /proc/PID/maps
 */
#include "librpmem/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] =
	"10000-20000 rw-s 00000000 fe:01 12 /p/one\n"
	"20000-30000 rw-s 00001000 fe:01 13 /p/two with blank\n"
	"30000-40000 rw-p 00000000 00:00 0 \n"
	"50000-60000 rw-s 00000000 00:01 9 /dev/shm/x (deleted)\n"
	"7ffc0000-7ffd0000 rw-p 00000000 00:00 0 [stack]\n";

static int
mode(const char *path)
{
	return strcmp(path, "/p/two with blank") == 0 ? 0 : 0600;
}

static void
maps_parse__rows(void **state)
{
	(void)state;
	static const struct {
		uint64_t from, len;
		bool shared, zero;
	} rows[] = {
		{0x10000, 0x10000, true, false},
		{0x11000, 0x1000, true, false},
		{0x10000, 0x20000, true, true},
		{0x20000, 0x20000, false, true},
		{0x30000, 0x10000, false, false},
		{0x40000, 0x10000, false, false},
		{0x3f000, 0x12000, false, false},
		{0x50000, 0x10000, true, false},
		{0x50000, 0x20000, false, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct maps_facts f;
		maps_parse(text, rows[i].from, rows[i].len, mode, &f);
		assert_int_equal(f.is_shared, rows[i].shared);
		assert_int_equal(f.has_mode_zero, rows[i].zero);
	}
}

static void
maps_parse_run__tells_the_file(void **state)
{
	(void)state;
	struct maps_run r;
	maps_parse_run(text, 0x22000, &r);
	assert_int_equal(r.len, 0xe000);
	assert_int_equal(r.file_off, 0x3000);
	assert_int_equal(r.dev, makedev(0xfe, 1));
	assert_int_equal(r.inode, 13);
	assert_string_equal(r.path, "/p/two with blank");
	/* private, none, and the last byte of one */
	maps_parse_run(text, 0x30000, &r);
	assert_int_equal(r.len, 0);
	maps_parse_run(text, 0x48000, &r);
	assert_int_equal(r.len, 0);
	maps_parse_run(text, 0x1ffff, &r);
	assert_int_equal(r.len, 1);
	assert_int_equal(r.inode, 12);
	maps_parse_run("1000-2000 rw-s 00000000 00:01 9\n", 0x1000, &r);
	assert_int_equal(r.len, 0x1000);
	assert_string_equal(r.path, "");
}

static void
maps_open__only_that_file(void **state)
{
	(void)state;
	struct maps_run r;
	char path[] = "/tmp/rpmem-unit.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 8192), 0);
	void *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);
	assert_ptr_not_equal(at, MAP_FAILED);
	assert_int_equal(maps_shared_run(at, &r), 0);
	assert_int_equal(r.len, 4096);
	assert_int_equal(r.file_off, 4096);
	assert_string_equal(r.path, path);
	int mine = maps_open(&r);
	assert_true(mine >= 0);
	assert_int_equal(close(mine), 0);
	/* another file under its name, and none */
	assert_int_equal(unlink(path), 0);
	int other = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	assert_true(other >= 0);
	assert_int_equal(maps_open(&r), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(maps_open(&r), -1);
	assert_int_equal(close(other), 0);
	assert_int_equal(munmap(at, 4096), 0);
	assert_int_equal(close(fd), 0);
}

static void
maps_look__sees_this_process(void **state)
{
	(void)state;
	struct maps_facts f;
	size_t len = 16 * 4096;
	void *shared = mmap(NULL, len, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(maps_look(shared, len, &f), 0);
	assert_true(f.is_shared);
	void *private = mmap(NULL, len, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(maps_look(private, len, &f), 0);
	assert_false(f.is_shared);
	munmap(shared, len);
	munmap(private, len);
}

static void
maps_read__fails_without_a_signal(void **state)
{
	(void)state;
	char buf[8];
	assert_int_equal(maps_read("abcdefg", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "abcdefg");
	void *gone =
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(gone, 4096);
	assert_int_equal(maps_read(gone, buf, sizeof(buf)), -EFAULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_parse__rows),
		cmocka_unit_test(maps_parse_run__tells_the_file),
		cmocka_unit_test(maps_open__only_that_file),
		cmocka_unit_test(maps_look__sees_this_process),
		cmocka_unit_test(maps_read__fails_without_a_signal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
