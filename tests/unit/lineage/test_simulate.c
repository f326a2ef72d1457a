/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_simulate.c -- random schedules of crashes, partitions and promotes
 *
 * What must hold at each step:
 *
 *  a  no record that was acknowledged to a program is overwritten by a pool
 *     that never had it, unless somebody said so (discard)
 *  b  a program is fenced only if somebody was really promoted from the
 *     generation that it is in
 *  c  where there were only crashes and losses, whoever comes back attaches,
 *     and in the end everybody has everything
 *  d  nobody serves beside a copy that was promoted from his generation,
 *     unless his policy or an operator let him go on alone
 *  e  each member of a primary's last generation that was told of it has
 *     every record that was acknowledged to the primary's programs
 *  f  a copy that is promoted after all other copies were asked has every
 *     record that a call waited for with some copy
 *  g  who had a copy when its calls returned is fenced by it when it was
 *     promoted from there, and not merely refused
 *
 * SCHEDULES=N runs N of them; RPMEM_TEST_SEED=N begins at seed N, so that
 * with SCHEDULES=1 it repeats one, which is then printed step by step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simulate.h"

#define SCHEDULES 15000u
#define STEPS 90u  /* that do something, */
#define PICKS 900u /* of those that are tried */
#define MUTANT_SCHEDULES 300000u

static struct world world;

enum profile { PLAIN, FAILOVER, EVERYTHING, BACKUPS, PROFILES };

static bool
step_break(struct world *w, int p, int c)
{
	if (w->node[c].session != p)
		return false;
	trace(w, "%c loses %c", 'A' + p, 'A' + c);
	w->link[p][c] = w->link[c][p] = chance(w, 2);
	end_session(w, c);
	return true;
}

static bool
step_heal(struct world *w, int p, int c)
{
	if (w->link[p][c])
		return false;
	trace(w, "%c and %c see each other", 'A' + p, 'A' + c);
	w->link[p][c] = w->link[c][p] = true;
	return true;
}

static bool
step_boot(struct world *w, int i)
{
	if (w->node[i].up || i == CLONE)
		return false;
	trace(w, "%c is back", 'A' + i);
	w->node[i].up = true;
	return true;
}

static bool
step_kill(struct world *w, int i)
{
	if (!w->node[i].up || i == CLONE)
		return false;
	crash_node(w, i, false);
	return true;
}

static bool
step_power(struct world *w, int i)
{
	if (!w->node[i].up || i == CLONE)
		return false;
	crash_node(w, i, true);
	return true;
}

static bool
step_begin_waiting(struct world *w, int p)
{
	return step_begin(w, p, false);
}

static bool
step_begin_alone(struct world *w, int p)
{
	return step_begin(w, p, true);
}

static bool
step_promote_blind(struct world *w, int c)
{
	return step_promote(w, c, false);
}

static bool
step_promote_guarded(struct world *w, int c)
{
	return step_promote(w, c, true);
}

/* a step of a primary's, of a copy's, or between both; how often it is tried,
 * by profile */
struct action {
	bool (*of_primary)(struct world *, int p);
	bool (*of_copy)(struct world *, int c);
	bool (*between)(struct world *, int p, int c);
	uint8_t weight[PROFILES];
};

