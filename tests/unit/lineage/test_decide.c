/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_decide.c -- each relation and verdict, seen from both sides
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "fixture.h"

/* one side's view of the other */
struct view {
	enum lineage_relation relation;
	enum lineage_verdict verdict;
	uint64_t theirs_alone, ours_alone;
	int ours_at, theirs_at;
};

struct side {
	struct brief lineage[8];
	bool is_cut;
	bool is_low;
	uint64_t last;
	uint64_t id;
};

struct row {
	const char *what;
	struct side a, b;
	struct view a_of_b, b_of_a;
};

#define UNKNOWN_NUMBER UINT64_MAX
#define NOTHING_IN_COMMON UNKNOWN_NUMBER, UNKNOWN_NUMBER, -1, -1

#define G1_OPEN                                                                \
	{                                                                      \
		1, LINEAGE_FIRST, OPEN,                                        \
		{                                                              \
			11, 12, 13                                             \
		}                                                              \
	}
#define G1_AT(end)                                                             \
	{                                                                      \
		1, LINEAGE_FIRST, end,                                         \
		{                                                              \
			11, 12, 13                                             \
		}                                                              \
	}
#define SHRUNK(g, end)                                                         \
	{                                                                      \
		g, LINEAGE_SHRUNK, end,                                        \
		{                                                              \
			11                                                     \
		}                                                              \
	}
#define RESTARTED(g, end)                                                      \
	{                                                                      \
		g, LINEAGE_RESTART, end,                                       \
		{                                                              \
			11, 12                                                 \
		}                                                              \
	}
#define PROMOTED(g, end)                                                       \
	{                                                                      \
		g, LINEAGE_PROMOTE, end,                                       \
		{                                                              \
			12                                                     \
		}                                                              \
	}

