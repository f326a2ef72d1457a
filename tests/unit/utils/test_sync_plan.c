/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_sync_plan.c -- what rpmem sync makes of what it finds, as a table: a
 * pool, two copies, and what is asked for
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/compiler.h"
#include "utils/sync_plan.h"

#define SELF 0x11 /* the primary's uuid, all bytes */
#define RECORDED (OOB_COPY_F_RECORD | OOB_COPY_F_CLEAN)

/* lineages: generation 1, open or ended at 10, and what followed */
enum line { NONE, G1, G1_G2, G1_G3, G1_PROMOTED, OTHER };

/* those of a copy */
enum its_parts { THERE, NOT_THERE, DAMAGED, NO_RECORD };

struct copy {
	int asked;
	uint32_t flags;
	enum line line;
	uint64_t last;
	bool has_all;
	bool may_discard;
	enum without without;
	enum its_parts parts;
};

struct row {
	const char *what;
	enum sync_primary primary;
	enum line ours;
	struct copy copies[2];
	int from; /* 0: none; 1, 2: a copy */
	/* what comes out */
	enum sync_rebuild rebuild;
	int source; /* 1, 2 */
	enum sync_act acts[2];
	bool is_lossy;
	bool is_held;
};

#define COPY(line, last)                                                       \
	{                                                                      \
		0, RECORDED, line, last, false, false, WITHOUT_WAITS, THERE    \
	}
#define GOOD(line, last)                                                       \
	{                                                                      \
		0, RECORDED, line, last, true, false, WITHOUT_WAITS, THERE     \
	}
#define RESTORED (OOB_COPY_F_CHANGED | OOB_COPY_F_SUSPECT)
#define MARKED(flags, line, last)                                              \
	{                                                                      \
		0, (flags) | OOB_COPY_F_RECORD, line, last, false, false,      \
			WITHOUT_WAITS, THERE                                   \
	}
#define DROPPED(line, last)                                                    \
	{                                                                      \
		0, RECORDED, line, last, false, true, WITHOUT_WAITS, THERE     \
	}
#define GONE                                                                   \
	{                                                                      \
		-ENOENT, 0, NONE, 0, false, false, WITHOUT_FAILS, THERE        \
	}
/* no part of it is there, its record is */
#define UNMOUNTED(flags, line, last, may_discard)                              \
	{                                                                      \
		0, (flags) | OOB_COPY_F_RECORD, line, last, false,             \
			may_discard, WITHOUT_WAITS, NOT_THERE                  \
	}
#define AWAY                                                                   \
	{                                                                      \
		-ECONNREFUSED, 0, NONE, 0, false, false, WITHOUT_WAITS, THERE  \
	}

#define BAD(line, last)                                                        \
	{                                                                      \
		0, RECORDED, line, last, false, false, WITHOUT_WAITS, DAMAGED  \
	}

/* a pool lies there, and that is all */
#define STRAY                                                                  \
	{                                                                      \
		-ENOENT, 0, NONE, 0, false, false, WITHOUT_FAILS, NO_RECORD    \
	}

