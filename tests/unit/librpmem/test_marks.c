/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_marks.c -- no block is forgotten before its records are acknowledged
 */
#include "librpmem/marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

#define K64 MARKS_BLOCK
#define BLOCKS 200u

/* all dirty blocks, each once */
static unsigned
take_all(struct marks *m, bool seen[BLOCKS])
{
	unsigned n = 0;
	uint64_t off;
	memset(seen, 0, BLOCKS * sizeof(*seen));
	while (marks_take(m, &off)) {
		assert_int_equal(off % K64, 0);
		assert_true(off / K64 < BLOCKS);
		assert_false(seen[off / K64]);
		seen[off / K64] = true;
		n++;
	}
	assert_int_equal(m->ndirty, 0);
	return n;
}

static void
note__is_forgotten_two_turns_after_its_ack(void **state)
{
	(void)state;
	struct marks m;
	bool seen[BLOCKS];
	assert_int_equal(marks_init(&m, BLOCKS * K64), 0);
	marks_note(&m, 5 * K64 + 1, 8);	 /* record 10 */
	marks_acked(&m, 0, 10);		 /* turn: it is in the older map */
	marks_note(&m, 70 * K64 - 1, 2); /* record 20 */
	marks_acked(&m, 0, 20);		 /* nothing acked: no turn */
	marks_lost(&m);
	assert_int_equal(take_all(&m, seen), 3);
	assert_true(seen[5] && seen[69] && seen[70]);

	marks_note(&m, 0, 1); /* record 30 */
	marks_acked(&m, 30, 30);
	marks_note(&m, 199 * K64, K64); /* record 40 */
	marks_acked(&m, 40, 40);	/* record 30 is gone now */
	marks_lost(&m);
	assert_int_equal(take_all(&m, seen), 1);
	assert_true(seen[199]);
	marks_fini(&m);
}

static void
missed__adds_and_take_goes_round(void **state)
{
	(void)state;
	struct marks m;
	bool seen[BLOCKS];
	uint64_t off;
	assert_int_equal(marks_init(&m, BLOCKS * K64 - 5), 0);
	marks_missed(&m, 100 * K64, 1);
	assert_true(marks_take(&m, &off));
	assert_int_equal(off, 100 * K64);
	/* before the cursor, twice, and past the end */
	marks_missed(&m, 3 * K64, 2 * K64);
	marks_missed(&m, 4 * K64, 1);
	marks_missed(&m, 199 * K64, UINT64_MAX);
	marks_missed(&m, BLOCKS * K64, 1);
	marks_missed(&m, 7, 0);
	assert_int_equal(m.ndirty, 3);
	assert_int_equal(take_all(&m, seen), 3);
	assert_true(seen[3] && seen[4] && seen[199]);
	marks_fini(&m);
}

static void
grow__keeps_what_is_marked(void **state)
{
	(void)state;
	struct marks m;
	bool seen[BLOCKS];
	assert_int_equal(marks_init(&m, K64), 0);
	marks_missed(&m, 0, 1);
	marks_note(&m, 0, 1);
	assert_int_equal(marks_grow(&m, BLOCKS * K64), 0);
	assert_int_equal(marks_grow(&m, K64), 0);
	marks_note(&m, 150 * K64, 1);
	marks_lost(&m);
	assert_int_equal(take_all(&m, seen), 2);
	assert_true(seen[0] && seen[150]);
	marks_fini(&m);
}