static const struct row rows[] = {
	{"one generation", {{G1_OPEN}, .last = 20}, {{G1_OPEN}, .last = 15},
		{LINEAGE_SAME, LINEAGE_ATTACH, 0, 5, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 5, 0, 0, 0}},
	{"one generation, equal", {{G1_OPEN}, .last = 20},
		{{G1_OPEN}, .last = 20},
		{LINEAGE_SAME, LINEAGE_ATTACH, 0, 0, 0, 0},
		{LINEAGE_SAME, LINEAGE_ATTACH, 0, 0, 0, 0}},
	{"a later one in common", {{G1_AT(9), SHRUNK(2, OPEN)}, .last = 20},
		{{G1_AT(9), SHRUNK(2, OPEN)}, .last = 12},
		{LINEAGE_SAME, LINEAGE_ATTACH, 0, 8, 1, 1},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 8, 0, 1, 1}},
	{"lost, before the end", {{G1_AT(10), SHRUNK(2, OPEN)}, .last = 20},
		{{G1_OPEN}, .last = 9},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 11, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 11, 0, 0, 0}},
	{"lost, at the end", {{G1_AT(10), SHRUNK(2, OPEN)}, .last = 20},
		{{G1_OPEN}, .last = 10},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 10, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 10, 0, 0, 0}},
	{"lost, with a record that we never had",
		{{G1_AT(10), SHRUNK(2, OPEN)}, .last = 20},
		{{G1_OPEN}, .last = 11, .id = 12},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 1, 10, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 10, 1, 0, 0}},
	{"lost at once", {{G1_AT(10), SHRUNK(2, OPEN)}, .last = 10},
		{{G1_OPEN}, .last = 10},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 0, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 0, 0, 0, 0}},
	{"joining: listed in the open one, not told yet",
		{{G1_AT(10), RESTARTED(2, OPEN)}, .last = 20},
		{{G1_OPEN}, .last = 20, .id = 12},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 0, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 10, 10, 0, 0}},
	{"joining: the same, but its id is not known",
		{{G1_AT(10), RESTARTED(2, OPEN)}, .last = 20},
		{{G1_OPEN}, .last = 20},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 10, 10, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 10, 10, 0, 0}},
	{"was joining when it was lost",
		{{G1_AT(10), RESTARTED(2, 15), SHRUNK(3, OPEN)}, .last = 20},
		{{G1_OPEN}, .last = 15, .id = 12},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 5, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 10, 5, 0, 0}},
	{"was joining, and has more than there was then",
		{{G1_AT(10), RESTARTED(2, 15), SHRUNK(3, OPEN)}, .last = 20},
		{{G1_OPEN}, .last = 16, .id = 12},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 6, 10, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 10, 6, 0, 0}},
	{"another than the one that was joining",
		{{G1_AT(10), RESTARTED(2, OPEN)}, .last = 20},
		{{G1_OPEN}, .last = 11, .id = 13},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 1, 10, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 10, 1, 0, 0}},
	{"listed by one that was promoted: it may be somebody else's",
		{{G1_AT(10), {2, LINEAGE_PROMOTE, OPEN, {12, 13}}}, .last = 20},
		{{G1_OPEN}, .last = 11, .id = 13},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 1, 10, 0, 0},
		{LINEAGE_SUPERSEDED, LINEAGE_FENCED, 10, 1, 0, 0}},
	{"promoted from our open generation", {{G1_OPEN}, .last = 20},
		{{G1_AT(15), PROMOTED(2, OPEN)}, .last = 30},
		{LINEAGE_SUPERSEDED, LINEAGE_FENCED, 15, 5, 0, 0},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 5, 15, 0, 0}},
	{"promoted, and the old primary has nothing of its own",
		{{G1_OPEN}, .last = 15},
		{{G1_AT(15), PROMOTED(2, OPEN)}, .last = 30},
		{LINEAGE_SUPERSEDED, LINEAGE_FENCED, 15, 0, 0, 0},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 15, 0, 0}},
	{"promoted, and the other one may have more than it says",
		{{G1_AT(15), PROMOTED(2, OPEN)}, .last = 30},
		{{G1_OPEN}, .is_low = true, .last = 12},
		{LINEAGE_ANCESTOR, LINEAGE_IF_EQUAL, UNKNOWN_NUMBER, 18, 0, 0},
		{LINEAGE_SUPERSEDED, LINEAGE_FENCED, 18, 0, 0, 0}},
	{"the same, later",
		{{G1_AT(15), PROMOTED(2, 20), RESTARTED(3, OPEN)}, .last = 30},
		{{G1_OPEN}, .is_low = true, .last = 15},
		{LINEAGE_ANCESTOR, LINEAGE_IF_EQUAL, UNKNOWN_NUMBER, 15, 0, 0},
		{LINEAGE_SUPERSEDED, LINEAGE_FENCED, 15, 0, 0, 0}},
	{"the same, but the writer says where it ended",
		{{G1_AT(15), SHRUNK(2, 20), PROMOTED(3, OPEN)}, .last = 30},
		{{G1_OPEN}, .is_low = true, .last = 12},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 18, 0, 0},
		{LINEAGE_SUPERSEDED, LINEAGE_FENCED, 18, 0, 0, 0}},
	{"it may have more, and was joining when another was promoted",
		{{G1_AT(15), {2, LINEAGE_RESTART, 20, {11, 12, 13}},
			 PROMOTED(3, OPEN)},
			.last = 30},
		{{G1_OPEN}, .is_low = true, .last = 17, .id = 13},
		{LINEAGE_ANCESTOR, LINEAGE_IF_EQUAL, UNKNOWN_NUMBER, 13, 0, 0},
		{LINEAGE_SUPERSEDED, LINEAGE_FENCED, 15, 2, 0, 0}},
	{"lost, and may have more than it says",
		{{G1_AT(10), SHRUNK(2, OPEN)}, .last = 20},
		{{G1_OPEN}, .is_low = true, .last = 0},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 20, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 20, 0, 0, 0}},
	{"promoted, and went on through others", {{G1_OPEN}, .last = 15},
		{{G1_AT(15), RESTARTED(3, 17), PROMOTED(2, 19),
			 RESTARTED(4, OPEN)},
			.last = 30},
		{LINEAGE_SUPERSEDED, LINEAGE_FENCED, 15, 0, 0, 0},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 15, 0, 0}},
	{"promoted before what we have in common",
		{{PROMOTED(1, 15), RESTARTED(2, OPEN)}, .last = 20},
		{{PROMOTED(1, 15), RESTARTED(2, 20), RESTARTED(3, OPEN)},
			.last = 30},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 10, 0, 1, 1},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 10, 1, 1}},
	{"promoted after we had gone on alone",
		{{G1_AT(10), SHRUNK(2, OPEN)}, .last = 20},
		{{G1_AT(10), PROMOTED(3, OPEN)}, .last = 30},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 20, 10, 0, 0},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 10, 20, 0, 0}},
	{"both promoted", {{G1_AT(10), PROMOTED(2, OPEN)}, .last = 20},
		{{G1_AT(12), PROMOTED(3, OPEN)}, .last = 12},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 2, 10, 0, 0},
		{LINEAGE_FORKED, LINEAGE_REFUSE, 10, 2, 0, 0}},
	{"another pool", {{G1_OPEN}, .last = 20},
		{{{9, LINEAGE_FIRST, OPEN, {99}}}, .last = 7},
		{LINEAGE_UNRELATED, LINEAGE_REFUSE, NOTHING_IN_COMMON},
		{LINEAGE_UNRELATED, LINEAGE_REFUSE, NOTHING_IN_COMMON}},
	{"perhaps another pool: one was cut", {{G1_OPEN}, .is_cut = true},
		{{{9, LINEAGE_FIRST, OPEN, {99}}}, .last = 7},
		{LINEAGE_UNKNOWN, LINEAGE_REFUSE, NOTHING_IN_COMMON},
		{LINEAGE_UNKNOWN, LINEAGE_REFUSE, NOTHING_IN_COMMON}},
	{"cut, but not too much",
		{{G1_AT(10), SHRUNK(2, OPEN)}, .is_cut = true, .last = 20},
		{{G1_OPEN}, .is_cut = true, .last = 10},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 10, 0, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 10, 0, 0, 0}},
	{"found at other places",
		{{SHRUNK(5, 3), SHRUNK(6, 10), SHRUNK(7, OPEN)}, .last = 20},
		{{SHRUNK(6, OPEN)}, .last = 4},
		{LINEAGE_ANCESTOR, LINEAGE_ATTACH, 0, 16, 1, 0},
		{LINEAGE_DESCENDANT, LINEAGE_REFUSE, 16, 0, 0, 1}},
	{"a copy that never had any", {{G1_OPEN}, .last = 20}, {.last = 0},
		{LINEAGE_NONE_THEIRS, LINEAGE_ATTACH, 0, 20, -1, -1},
		{LINEAGE_NONE_OURS, LINEAGE_IF_EQUAL, NOTHING_IN_COMMON}},
	{"a new pool and its first copy", {.last = 20}, {.last = 10},
		{LINEAGE_NONE_OURS, LINEAGE_ATTACH, 0, 20, -1, -1},
		{LINEAGE_NONE_OURS, LINEAGE_ATTACH, 0, 10, -1, -1}},
};