static const struct row rows[] = {
	{"all is well", SYNC_WHOLE, G1, {GOOD(G1, 9), GOOD(G1, 9)}, 0,
		SYNC_KEEP, 0, {SYNC_NOTHING, SYNC_NOTHING}, false, false},
	{"one is behind, one is missing", SYNC_WHOLE, G1_G2,
		{COPY(G1, 9), GONE}, 0, SYNC_KEEP, 0, {SYNC_FORWARD, SYNC_MAKE},
		false, false},
	{"one is away", SYNC_WHOLE, G1, {GOOD(G1, 9), AWAY}, 0, SYNC_KEEP, 0,
		{SYNC_NOTHING, SYNC_AWAY}, false, false},
	{"one has forked", SYNC_WHOLE, G1_G2,
		{GOOD(G1_G2, 15), COPY(G1_G3, 14)}, 0, SYNC_KEEP, 0,
		{SYNC_NOTHING, SYNC_REFUSED}, false, false},
	{"it is to be given up", SYNC_WHOLE, G1_G2,
		{GOOD(G1_G2, 15), DROPPED(G1_G3, 14)}, 0, SYNC_KEEP, 0,
		{SYNC_NOTHING, SYNC_DISCARD}, true, false},
	{"also one that could follow", SYNC_WHOLE, G1_G2,
		{GOOD(G1_G2, 15), DROPPED(G1, 9)}, 0, SYNC_KEEP, 0,
		{SYNC_NOTHING, SYNC_DISCARD}, true, false},
	{"fenced", SYNC_WHOLE, G1,
		{COPY(G1, 9), MARKED(OOB_COPY_F_PROMOTED, G1_PROMOTED, 9)}, 0,
		SYNC_KEEP, 0, {SYNC_FORWARD, SYNC_REFUSED}, false, true},
	{"nothing is known", SYNC_WHOLE, NONE, {COPY(G1, 9), COPY(NONE, 0)}, 0,
		SYNC_KEEP, 0, {SYNC_COMPARE, SYNC_FORWARD}, true, false},
	{"a rebuild was finished, but not told", SYNC_WHOLE, NONE,
		{MARKED(OOB_COPY_F_REBUILT, G1_G2, 15), COPY(G1, 9)}, 0,
		SYNC_KEEP, 0, {SYNC_FORWARD, SYNC_FORWARD}, false, false},
	{"... or not even that", SYNC_WHOLE, NONE,
		{MARKED(OOB_COPY_F_LENT, G1_G2, 15), COPY(G1, 9)}, 0, SYNC_KEEP,
		0, {SYNC_COMPARE, SYNC_FORWARD}, true, false},
	{"one is not mounted: what it had is here", SYNC_WHOLE, G1_G2,
		{GOOD(G1_G2, 15), UNMOUNTED(0, G1, 9, false)}, 0, SYNC_KEEP, 0,
		{SYNC_NOTHING, SYNC_MAKE}, true, false},
	{"... or not", SYNC_WHOLE, G1_G2,
		{GOOD(G1_G2, 15), UNMOUNTED(0, G1_G3, 14, false)}, 0, SYNC_KEEP,
		0, {SYNC_NOTHING, SYNC_REFUSED}, false, false},
	{"... and is given up", SYNC_WHOLE, G1_G2,
		{GOOD(G1_G2, 15), UNMOUNTED(0, G1_G3, 14, true)}, 0, SYNC_KEEP,
		0, {SYNC_NOTHING, SYNC_MAKE}, true, false},
	{"... nobody knows", SYNC_WHOLE, NONE,
		{COPY(NONE, 9), UNMOUNTED(0, G1, 9, false)}, 0, SYNC_KEEP, 0,
		{SYNC_FORWARD, SYNC_REFUSED}, false, false},
	{"... it was promoted", SYNC_WHOLE, G1,
		{GOOD(G1, 9),
			UNMOUNTED(OOB_COPY_F_PROMOTED, G1_PROMOTED, 9, false)},
		0, SYNC_KEEP, 0, {SYNC_NOTHING, SYNC_REFUSED}, false, true},
	{"... the pool has just been made", SYNC_WHOLE, NONE,
		{MARKED(OOB_COPY_F_REBUILT, G1_G2, 15),
			UNMOUNTED(0, G1, 9, false)},
		0, SYNC_KEEP, 0, {SYNC_FORWARD, SYNC_REFUSED}, false, false},
	{"lost: one is not mounted", SYNC_LOST, NONE,
		{COPY(G1_G2, 15), UNMOUNTED(0, G1, 9, false)}, 0, SYNC_CANNOT,
		0, {SYNC_COMPARE, SYNC_REFUSED}, false, true},
	{"... and somebody knows", SYNC_LOST, NONE,
		{COPY(G1_G2, 15), UNMOUNTED(0, G1, 9, false)}, 1, SYNC_REBUILD,
		1, {SYNC_FORWARD, SYNC_REFUSED}, true, false},
	{"... nothing is read from it", SYNC_LOST, NONE,
		{COPY(G1_G2, 15), UNMOUNTED(0, G1, 9, false)}, 2, SYNC_CANNOT,
		0, {SYNC_COMPARE, SYNC_REFUSED}, false, true},
	{"a program runs", SYNC_RUNNING, G1, {COPY(G1, 9), GONE}, 0, SYNC_KEEP,
		0, {SYNC_PROGRAM, SYNC_PROGRAM}, false, true},
	{"lost: the newer one", SYNC_LOST, NONE, {COPY(G1, 9), COPY(G1_G2, 15)},
		0, SYNC_REBUILD, 2, {SYNC_FORWARD, SYNC_FORWARD}, false, false},
	{"lost: the one with more", SYNC_LOST, NONE, {COPY(G1, 9), COPY(G1, 8)},
		0, SYNC_REBUILD, 1, {SYNC_FORWARD, SYNC_FORWARD}, false, false},
	{"lost: the other one is not there", SYNC_LOST, NONE,
		{GONE, COPY(G1, 8)}, 0, SYNC_REBUILD, 2,
		{SYNC_MAKE, SYNC_FORWARD}, false, false},
	{"lost: the parts of one are bad", SYNC_LOST, NONE,
		{BAD(G1, 9), COPY(G1, 8)}, 0, SYNC_REBUILD, 2,
		{SYNC_REFUSED, SYNC_FORWARD}, false, false},
	{"... and it is the newer one", SYNC_LOST, NONE,
		{BAD(G1_G2, 15), COPY(G1, 9)}, 0, SYNC_CANNOT, 0,
		{SYNC_REFUSED, SYNC_COMPARE}, false, true},
	{"... and it is wanted", SYNC_LOST, NONE, {BAD(G1, 9), COPY(G1, 8)}, 1,
		SYNC_CANNOT, 0, {SYNC_REFUSED, SYNC_COMPARE}, false, true},
	{"... of all", SYNC_LOST, NONE, {BAD(G1, 9), BAD(G1, 9)}, 0,
		SYNC_CANNOT, 0, {SYNC_REFUSED, SYNC_REFUSED}, false, true},
	{"one has no record", SYNC_WHOLE, G1, {GOOD(G1, 9), STRAY}, 0,
		SYNC_KEEP, 0, {SYNC_NOTHING, SYNC_COMPARE}, false, false},
	{"lost: one has no record", SYNC_LOST, NONE, {COPY(G1, 9), STRAY}, 0,
		SYNC_CANNOT, 0, {SYNC_COMPARE, SYNC_REFUSED}, false, true},
	{"... and is not the right one", SYNC_LOST, NONE, {COPY(G1, 9), STRAY},
		1, SYNC_REBUILD, 1, {SYNC_FORWARD, SYNC_REFUSED}, true, false},
	{"... or it is", SYNC_LOST, NONE, {GONE, STRAY}, 2, SYNC_REBUILD, 2,
		{SYNC_MAKE, SYNC_COMPARE}, true, false},
	{"... which somebody has to say", SYNC_LOST, NONE, {GONE, STRAY}, 0,
		SYNC_CANNOT, 0, {SYNC_MAKE, SYNC_REFUSED}, false, true},
	{"lost: the other one is away", SYNC_LOST, NONE, {COPY(G1, 9), AWAY}, 0,
		SYNC_CANNOT, 0, {SYNC_COMPARE, SYNC_AWAY}, false, true},
	{"... and somebody knows", SYNC_LOST, NONE, {COPY(G1, 9), AWAY}, 1,
		SYNC_REBUILD, 1, {SYNC_FORWARD, SYNC_AWAY}, true, false},
	{"lost: they have forked", SYNC_LOST, NONE,
		{COPY(G1_G2, 15), COPY(G1_G3, 14)}, 0, SYNC_CANNOT, 0,
		{SYNC_COMPARE, SYNC_COMPARE}, false, true},
	{"... and somebody knows", SYNC_LOST, NONE,
		{COPY(G1_G2, 15), COPY(G1_G3, 14)}, 2, SYNC_REBUILD, 2,
		{SYNC_REFUSED, SYNC_FORWARD}, true, false},
	{"lost: unrelated ones", SYNC_LOST, NONE, {COPY(G1, 9), COPY(OTHER, 9)},
		0, SYNC_CANNOT, 0, {SYNC_COMPARE, SYNC_COMPARE}, false, true},
	{"lost: nothing is on record", SYNC_LOST, NONE,
		{COPY(NONE, 9), COPY(NONE, 9)}, 0, SYNC_CANNOT, 0,
		{SYNC_FORWARD, SYNC_FORWARD}, false, true},
	{"lost: one copy, and nothing on record", SYNC_LOST, NONE,
		{COPY(NONE, 9), GONE}, 0, SYNC_REBUILD, 1,
		{SYNC_FORWARD, SYNC_MAKE}, false, false},
	{"lost: one is suspect", SYNC_LOST, NONE,
		{COPY(G1, 9), MARKED(OOB_COPY_F_SUSPECT, G1, 9)}, 0,
		SYNC_CANNOT, 0, {SYNC_COMPARE, SYNC_COMPARE}, false, true},
	{"... which nobody can read", SYNC_LOST, NONE,
		{COPY(G1, 9), MARKED(OOB_COPY_F_SUSPECT, G1, 9)}, 2,
		SYNC_CANNOT, 0, {SYNC_COMPARE, SYNC_COMPARE}, false, true},
	{"lost: one was restored from a backup", SYNC_LOST, NONE,
		{COPY(G1, 9), MARKED(RESTORED, G1, 0)}, 0, SYNC_CANNOT, 0,
		{SYNC_COMPARE, SYNC_COMPARE}, false, true},
	{"... and nothing else is left", SYNC_LOST, NONE,
		{MARKED(RESTORED, G1, 0), GONE}, 0, SYNC_CANNOT, 0,
		{SYNC_COMPARE, SYNC_MAKE}, false, true},
	{"... and somebody takes the other one", SYNC_LOST, NONE,
		{COPY(G1, 9), MARKED(RESTORED, G1, 0)}, 1, SYNC_REBUILD, 1,
		{SYNC_FORWARD, SYNC_FORWARD}, true, false},
	{"... or that one", SYNC_LOST, NONE,
		{COPY(G1, 9), MARKED(RESTORED, G1, 0)}, 2, SYNC_REBUILD, 2,
		{SYNC_REFUSED, SYNC_FORWARD}, true, false},
	{"lost: one was being made equal", SYNC_LOST, NONE,
		{MARKED(OOB_COPY_F_EQUALISING, G1, 9), COPY(G1, 9)}, 0,
		SYNC_CANNOT, 0, {SYNC_COMPARE, SYNC_COMPARE}, false, true},
	{"lost: one was given up", SYNC_LOST, NONE,
		{MARKED(OOB_COPY_F_EQUALISING, NONE, 9), COPY(G1, 9)}, 0,
		SYNC_REBUILD, 2, {SYNC_FORWARD, SYNC_FORWARD}, false, false},
	{"lost: a rebuild was cut short", SYNC_LOST, NONE,
		{COPY(G1, 9), MARKED(OOB_COPY_F_LENT, G1, 9)}, 0, SYNC_REBUILD,
		2, {SYNC_FORWARD, SYNC_COMPARE}, false, false},
	{"lost: a copy was promoted", SYNC_LOST, NONE,
		{COPY(G1, 9), MARKED(OOB_COPY_F_PROMOTED, G1_PROMOTED, 9)}, 0,
		SYNC_CANNOT, 0, {SYNC_COMPARE, SYNC_REFUSED}, false, true},
	{"on purpose, of a whole one", SYNC_WHOLE, G1_G2,
		{COPY(G1, 9), COPY(G1, 9)}, 1, SYNC_REBUILD, 1,
		{SYNC_FORWARD, SYNC_FORWARD}, true, false},
};

