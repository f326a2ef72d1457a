/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile_fixture.h -- a state directory of one's own, and one copy in it
 */
#ifndef RPMEM_TESTS_STATEFILE_FIXTURE_H
#define RPMEM_TESTS_STATEFILE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "librpmem/statefile.h"

#define MIB (1024ULL * 1024)

static char fixture_dir[64];
static const uint8_t fixture_set[UUID16_LEN] = {1, 2, 3};
static const uint8_t fixture_primary[UUID16_LEN] = {4, 5, 6};
static const struct statefile_key fixture_key = {
	fixture_set, fixture_primary, "tcp://node:7000", "copy.set"};

static inline int
fixture_rm(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int
fixture_setup(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(fixture_dir, sizeof(fixture_dir),
		"%.30s/rpmem-unit.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(fixture_dir) == NULL)
		return -1;
	return setenv("RPMEM_STATE_DIR", fixture_dir, 1);
}

static inline int
fixture_teardown(void **state)
{
	(void)state;
	return nftw(fixture_dir, fixture_rm, 8, FTW_DEPTH | FTW_PHYS);
}

/* the path of the copy's file */
static inline const char *
fixture_path(void)
{
	static char path[128];
	char name[STATEDIR_NAME_MAX];
	statedir_name(&fixture_key, name);
	(void)snprintf(path, sizeof(path), "%s/%s", fixture_dir, name);
	return path;
}

/* bytes into the file, behind everybody's back */
static inline void
fixture_put(uint64_t off, const void *bytes, size_t len)
{
	int fd = open(fixture_path(), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, bytes, len, off), 0);
	(void)close(fd);
}

static inline void
fixture_get(uint64_t off, void *bytes, size_t len)
{
	int fd = open(fixture_path(), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_read_all(fd, bytes, len, off), 0);
	(void)close(fd);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

#endif