/* what another program left in a file, with bits behind the pool's end */
static void
adopt__keeps_what_is_in_the_pool(void **state)
{
	(void)state;
	struct marks m;
	bool seen[BLOCKS];
	uint64_t words[3][4] = {{1u << 3, 0, ~0ULL, ~0ULL},
		{1u << 4, 1u << 1, ~0ULL, ~0ULL},
		{1u << 5, ~0ULL << 36, ~0ULL, ~0ULL}};
	uint64_t *const maps[3] = {words[0], words[1], words[2]};
	marks_adopt(&m, maps, 100 * K64 - 1);
	assert_int_equal(m.ndirty, 1);
	assert_int_equal(marks_grow(&m, BLOCKS * K64), 0);
	marks_missed(&m, 199 * K64, 1);
	marks_lost(&m);
	assert_int_equal(take_all(&m, seen), 5);
	assert_true(seen[3] && seen[4] && seen[5] && seen[65] && seen[199]);
	/* taken, not acknowledged: the file still says so */
	assert_int_equal(words[0][0] | words[1][0], 7u << 3);
	marks_fini(&m);
	assert_int_equal(words[0][0] | words[1][0], 7u << 3);
}

static void
closed__forgets_what_the_end_has_made_dirty(void **state)
{
	(void)state;
	struct marks m;
	bool seen[BLOCKS];
	assert_int_equal(marks_init(&m, BLOCKS * K64), 0);
	marks_note(&m, 5 * K64, 1);
	marks_acked(&m, 10, 10);
	marks_note(&m, 6 * K64, 1);
	marks_lost(&m);
	marks_note(&m, 7 * K64, 1);
	marks_closed(&m);
	assert_int_equal(m.ndirty, 0);
	marks_lost(&m);
	assert_int_equal(take_all(&m, seen), 0);
	marks_fini(&m);
}

/* between take and its records others are acknowledged, turn after turn */
static void
take__counts_as_sent_until_the_next(void **state)
{
	(void)state;
	struct marks m;
	bool seen[BLOCKS];
	uint64_t off;
	assert_int_equal(marks_init(&m, BLOCKS * K64), 0);
	marks_missed(&m, 8 * K64, 1);
	marks_missed(&m, 190 * K64, 1);
	assert_true(marks_take(&m, &off));
	for (uint64_t seq = 10; seq < 100; seq += 10)
		marks_acked(&m, seq, seq);
	assert_int_equal(m.turned, 90);
	marks_lost(&m);
	assert_int_equal(take_all(&m, seen), 2);
	assert_true(seen[8] && seen[190]);
	/* done with: forgotten after two turns */
	marks_acked(&m, 100, 100);
	marks_acked(&m, 110, 110);
	marks_lost(&m);
	assert_int_equal(take_all(&m, seen), 0);
	marks_fini(&m);
}

/* a model: every record that is not acknowledged has its block marked */
static void
random__nothing_unacked_is_forgotten(void **state)
{
	(void)state;
	struct marks m;
	static unsigned block_of[20000];
	bool seen[BLOCKS];
	uint64_t acked = 0;
	srandom(4711);
	assert_int_equal(marks_init(&m, BLOCKS * K64), 0);
	for (uint64_t seq = 1; seq < ARRAY_LEN(block_of); seq++) {
		unsigned b = (unsigned)random() % BLOCKS;
		block_of[seq] = b;
		marks_note(&m, b * K64, 1);
		if (random() % 7 == 0) {
			acked += (uint64_t)random() % (seq - acked + 1);
			marks_acked(&m, acked, seq);
		}
		if (random() % 500 != 0)
			continue;
		marks_lost(&m);
		(void)take_all(&m, seen);
		for (uint64_t i = acked + 1; i <= seq; i++)
			assert_true(seen[block_of[i]]);
		acked = seq; /* they are sent again, and acknowledged */
	}
	marks_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(note__is_forgotten_two_turns_after_its_ack),
		cmocka_unit_test(missed__adds_and_take_goes_round),
		cmocka_unit_test(grow__keeps_what_is_marked),
		cmocka_unit_test(adopt__keeps_what_is_in_the_pool),
		cmocka_unit_test(closed__forgets_what_the_end_has_made_dirty),
		cmocka_unit_test(take__counts_as_sent_until_the_next),
		cmocka_unit_test(random__nothing_unacked_is_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
