/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_statefile_faults.c -- a state file on a medium that fails
 *
 * Fault points are read once in a process, so each test is a child's.
 */
#include "unit/librpmem/statefile_fixture.h"

#include <errno.h>
#include <sys/wait.h>

#include "base/err.h"

static const uint64_t POOL = 64 * MIB;

static void
in_child(const char *faults, int (*fn)(void))
{
	int status = 0;
#if !defined(RPMEM_FAULTS_BUILT)
	skip();
#endif
	pid_t pid = fork();
	if (pid == 0) {
		(void)setenv("RPMEM_FAULTS", faults, 1);
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* the place where it went wrong; 0: nowhere */
#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			return __LINE__ % 200 + 1;                             \
	} while (0)

static int
fails_to_sync(void)
{
	struct statefile f;
	MUST(statefile_open(&f, &fixture_key, POOL) == 0);
	f.record.flags = STATEFILE_F_ALONE;
	MUST(statefile_write(&f) == 0);
	f.record.flags = STATEFILE_F_CLEAN;
	f.record.acked_seq = 999;
	MUST(statefile_write(&f) == -EIO);
	MUST(strstr(err_msg(), fixture_path()) != NULL);
	MUST(f.record.flags == STATEFILE_F_ALONE);
	MUST(f.record.generation == 2 && f.record.acked_seq == 0);
	statefile_close(&f);
	MUST(statefile_open(&f, &fixture_key, POOL) == 0);
	MUST(!f.is_new && f.record.generation == 2);
	MUST(f.record.flags == STATEFILE_F_ALONE);
	f.record.acked_seq = 5;
	MUST(statefile_write(&f) == 0);
	MUST(f.record.generation == 3);
	statefile_close(&f);
	return 0;
}

static void
write__failed_is_never_believed(void **state)
{
	(void)state;
	in_child("librpmem/statefile_sync@3", fails_to_sync);
}

static int
finds_no_room(void)
{
	struct statefile f;
	MUST(statefile_open(&f, &fixture_key, POOL) == -ENOSPC);
	MUST(strstr(err_msg(), "make room") != NULL);
	MUST(f.fd == -1 && f.live == NULL && f.maps == NULL);
	MUST(access(fixture_path(), F_OK) != 0);
	MUST(statefile_open(&f, &fixture_key, POOL) == 0);
	MUST(f.is_new && !f.was_damaged);
	statefile_close(&f);
	return 0;
}

static void
open__full_disk_leaves_nothing(void **state)
{
	(void)state;
	/* the live page and three maps */
	in_child("librpmem/statefile_room@1", finds_no_room);
	(void)unlink(fixture_path());
	in_child("librpmem/statefile_room@4", finds_no_room);
}

static int
cannot_write_first(void)
{
	struct statefile f;
	MUST(statefile_open(&f, &fixture_key, POOL) == -EIO);
	MUST(access(fixture_path(), F_OK) != 0);
	return 0;
}

static void
open__first_record_fails(void **state)
{
	(void)state;
	in_child("librpmem/statefile_sync@1", cannot_write_first);
}

static int
cannot_grow(void)
{
	struct statefile f;
	MUST(statefile_open(&f, &fixture_key, POOL) == 0);
	uint64_t len = f.map_len;
	statefile_map(&f, 1)[0] = 3;
	MUST(statefile_grow(&f, POOL * 4096) == -ENOSPC);
	MUST(f.map_len == len && f.pool_size == POOL);
	MUST(statefile_map(&f, 1)[0] == 3);
	MUST(statefile_grow(&f, POOL * 4096) == 0);
	MUST(statefile_map(&f, 1)[0] == 3);
	statefile_map(&f, 2)[f.map_len / 8 - 1] = 4;
	statefile_close(&f);
	return 0;
}

static void
grow__full_disk_changes_nothing(void **state)
{
	(void)state;
	in_child("librpmem/statefile_room@6", cannot_grow);
}

/* an old file that needs more, and is left as it was */
static int
cannot_open_larger(void)
{
	struct statefile f;
	MUST(statefile_open(&f, &fixture_key, POOL) == 0);
	f.record.acked_seq = 77;
	MUST(statefile_write(&f) == 0);
	statefile_close(&f);
	MUST(statefile_open(&f, &fixture_key, POOL * 4096) == -ENOSPC);
	MUST(statefile_open(&f, &fixture_key, POOL) == 0);
	MUST(!f.is_new && f.record.acked_seq == 77);
	statefile_close(&f);
	return 0;
}

static void
open__full_disk_keeps_an_old_one(void **state)
{
	(void)state;
	in_child("librpmem/statefile_room@7", cannot_open_larger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(write__failed_is_never_believed),
		TEST(open__full_disk_leaves_nothing),
		TEST(open__first_record_fails),
		TEST(grow__full_disk_changes_nothing),
		TEST(open__full_disk_keeps_an_old_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