/* the first ones are what everybody does by himself, in order */
static const struct action actions[] = {
	{.of_primary = step_start, .weight = {8, 8, 8, 8}},
	{.between = step_connect, .weight = {16, 16, 16, 16}},
	{.of_primary = step_begin_waiting, .weight = {8, 8, 8, 8}},
	{.of_primary = step_run, .weight = {8, 8, 8, 8}},
	{.of_primary = step_return, .weight = {12, 12, 12, 12}},
	{.of_primary = step_change_file, .weight = {2, 2, 2, 2}},
	{.of_primary = step_change_told, .weight = {6, 6, 6, 6}},
	{.between = step_list, .weight = {12, 12, 12, 12}},
	{.between = step_fill, .weight = {12, 12, 12, 12}},
	{.between = step_tell, .weight = {12, 12, 12, 12}},
	{.between = step_deliver, .weight = {30, 30, 30, 30}},
	{.between = step_ack, .weight = {30, 30, 30, 30}},
#define BY_THEMSELVES 12u
	{.of_primary = step_settle, .weight = {2, 2, 2, 2}},
	{.of_primary = step_append, .weight = {12, 12, 12, 12}},
	{.of_primary = step_close, .weight = {1, 1, 3, 8}},
	{.between = step_break, .weight = {3, 3, 3, 1}},
	{.between = step_heal, .weight = {4, 4, 4, 4}},
	{.of_copy = step_boot, .weight = {8, 8, 8, 8}},
	{.of_copy = step_kill, .weight = {2, 2, 2, 1}},
	{.of_copy = step_power, .weight = {2, 2, 2, 1}},
	{.of_primary = step_begin_alone, .weight = {0, 1, 1, 2}},
	{.of_copy = step_promote_blind, .weight = {0, 1, 1, 0}},
	{.of_copy = step_promote_guarded, .weight = {0, 2, 1, 1}},
	{.of_copy = step_clone, .weight = {0, 0, 1, 0}},
	{.of_copy = step_backup, .weight = {0, 0, 2, 6}},
	{.of_copy = step_restore, .weight = {0, 0, 3, 8}},
	{.of_copy = step_delete_state, .weight = {0, 0, 1, 0}},
	{.between = step_discard, .weight = {0, 0, 1, 0}},
};

static const struct action *
pick_action(struct world *w, enum profile profile)
{
	static unsigned total[PROFILES];
	if (total[profile] == 0)
		for (size_t i = 0; i < ARRAY_LEN(actions); i++)
			total[profile] += actions[i].weight[profile];
	uint64_t at = random_below(w, total[profile]);
	const struct action *a = actions;
	while (at >= a->weight[profile])
		at -= (a++)->weight[profile];
	return a;
}

/* of those that somebody opens as a primary mostly one that runs */
static int
pick_primary(struct world *w)
{
	for (int i = 0; i < CLONE; i++)
		if (w->node[i].program != DOWN && !chance(w, 3))
			return i;
	return (int)random_below(w, CLONE);
}

static bool
act(struct world *w, const struct action *a, int p, int c)
{
	if (a->of_primary != NULL)
		return a->of_primary(w, p);
	return a->of_copy != NULL ? a->of_copy(w, c) : a->between(w, p, c);
}

static bool
all_attached(const struct world *w)
{
	const struct node *n = &w->node[0];
	return n->program == RUNNING && n->peer[1].st == PEER_ATTACHED &&
	       n->peer[2].st == PEER_ATTACHED;
}

/* what everybody does if nothing happens to them */
static void
work_together(struct world *w)
{
	for (int round = 0; round < 200 && !all_attached(w); round++)
		for (size_t i = 0; i < 2 * BY_THEMSELVES; i++)
			(void)act(w, &actions[i / 2], 0, i % 2 == 0 ? 1 : 2);
}

/* everything works again: the pool opens and its copies are attached */
static void
come_together(struct world *w)
{
	for (int i = 0; i < CLONE; i++) {
		(void)step_boot(w, i);
		for (int c = 0; c < CLONE; c++)
			w->link[i][c] = true;
	}
	work_together(w);
	if (!all_attached(w) && w->nsnapshots < SNAPSHOTS)
		violate(w, "c: the copies do not come back");
	for (int i = 0; i < CLONE && all_attached(w); i++)
		if ((w->acked & ~w->node[i].have) != 0)
			violate(w,
				"c: %c lacks an acknowledged record in the "
				"end",
				'A' + i);
}

static bool
run_schedule(uint64_t seed, enum mutant mutant, bool traced)
{
	struct world *w = &world;
	enum profile profile = (enum profile)(seed % PROFILES);
	world_init(w, seed, mutant, profile == PLAIN);
	w->trace = traced;
	if (profile != BACKUPS && !chance(w, 8))
		work_together(w);
	for (unsigned i = 0; w->steps < STEPS && i < PICKS; i++) {
		const struct action *a = pick_action(w, profile);
		int p = pick_primary(w);
		int c = (int)random_below(w, NODES);
		if (!act(w, a, p, c))
			continue;
		w->steps++;
		check_members(w);
		if (w->violation[0] != '\0')
			return false;
	}
	if (profile == PLAIN)
		come_together(w);
	check_members(w);
	return w->violation[0] == '\0';
}