static void
add(struct lineage *l, uint8_t generation, uint8_t kind, uint64_t end)
{
	struct lineage_entry e = {
		.kind = kind, .nmembers = 3, .members = {1, 100, 101}};
	memset(e.generation, generation, UUID16_LEN);
	lineage_begin(l, end, &e);
}

static struct lineage
lineage_of(enum line line)
{
	struct lineage l = {.n = 0};
	if (line == NONE)
		return l;
	add(&l, line == OTHER ? 9 : 1, LINEAGE_FIRST, 0);
	if (line == G1_G2)
		add(&l, 2, LINEAGE_SHRUNK, 10);
	if (line == G1_G3)
		add(&l, 3, LINEAGE_SHRUNK, 8);
	if (line == G1_PROMOTED)
		add(&l, 4, LINEAGE_PROMOTE, 9);
	return l;
}

static void
make_copy(struct copy_past *c, const struct copy *in, unsigned at)
{
	*c = (struct copy_past){
		.target = at == 1 ? "tcp://beta" : "tcp://gamma",
		.set_name = "db.set",
		.at = at,
		.asked = in->asked,
		.without = in->without,
		.id = 99 + at,
		.past = in->line == NONE ? PAST_NONE : PAST_KNOWN,
		.lineage = lineage_of(in->line)};
	c->reply.flags = in->flags;
	c->reply.last_seq = in->last;
	memset(c->reply.primary_uuid, SELF, UUID16_LEN);
}

