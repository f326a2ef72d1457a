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

#define SCHEDULES 30000u
#define STEPS 90u  /* that do something, */
#define PICKS 900u /* of those that are tried */
#define MUTANT_SCHEDULES 100000u

static struct world world;

enum profile { PLAIN, FAILOVER, EVERYTHING, PROFILES };

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
step_crash(struct world *w, int i, bool power)
{
	if (!w->node[i].up || i == CLONE)
		return false;
	crash_node(w, i, power);
	return true;
}

enum action {
	A_START,
	A_BEGIN,
	A_RUN,
	A_APPEND,
	A_RETURN,
	A_CHANGE_FILE,
	A_CHANGE_TOLD,
	A_CLOSE,
	A_CONNECT,
	A_LIST,
	A_FILL,
	A_TELL,
	A_DELIVER,
	A_ACK,
	A_SETTLE,
	A_BREAK,
	A_HEAL,
	A_BOOT,
	A_KILL,
	A_POWER,
	A_ALONE,
	A_PROMOTE,
	A_GUARDED,
	A_CLONE,
	A_BACKUP,
	A_RESTORE,
	A_DELETE,
	A_DISCARD,
	ACTIONS
};

/* how often each is tried, by profile */
static const uint8_t weights[ACTIONS][PROFILES] = {
	[A_START] = {8, 8, 8},
	[A_BEGIN] = {8, 8, 8},
	[A_RUN] = {8, 8, 8},
	[A_APPEND] = {12, 12, 12},
	[A_RETURN] = {12, 12, 12},
	[A_CHANGE_FILE] = {2, 2, 2},
	[A_CHANGE_TOLD] = {6, 6, 6},
	[A_CLOSE] = {1, 1, 1},
	[A_CONNECT] = {16, 16, 16},
	[A_LIST] = {12, 12, 12},
	[A_FILL] = {12, 12, 12},
	[A_TELL] = {12, 12, 12},
	[A_DELIVER] = {30, 30, 30},
	[A_ACK] = {30, 30, 30},
	[A_SETTLE] = {2, 2, 2},
	[A_BREAK] = {3, 3, 3},
	[A_HEAL] = {4, 4, 4},
	[A_BOOT] = {8, 8, 8},
	[A_KILL] = {2, 2, 2},
	[A_POWER] = {2, 2, 2},
	[A_ALONE] = {0, 1, 1},
	[A_PROMOTE] = {0, 1, 1},
	[A_GUARDED] = {0, 2, 1},
	[A_CLONE] = {0, 0, 1},
	[A_BACKUP] = {0, 0, 2},
	[A_RESTORE] = {0, 0, 2},
	[A_DELETE] = {0, 0, 1},
	[A_DISCARD] = {0, 0, 1},
};

static enum action
pick_action(struct world *w, enum profile profile)
{
	static unsigned total[PROFILES];
	if (total[profile] == 0)
		for (int a = 0; a < ACTIONS; a++)
			total[profile] += weights[a][profile];
	uint64_t at = random_below(w, total[profile]);
	int a = 0;
	while (at >= weights[a][profile])
		at -= weights[a++][profile];
	return (enum action)a;
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
act(struct world *w, enum action a, int p, int c)
{
	switch (a) {
	case A_START:
		return step_start(w, p);
	case A_BEGIN:
		return step_begin(w, p, false);
	case A_RUN:
		return step_run(w, p);
	case A_APPEND:
		return step_append(w, p);
	case A_RETURN:
		return step_return(w, p);
	case A_CHANGE_FILE:
		return step_change_file(w, p);
	case A_CHANGE_TOLD:
		return step_change_told(w, p);
	case A_CLOSE:
		return step_close(w, p);
	case A_CONNECT:
		return step_connect(w, p, c);
	case A_LIST:
		return step_list(w, p, c);
	case A_FILL:
		return step_fill(w, p, c);
	case A_TELL:
		return step_tell(w, p, c);
	case A_DELIVER:
		return step_deliver(w, p, c);
	case A_ACK:
		return step_ack(w, p, c);
	case A_SETTLE:
		return step_settle(w, p);
	case A_BREAK:
		return step_break(w, p, c);
	case A_HEAL:
		return step_heal(w, p, c);
	case A_BOOT:
		return step_boot(w, c);
	case A_KILL:
		return step_crash(w, c, false);
	case A_POWER:
		return step_crash(w, c, true);
	case A_ALONE:
		return step_begin(w, p, true);
	case A_PROMOTE:
		return step_promote(w, c, false);
	case A_GUARDED:
		return step_promote(w, c, true);
	case A_CLONE:
		return step_clone(w, c);
	case A_BACKUP:
		return step_backup(w, c);
	case A_RESTORE:
		return step_restore(w, c);
	case A_DELETE:
		return step_delete_state(w, c);
	case A_DISCARD:
		return step_discard(w, p, c);
	case ACTIONS:
		break;
	}
	return false;
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
		for (int a = A_START; a <= A_ACK; a++)
			for (int c = 1; c < CLONE; c++)
				if (a != A_APPEND && a != A_CLOSE)
					(void)act(w, (enum action)a, 0, c);
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
	if (!chance(w, 8))
		work_together(w);
	for (unsigned i = 0; w->steps < STEPS && i < PICKS; i++) {
		enum action a = pick_action(w, profile);
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
	[MUTANT_START_WITHOUT_WAITING] = {"start without waiting", 1},
	[MUTANT_END_IS_BEHIND] = {"end > last", 3},
	[MUTANT_RELEASE_BEFORE_FILE] = {"release before step 1", 1},
	[MUTANT_RELEASE_BEFORE_TOLD] = {"release before step 2 is acknowledged",
		28},
	[MUTANT_DESCENDANT_ATTACHES] = {"a descendant attaches", 70},
	[MUTANT_LISTED_LATE] = {"listed after it has everything", 15},
	[MUTANT_TOLD_EARLY] = {"told before it has everything", 9},
	[MUTANT_COUNTED_LATE] = {"counted from its ack on", 15},
	[MUTANT_ONE_IS_COUNTED] = {"others that are told are not counted",
		1791},
	[MUTANT_CUT_BY_LISTING] = {"cut what later ones list", 6},
	[MUTANT_JOINER_UNKNOWN] = {"whoever was joining is not known", 24},
	[MUTANT_RESTART_FIRST] = {"restart before all were asked", 32},
	[MUTANT_CLEAN_GOES_ON] = {"no new generation after a close", 87059},
	[MUTANT_CHANGE_ENDS_LOW] = {"a change ends at what is durable", 9},
	[MUTANT_PROMOTE_ENDS_HIGH] = {"a promote ends behind its last number",
		61039},
	[MUTANT_LOST_ATTACHES] = {"a lost lineage is none", 278},
	[MUTANT_LOW_IS_TRUE] = {"a crashed copy's number is believed", 13288},
	[MUTANT_JOIN_IN_TWO] = {"filled and told in two steps", 1985},
	[MUTANT_PRIMARY_ATTACHES] = {"a primary's state is believed", 26459},
	[MUTANT_FORK_FENCES] = {"any promote fences", 2},
	[MUTANT_FENCE_IGNORED] = {"no promote fences", 32},
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
