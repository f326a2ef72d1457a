/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_statefile_killed.c -- a program is killed while its marks move from one
 * map to another: the next one finds each of them in one or the other
 */
#include "unit/librpmem/statefile_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/bootid.h"
#include "librpmem/marks.h"

static const uint64_t POOL = 64 * MIB;

/* marks, and is killed at any time while they move between the maps */
static void
marks_until_killed(int ready)
{
	struct statefile f;
	struct marks m;
	uint64_t off;
	if (statefile_open(&f, &fixture_key, POOL) != 0)
		_exit(1);
	boot_id(f.record.boot_id);
	f.record.flags = STATEFILE_F_TRUSTED_MARKS;
	if (statefile_write(&f) != 0)
		_exit(1);
	uint64_t *const maps[] = {statefile_map(&f, 0), statefile_map(&f, 1),
		statefile_map(&f, 2)};
	marks_adopt(&m, maps, POOL);
	/* these are never acknowledged */
	for (uint64_t i = 0; i < POOL; i += 3 * MARKS_BLOCK)
		marks_missed(&m, i, 1);
	IGNORE(write(ready, "r", 1));
	for (;;) {
		while (marks_take(&m, &off))
			;
		marks_lost(&m);
	}
}

static void
killed__has_forgotten_no_mark(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		struct statefile f;
		int pipe_now[2];
		char c;
		uint8_t boot[UUID16_LEN];
		(void)unlink(fixture_path());
		assert_int_equal(pipe(pipe_now), 0);
		pid_t pid = fork();
		if (pid == 0)
			marks_until_killed(pipe_now[1]);
		assert_int_equal(read(pipe_now[0], &c, 1), 1);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		(void)close(pipe_now[0]);
		(void)close(pipe_now[1]);
		assert_int_equal(statefile_open(&f, &fixture_key, POOL), 0);
		boot_id(boot);
		assert_true(statefile_maps_count(&f, boot));
		for (uint64_t i = 0; i < POOL / MARKS_BLOCK; i += 3) {
			uint64_t word = 0;
			for (unsigned k = 0; k < STATEFILE_MAPS; k++)
				word |= statefile_map(&f, k)[i / 64];
			assert_int_not_equal(word & (1ULL << (i % 64)), 0);
		}
		boot[3] ^= 1;
		assert_false(statefile_maps_count(&f, boot));
		statefile_close(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed__has_forgotten_no_mark),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