static void
make_primary(struct sync *s, const struct row *r)
{
	s->primary = r->primary;
	s->is_recorded = true;
	s->has_parts = true;
	if (r->primary == SYNC_LOST)
		return;
	memset(s->p.primary.uuid, SELF, UUID16_LEN);
	s->p.pool.lineage = lineage_of(r->ours);
	s->p.pool.last = r->ours == G1_G2 ? 15 : 9;
}

static void
check_row(const struct row *r)
{
	static struct copy_past past[2];
	static struct sync_member members[2];
	static struct sync s;
	static const struct sync_args args = {.set = "db.set"};
	s = (struct sync){.args = &args, .members = members, .n = 2};
	s.from = r->from - 1;
	make_primary(&s, r);
	for (unsigned i = 0; i < 2; i++) {
		make_copy(&past[i], &r->copies[i], i + 1);
		members[i] = (struct sync_member){.c = &past[i],
			.has_all = r->copies[i].has_all,
			.may_discard = r->copies[i].may_discard,
			.is_gone = r->copies[i].parts == NOT_THERE,
			.is_unrecorded = r->copies[i].parts == NO_RECORD,
			.is_recorded = true,
			.stands = "degraded"};
		if (r->copies[i].parts == DAMAGED)
			(void)snprintf(members[i].bad, sizeof(members[i].bad),
				"1 of its 1 parts are bad");
	}
	sync_plan(&s);
	assert_int_equal(s.rebuild, r->rebuild);
	if (r->rebuild == SYNC_REBUILD)
		assert_int_equal(s.source, r->source - 1);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(members[i].act, r->acts[i]);
	assert_int_equal(s.is_lossy, r->is_lossy);
	assert_int_equal(s.is_held, r->is_held);
	/* what is not done says what goes on */
	if (r->rebuild == SYNC_CANNOT)
		assert_int_not_equal(s.rebuild_next[0], '\0');
	for (unsigned i = 0; i < 2; i++)
		if (members[i].act == SYNC_REFUSED ||
			members[i].act == SYNC_AWAY ||
			members[i].act == SYNC_PROGRAM)
			assert_int_not_equal(members[i].next[0], '\0');
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].what);
		check_row(&rows[i]);
	}
}