static void
assert_view(const char *what, const struct side *ours,
	const struct side *theirs, const struct view *want)
{
	struct lineage our_lineage = lineage_of(ours->lineage);
	struct lineage their_lineage = lineage_of(theirs->lineage);
	our_lineage.is_cut = ours->is_cut;
	their_lineage.is_cut = theirs->is_cut;
	struct lineage_facts f = {.ours = &our_lineage,
		.theirs = &their_lineage,
		.their_last = theirs->last,
		.their_last_is_low = theirs->is_low,
		.their_id = theirs->id};
	struct lineage_decision d = lineage_decide(&f, ours->last);
	if (d.relation != want->relation || d.verdict != want->verdict ||
		d.theirs_alone != want->theirs_alone ||
		d.ours_alone != want->ours_alone ||
		d.ours_at != want->ours_at || d.theirs_at != want->theirs_at)
		fail_msg("%s: %s, verdict %d, alone %lld and %lld, at %d and "
			 "%d",
			what, lineage_relation_name(d.relation), d.verdict,
			(long long)d.theirs_alone, (long long)d.ours_alone,
			d.ours_at, d.theirs_at);
}

static void
decide__table(void **state)
{
	(void)state;
	bool seen[LINEAGE_RELATION_END] = {false};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		assert_view(r->what, &r->a, &r->b, &r->a_of_b);
		assert_view(r->what, &r->b, &r->a, &r->b_of_a);
		seen[r->a_of_b.relation] = seen[r->b_of_a.relation] = true;
	}
	for (unsigned i = 0; i < LINEAGE_RELATION_END; i++)
		assert_true(seen[i]);
}

/* lost: what is there may be anything */
static void
decide__lost_ones(void **state)
{
	(void)state;
	const struct lineage none = {0};
	const struct lineage some = lineage_of((struct brief[8]){G1_OPEN});
	const struct lineage *const ours[] = {&none, &some};
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		struct lineage_facts f = {.ours = ours[i],
			.theirs = &none,
			.theirs_is_lost = true};
		struct lineage_decision d = lineage_decide(&f, 20);
		assert_int_equal(d.verdict, LINEAGE_IF_EQUAL);
		assert_int_equal(d.theirs_alone, UNKNOWN_NUMBER);
		assert_int_equal(d.ours_alone, UNKNOWN_NUMBER);
		assert_int_equal(d.ours_at, -1);
	}
	/* one that can be read counts, whatever became of another */
	struct lineage_facts f = {
		.ours = &some, .theirs = &some, .theirs_is_lost = true};
	assert_int_equal(lineage_decide(&f, 20).verdict, LINEAGE_ATTACH);
}

/* a pool of its own: what its programs do without copies has no number */
static void
decide__promoted_ones(void **state)
{
	(void)state;
	const struct lineage some = lineage_of((struct brief[8]){G1_OPEN});
	struct lineage_facts f = {.ours = &some, .theirs = &some};
	assert_int_equal(lineage_decide(&f, 20).theirs_alone, 0);
	f.they_are_promoted = true;
	assert_int_equal(lineage_decide(&f, 20).theirs_alone, UNKNOWN_NUMBER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decide__table),
		cmocka_unit_test(decide__lost_ones),
		cmocka_unit_test(decide__promoted_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
