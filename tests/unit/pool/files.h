/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * files.h -- what is in a file, for the tests of src/pool
 */
#ifndef RPMEM_TESTS_POOL_FILES_H
#define RPMEM_TESTS_POOL_FILES_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"

/* a file of `size` bytes, all of them `byte` */
static UNUSED void
file_make(const char *path, uint64_t size, int byte)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0640);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (byte != 0) {
		char *buf = malloc(size);
		assert_non_null(buf);
		memset(buf, byte, size);
		assert_int_equal(write(fd, buf, size), (ssize_t)size);
		free(buf);
	}
	(void)close(fd);
}

static UNUSED void
file_put(const char *path, uint64_t off, const void *buf, size_t len)
{
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, buf, len, (off_t)off), (ssize_t)len);
	(void)close(fd);
}

static UNUSED void
file_get(const char *path, uint64_t off, void *buf, size_t len)
{
	int fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, buf, len, (off_t)off), (ssize_t)len);
	(void)close(fd);
}

static UNUSED bool
file_is_all(const char *path, uint64_t off, uint64_t len, int byte)
{
	uint8_t *buf = malloc(len);
	assert_non_null(buf);
	file_get(path, off, buf, len);
	bool same = true;
	for (uint64_t i = 0; i < len; i++)
		same = same && buf[i] == (uint8_t)byte;
	free(buf);
	return same;
}

#endif
