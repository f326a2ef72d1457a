/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_standing.c -- one row per case
 */
#include "librpmem/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

#define CLEAN STATEFILE_F_CLEAN
#define ALONE STATEFILE_F_ALONE
#define ANY UINT64_MAX /* missing: not known */

static const struct {
	bool is_running, has_live, maps_count;
	uint32_t flags;
	uint64_t state, blocks;
	const char *word;
	bool is_good;
	uint64_t missing;
} rows[] = {
	{true, true, false, 0, STATE_ATTACHED, 9, "attached", true, 3},
	{true, true, false, ALONE, STATE_DEGRADED, 9, "degraded", false, 3},
	{true, true, true, CLEAN, STATE_CATCHING_UP, 0, "catching up", false,
		3},
	{true, true, true, 0, STATE_FENCED, 0, "fenced", false, 3},
	{true, true, true, 0, 7, 0, "unknown", false, ANY},
	{true, true, true, 0, 1ULL << 32, 0, "unknown", false, ANY},
	{true, false, true, CLEAN, STATE_ATTACHED, 0, "unknown", false, ANY},
	{false, true, true, CLEAN, STATE_DEGRADED, 0, "closed", true, 0},
	{false, true, true, CLEAN, STATE_ATTACHED, 1, "behind", false,
		STATEFILE_BLOCK},
	/* no more than the pool has */
	{false, true, true, CLEAN, STATE_ATTACHED, 4, "behind", false,
		3 * STATEFILE_BLOCK + 1},
	{false, true, true, CLEAN | ALONE, STATE_ATTACHED, 0, "behind", false,
		0},
	{false, true, false, CLEAN, STATE_ATTACHED, 0, "unknown", false, ANY},
	{false, true, true, 0, STATE_ATTACHED, 0, "interrupted", false, 0},
	{false, true, false, 0, STATE_ATTACHED, 0, "interrupted", false, ANY},
};

static void
is__as_the_row_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static struct statefile_view v;
		memset((void *)&v, 0, sizeof(v));
		v.is_running = rows[i].is_running;
		v.has_live = rows[i].has_live;
		v.maps_count = rows[i].maps_count;
		v.record.flags = rows[i].flags;
		v.record.pool_size = 3 * STATEFILE_BLOCK + 1;
		v.marked_blocks = rows[i].blocks;
		live_set(&v.live.state, rows[i].state);
		live_set(&v.live.dirty_bytes, 3);
		struct standing s = standing_of(&v);
		assert_string_equal(s.word, rows[i].word);
		assert_int_equal(s.is_good, rows[i].is_good);
		assert_int_equal(s.knows_missing, rows[i].missing != ANY);
		if (s.knows_missing)
			assert_int_equal(s.missing, rows[i].missing);
	}
}

static void
catches_up__at_its_speed(void **state)
{
	(void)state;
	static struct statefile_view v;
	memset((void *)&v, 0, sizeof(v));
	v.is_running = v.has_live = true;
	v.record.pool_size = 1000;
	live_set(&v.live.state, STATE_CATCHING_UP);
	live_set(&v.live.scanned_to, 400);
	live_set(&v.live.dirty_bytes, 90);
	struct standing s = standing_of(&v);
	assert_string_equal(s.phase, "comparing");
	assert_int_equal(s.left, 600);
	assert_int_equal(s.eta_s, UINT64_MAX);
	live_set(&v.live.speed, 200);
	assert_int_equal(standing_of(&v).eta_s, 3);
	live_set(&v.live.scanned_to, UINT64_MAX);
	assert_int_equal(standing_of(&v).left, 0);
	live_set(&v.live.is_settled, 1);
	live_set(&v.live.speed, 30);
	s = standing_of(&v);
	assert_string_equal(s.phase, "sending");
	assert_int_equal(s.left, 90);
	assert_int_equal(s.eta_s, 3);
	live_set(&v.live.state, STATE_ATTACHED);
	assert_null(standing_of(&v).phase);
}

static void
none__is_unknown(void **state)
{
	(void)state;
	struct standing s = standing_of(NULL);
	assert_string_equal(s.word, "unknown");
	assert_false(s.is_good || s.knows_missing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is__as_the_row_says),
		cmocka_unit_test(catches_up__at_its_speed),
		cmocka_unit_test(none__is_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