static uint64_t
number_from_env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void
schedules__keep_the_rules(void **state)
{
	(void)state;
	uint64_t n = number_from_env("SCHEDULES", SCHEDULES);
	uint64_t seed = number_from_env("RPMEM_TEST_SEED", 1);
	uint64_t records = 0;
	uint64_t promotes = 0;
	for (uint64_t i = 0; i < n; i++) {
		bool good = run_schedule(seed + i, MUTANT_NONE, n == 1);
		records += (uint64_t)__builtin_popcountll(world.acked);
		promotes += world.npromoted;
		if (good)
			continue;
		if (n > 1)
			(void)run_schedule(seed + i, MUTANT_NONE, true);
		fail_msg("%s; RPMEM_TEST_SEED=%llu SCHEDULES=1 repeats it",
			world.violation, (unsigned long long)(seed + i));
	}
	print_message("%llu schedules from seed %llu: %llu acknowledged "
		      "records, %llu promotes\n",
		(unsigned long long)n, (unsigned long long)seed,
		(unsigned long long)records, (unsigned long long)promotes);
}

/* a seed that finds it, to begin with: if the model has changed since, the
 * search goes on from there */
static const struct {
	const char *name;
	uint64_t seed;
} mutants[MUTANT_END] = {
	[MUTANT_START_WITHOUT_WAITING] = {"start without waiting", 33},
	[MUTANT_END_IS_BEHIND] = {"end > last", 28},
	[MUTANT_RELEASE_BEFORE_FILE] = {"release before step 1", 1},
	[MUTANT_RELEASE_BEFORE_TOLD] = {"release before step 2 is acknowledged",
		1009},
	[MUTANT_DESCENDANT_ATTACHES] = {"a descendant attaches", 209},
	[MUTANT_LISTED_LATE] = {"listed after it has everything", 76},
	[MUTANT_TOLD_EARLY] = {"told before it has everything", 16},
	[MUTANT_COUNTED_LATE] = {"counted from its ack on", 59},
	[MUTANT_ONE_IS_COUNTED] = {"others that are told are not counted",
		3436},
	[MUTANT_CUT_BY_LISTING] = {"cut what later ones list", 4},
	[MUTANT_JOINER_UNKNOWN] = {"whoever was joining is not known", 176},
	[MUTANT_RESTART_FIRST] = {"restart before all were asked", 229},
	[MUTANT_CLEAN_GOES_ON] = {"no new generation after a close", 201043},
	[MUTANT_CHANGE_ENDS_LOW] = {"a change ends at what is durable", 24},
	[MUTANT_PROMOTE_ENDS_HIGH] = {"a promote ends behind its last number",
		60829},
	[MUTANT_LOST_ATTACHES] = {"a lost lineage is none", 3814},
	[MUTANT_LOW_IS_TRUE] = {"a crashed copy's number is believed", 7294},
	[MUTANT_JOIN_IN_TWO] = {"filled and told in two steps", 2927},
	[MUTANT_PRIMARY_ATTACHES] = {"a primary's state is believed", 6682},
	[MUTANT_FORK_FENCES] = {"any promote fences", 5},
	[MUTANT_PREDECESSOR_FENCES] = {"a promote that is over fences", 38714},
	[MUTANT_FENCE_IGNORED] = {"no promote fences", 229},
};

static bool
is_found(enum mutant m)
{
	for (uint64_t i = 0; i < MUTANT_SCHEDULES; i++) {
		uint64_t seed = mutants[m].seed + i;
		if (run_schedule(seed, m, false))
			continue;
		print_message("%s: seed %llu: %s\n", mutants[m].name,
			(unsigned long long)seed, world.violation);
		return true;
	}
	print_message("%s: not found\n", mutants[m].name);
	return false;
}

/* checks that find nothing where a rule is broken prove nothing */
static void
schedules__find_each_broken_rule(void **state)
{
	(void)state;
	unsigned missed = 0;
	for (int m = MUTANT_NONE + 1; m < MUTANT_END; m++)
		if (!is_found((enum mutant)m))
			missed++;
	assert_int_equal(missed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schedules__keep_the_rules),
		cmocka_unit_test(schedules__find_each_broken_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
