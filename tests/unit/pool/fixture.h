/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fixture.h -- a directory per test, pool sets by value, children
 *
 * Every group of tests runs once below each of the roots: $TMPDIR (or /tmp),
 * which is a disk as a rule, and /dev/shm when it is there.
 */
#ifndef RPMEM_TESTS_POOL_FIXTURE_H
#define RPMEM_TESTS_POOL_FIXTURE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/err.h"
#include "pool/pool.h"
#include "unit/pool/files.h"

#define MIB (1024u * 1024u)
#define PART (2u * MIB)
#define MAX_PARTS 4
#define PATH_LEN 512

static const char *fixture_root;
static char fixture_dir[PATH_LEN];

/* a set of at most MAX_PARTS parts named p0, p1, ... in the directory */
struct set {
	struct poolset set;
	struct poolset_replica rep;
	struct poolset_part parts[MAX_PARTS];
	char paths[MAX_PARTS][PATH_LEN + 64];
};

static UNUSED struct poolset *
set_of(struct set *s, unsigned options, unsigned nparts)
{
	*s = (struct set){0};
	s->set.options = options;
	s->set.nreplicas = 1;
	s->set.replicas = &s->rep;
	s->rep.nparts = nparts;
	s->rep.parts = s->parts;
	for (unsigned i = 0; i < nparts; i++) {
		(void)snprintf(s->paths[i], sizeof(s->paths[i]), "%s/p%u",
			fixture_dir, i);
		s->parts[i].path = s->paths[i];
		s->parts[i].size = PART;
	}
	return &s->set;
}

/* attributes as libpmemobj would send them; the numbers in the uuids tell
 * the fields apart */
static UNUSED struct pool_attr
attr_obj(uint32_t incompat)
{
	static const uint8_t arch[16] = {0x10, 0x73, 0x77, 0x37, 0xf7, 0x07, 0,
		0, 2, 1, 0, 0, 0, 0, 0x3e, 0};
	struct pool_attr a = {
		.signature = "PMEMOBJ",
		.major = 6,
		.compat = 1,
		.incompat = incompat,
	};
	memset(a.poolset_uuid, 0x11, UUID16_LEN);
	memset(a.uuid, 0x22, UUID16_LEN);
	memset(a.next_uuid, 0x33, UUID16_LEN);
	memset(a.prev_uuid, 0x44, UUID16_LEN);
	memcpy(a.user_flags, arch, sizeof(arch));
	return a;
}

static UNUSED bool
attr_same(const struct pool_attr *a, const struct pool_attr *b)
{
	uint8_t x[ATTR_SIZE];
	uint8_t y[ATTR_SIZE];
	attr_encode(a, x);
	attr_encode(b, y);
	return memcmp(x, y, ATTR_SIZE) == 0;
}

/* names in the test's directory */
static UNUSED unsigned
dir_count(void)
{
	unsigned n = 0;
	DIR *d = opendir(fixture_dir);
	assert_non_null(d);
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		if (e->d_name[0] != '.')
			n++;
	(void)closedir(d);
	return n;
}

/* run fn in a child; its exit status, or 1000 + the signal it died of */
static UNUSED int
in_child(int (*fn)(void *), void *arg)
{
	(void)fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn(arg));
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 1000 + WTERMSIG(status);
}

/* in children, where cmocka's assertions cannot be used */
#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			(void)fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__,    \
				__LINE__, #cond, err_msg());                   \
			return 1;                                              \
		}                                                              \
	} while (0)

static UNUSED int
fixture_setup(void **state)
{
	(void)state;
	(void)snprintf(fixture_dir, sizeof(fixture_dir), "%s/rpmem-pool-XXXXXX",
		fixture_root);
	err_clear();
	return mkdtemp(fixture_dir) == NULL ? -1 : 0;
}

static int
fixture_rm(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static UNUSED int
fixture_teardown(void **state)
{
	(void)state;
	return nftw(fixture_dir, fixture_rm, 16, FTW_DEPTH | FTW_PHYS);
}

#define FIXTURE_TEST(fn)                                                       \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

static UNUSED int
fixture_run(const char *name, const struct CMUnitTest *tests, size_t ntests)
{
	const char *tmp = getenv("TMPDIR");
	const char *roots[] = {
		tmp != NULL && tmp[0] == '/' ? tmp : "/tmp", "/dev/shm"};
	int failed = 0;
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		if (access(roots[i], W_OK) != 0)
			continue;
		fixture_root = roots[i];
		print_message("below %s\n", fixture_root);
		failed += _cmocka_run_group_tests(
			name, tests, ntests, NULL, NULL);
	}
	return failed;
}

#define FIXTURE_RUN(tests) fixture_run(#tests, tests, ARRAY_LEN(tests))

#endif
