/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_walk.c -- windows of a walk, and what becomes of what it suspects
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/deadline.h"
#include "librpmem/walk.h"

#define MIB (1024ULL * 1024)

static struct walk w;

/* every byte but the header and the run-time range is in one window, once */
static void
windows(uint64_t size, uint64_t window)
{
	uint64_t seen = 0;
	walk_begin(&w, 4096, size, true, false);
	while (w.off < w.size) {
		uint64_t end = w.size;
		if (w.off < WALK_RUNTIME_FROM)
			end = WALK_RUNTIME_FROM;
		uint64_t to = walk_window(&w, w.off, window, end);
		assert_true(to > w.off && to <= end);
		assert_true(
			to <= WALK_RUNTIME_FROM || w.off >= WALK_RUNTIME_TO);
		assert_true(w.off < 65536 || w.off % WALK_BLOCK == 0);
		assert_true(to - w.off <= window);
		seen += to - w.off;
		w.off = walk_next(&w, to);
		assert_int_equal(walk_compared(&w), seen);
	}
	assert_int_equal(seen, size - 4096 - 2048);
	assert_int_equal(walk_total(&w), seen);
	assert_true(walk_is_done(&w));
}

static void
test_windows(void **state)
{
	(void)state;
	windows(16 * MIB, MIB);
	windows(16 * MIB, WALK_BLOCK);
	windows(8 * MIB + 4096, MIB);
	windows(8192, MIB);
	/* a raw pool: all of it */
	walk_begin(&w, 0, 3 * WALK_BLOCK, false, false);
	assert_int_equal(walk_window(&w, 0, MIB, w.size), w.size);
	assert_int_equal(walk_total(&w), w.size);
}

/* it becomes quiet, sector by sector: each was equal once */
static void
test_sectors(void **state)
{
	(void)state;
	walk_begin(&w, 4096, MIB, true, false);
	w.off = w.size;
	walk_suspect(&w, 65536, 6144);
	assert_int_equal(w.nsuspects, 2);
	assert_int_equal(w.suspects[0].sectors, 0xff);
	assert_int_equal(w.suspects[1].sectors, 0x0f);
	assert_int_equal(w.suspects[1].len, 2048);
	walk_looked(&w, walk_due(&w, 0), 0xfe, 0);
	walk_looked(&w, walk_due(&w, 0), 0x0f, 0);
	assert_int_equal(w.nsuspects, 1);
	assert_false(walk_is_done(&w));
	/* it is not looked at at once again */
	assert_null(walk_due(&w, 0));
	assert_int_equal(walk_due_at(&w), NS_PER_MS);
	/* the others may differ by now */
	walk_looked(&w, walk_due(&w, NS_PER_MS), 0x01, NS_PER_MS);
	assert_true(walk_is_done(&w));
	assert_int_equal(w.different + w.settled, 0);
}

/* looks until it goes; returns how many, with the time they took */
static unsigned
looks(uint8_t equal, uint8_t equal_sent, uint64_t *now)
{
	unsigned n = 0;
	struct walk_suspect *s;
	while (w.nsuspects != 0) {
		*now = walk_due_at(&w);
		s = walk_due(&w, *now);
		walk_looked(&w, s, s->is_sent ? equal_sent : equal, *now);
		n++;
	}
	return n;
}

static void
test_different(void **state)
{
	(void)state;
	uint64_t now = 0;
	walk_begin(&w, 0, MIB, false, false);
	walk_suspect(&w, 4096, 4096);
	assert_int_equal(looks(0x7f, 0, &now), 7);
	assert_int_equal(now, 63 * NS_PER_MS);
	assert_int_equal(w.different, 1);
	assert_int_equal(w.nranges, 1);
	assert_int_equal(w.ranges[0].off, 4096);
	assert_int_equal(w.ranges[0].kind, WALK_DIFFERENT);
}

static void
test_settled(void **state)
{
	(void)state;
	uint64_t now = 0;
	walk_begin(&w, 0, MIB, false, true);
	walk_suspect(&w, 4096, 4096);
	walk_suspect(&w, 12288, 4096);
	assert_int_equal(looks(0, 0xff, &now), 16);
	assert_int_equal(w.settled, 2);
	assert_int_equal(w.different, 0);
	/* it was sent, and is not what was sent */
	walk_suspect(&w, 4096, 4096);
	assert_int_equal(looks(0, 0xfe, &now), 8);
	assert_int_equal(w.different, 1);
	assert_int_equal(w.nranges, 3);
}

static void
test_busy(void **state)
{
	(void)state;
	unsigned n = 0;
	walk_begin(&w, 0, MIB, false, true);
	walk_suspect(&w, 0, 4096);
	while (w.nsuspects != 0) {
		walk_was_busy(&w, &w.suspects[0], n * NS_PER_MS);
		n++;
	}
	assert_int_equal(n, 1000);
	assert_int_equal(w.different, 1);
}

/* more than there is room for: counted, told as far as it goes */
static void
test_many(void **state)
{
	(void)state;
	uint64_t now = 0;
	walk_begin(&w, 0, 8 * MIB, false, false);
	walk_suspect(&w, 0, 8 * MIB);
	assert_int_equal(w.nsuspects, WALK_SUSPECTS);
	(void)looks(0, 0, &now);
	assert_int_equal(w.different, WALK_SUSPECTS);
	assert_int_equal(w.nranges, WALK_RANGES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_sectors),
		cmocka_unit_test(test_different),
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