/* what it asks before it rebuilds a pool from its only copy */
static const struct asks_row {
	const char *what;
	bool is_recorded; /* that pool, here */
	bool knows_copy;  /* ... and where the copy stands */
	bool has_parts;
	bool was_closed; /* the copy */
	int from;
	enum sync_rebuild rebuild;
	bool is_foreign;
	unsigned asks;
	bool is_lossy;
} asks_rows[] = {
	{"a part is left", true, true, true, false, -1, SYNC_REBUILD, false, 0,
		false},
	{"none is", true, true, false, true, -1, SYNC_REBUILD, false,
		SYNC_ASKS_MOUNT, true},
	{"nothing is on record here", false, false, false, true, 0,
		SYNC_REBUILD, true, 0, true},
	{"... and its program may be alive", false, false, false, false, 0,
		SYNC_REBUILD, true, SYNC_ASKS_ALIVE, true},
	{"... which this pool's past does not tell", true, false, true, false,
		0, SYNC_REBUILD, true, SYNC_ASKS_ALIVE, true},
	/* the copies in the table have listed another one */
	{"one that followed is not there", false, false, false, true, -1,
		SYNC_CANNOT, false, 0, false},
};

static void
lost__asks(void **state)
{
	(void)state;
	static struct copy_past past[2];
	static struct sync_member members[2];
	static struct sync s;
	static const struct sync_args args = {.set = "db.set"};
	const struct copy there = COPY(G1, 9);
	const struct copy gone = GONE;
	for (size_t i = 0; i < ARRAY_LEN(asks_rows); i++) {
		const struct asks_row *r = &asks_rows[i];
		print_message("%s\n", r->what);
		make_copy(&past[0], &there, 1);
		make_copy(&past[1], &gone, 2);
		if (!r->was_closed)
			past[0].reply.flags &= ~(uint32_t)OOB_COPY_F_CLEAN;
		for (unsigned k = 0; k < 2; k++)
			members[k] = (struct sync_member){.c = &past[k],
				.is_recorded = r->knows_copy && k == 0,
				.stands = "degraded"};
		s = (struct sync){.args = &args,
			.members = members,
			.n = 2,
			.from = r->from,
			.primary = SYNC_LOST,
			.is_recorded = r->is_recorded,
			.has_parts = r->has_parts};
		sync_plan(&s);
		assert_int_equal(s.rebuild, r->rebuild);
		assert_int_equal(s.is_foreign, r->is_foreign);
		assert_int_equal(s.asks, r->asks);
		assert_int_equal(s.is_lossy, r->is_lossy);
		if (r->rebuild == SYNC_CANNOT)
			assert_non_null(
				strstr(s.rebuild_why, "another copy that"));
	}
}

/* whom the header of a rebuilt pool names */
static const struct links_row {
	uint8_t left;	    /* next replica of a first part; 0: none is left */
	unsigned nreplicas; /* of the set */
	uint8_t next;	    /* the copy's; its previous one is SELF */
	enum sync_links recorded;
	bool says_stock;
	bool is_stock;
	enum sync_links_by by;
} links_rows[] = {
	{SELF, 2, SELF, SYNC_LINKS_RING, true, false, SYNC_BY_PART},
	{1, 2, SELF, SYNC_LINKS_STAR, false, true, SYNC_BY_PART},
	{0, 3, SELF, SYNC_LINKS_RING, true, false, SYNC_BY_COPY},
	{0, 3, 2, SYNC_LINKS_UNKNOWN, false, true, SYNC_BY_COPY},
	{0, 2, SELF, SYNC_LINKS_STAR, true, true, SYNC_BY_WORD},
	{0, 2, SELF, SYNC_LINKS_STAR, false, false, SYNC_BY_RECORD},
	{0, 2, SELF, SYNC_LINKS_RING, false, true, SYNC_BY_RECORD},
	{0, 2, SELF, SYNC_LINKS_UNKNOWN, false, false, SYNC_BY_GUESS},
};

static void
test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(links_rows); i++) {
		const struct links_row *r = &links_rows[i];
		struct sync_args args = {.is_stock = r->says_stock};
		struct poolset set = {.nreplicas = r->nreplicas};
		struct sync_member m = {.c = NULL};
		static struct sync s;
		s = (struct sync){.args = &args,
			.set = &set,
			.members = &m,
			.n = 1,
			.recorded = r->recorded};
		memset(m.attr.uuid, 1, UUID16_LEN);
		memset(m.attr.prev_uuid, SELF, UUID16_LEN);
		memset(m.attr.next_uuid, r->next, UUID16_LEN);
		if (r->left != 0)
			memset(s.p.primary.uuid, SELF, UUID16_LEN);
		memset(s.p.primary.attr.next_uuid, r->left, UUID16_LEN);
		sync_plan_links(&s);
		assert_int_equal(s.is_stock, r->is_stock);
		assert_int_equal(s.links_by, r->by);
		assert_int_not_equal(sync_links_text(&s)[0], '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
		cmocka_unit_test(lost__asks), cmocka_unit_test(test_links)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
