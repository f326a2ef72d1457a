/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_promote.c -- which copy may become a primary, and of which generation
 */
#include "rpmemd/promote.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "lineage/lineage.h"

static void
promote_may__rows(void **state)
{
	(void)state;
	static const struct {
		uint32_t flags;
		bool same_boot;
		bool in_page_cache;
		int rc;
	} rows[] = {
		{STATE_F_CLEAN | STATE_F_RECORD, true, true, 0},
		{STATE_F_CLEAN | STATE_F_RECORD, false, true, 0},
		/* the initiator died: a prefix */
		{STATE_F_RECORD, true, true, 0},
		/* the machine died: on pmem a prefix, elsewhere who knows */
		{STATE_F_RECORD, false, false, 0},
		{STATE_F_RECORD, false, true, -ESTALE},
		/* ... and somebody has opened it since */
		{STATE_F_CLEAN | STATE_F_SUSPECT, true, false, -ESTALE},
		{STATE_F_SUSPECT | STATE_F_CHANGED, true, true, -ESTALE},
		/* the medium has refused a write */
		{STATE_F_UNWRITTEN, true, true, -ESTALE},
		/* read from, not changed */
		{STATE_F_RECORD | STATE_F_LENT, true, true, 0},
		{STATE_F_CLEAN | STATE_F_RECORD | STATE_F_UNKNOWN, true, true,
			-ESTALE},
		{STATE_F_CREATING, true, false, -ESTALE},
		{STATE_F_CREATING | STATE_F_RECORD, true, false, -ESTALE},
		{STATE_F_RECORD | STATE_F_EQUALISING, true, false, -ESTALE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct state s = {.flags = rows[i].flags};
		assert_int_equal(promote_may(&s, rows[i].same_boot,
					 rows[i].in_page_cache),
			rows[i].rc);
	}
	assert_int_equal(promote_may(NULL, true, false), -ESTALE);
}

#define ME 7u

/* a copy that follows another writer, which has given out up to 9 before */
static struct lineage
a_follower(void)
{
	struct lineage l = {.n = 0};
	struct lineage_entry first = {.generation = "1",
		.kind = LINEAGE_FIRST,
		.nmembers = 2,
		.members = {5, ME}};
	struct lineage_entry second = {.generation = "2",
		.kind = LINEAGE_RESTART,
		.nmembers = 2,
		.members = {5, ME}};
	lineage_begin(&l, 0, &first);
	lineage_begin(&l, 9, &second);
	return l;
}

static void
begin__adds_one_generation_and_no_second(void **state)
{
	(void)state;
	struct lineage l = a_follower();
	assert_false(promote_began(&l, ME));
	promote_begin(&l, 20, ME);
	assert_true(promote_began(&l, ME));
	assert_false(promote_began(&l, 5));
	assert_int_equal(l.n, 3);
	assert_int_equal(l.entry[1].end, 20);
	const struct lineage_entry *e = lineage_last(&l);
	assert_int_equal(e->kind, LINEAGE_PROMOTE);
	assert_int_equal(e->nmembers, 1);
	assert_int_equal(e->members[0], ME);

	struct lineage once = l;
	promote_begin(&l, 21, ME);
	assert_true(lineage_equal(&l, &once));
	/* of another one, after which it followed and was promoted itself */
	promote_begin(&l, 30, 8);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.entry[2].end, 30);
}

static void
begin__fences_the_old_primary(void **state)
{
	(void)state;
	struct lineage ours = a_follower();
	struct lineage theirs = ours;
	promote_begin(&theirs, 20, ME);
	struct lineage_facts f = {.ours = &ours,
		.theirs = &theirs,
		.their_last = 20,
		.their_id = ME};
	assert_int_equal(lineage_decide(&f, 25).verdict, LINEAGE_FENCED);
}

/* what nobody can know is not made up */
static void
begin__without_a_past(void **state)
{
	(void)state;
	struct lineage l = {.n = 0};
	promote_begin(&l, 4, ME);
	assert_int_equal(l.n, 2);
	assert_true(l.is_cut);
	assert_int_equal(l.entry[0].kind, LINEAGE_FIRST);
	assert_int_equal(l.entry[0].end, 4);
	assert_int_equal(l.entry[1].kind, LINEAGE_PROMOTE);
	uint8_t bytes[LINEAGE_SIZE_MAX];
	struct lineage back;
	assert_int_equal(
		lineage_decode(bytes, lineage_encode(&l, bytes), &back), 0);
	assert_true(lineage_equal(&l, &back));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promote_may__rows),
		cmocka_unit_test(begin__adds_one_generation_and_no_second),
		cmocka_unit_test(begin__fences_the_old_primary),
		cmocka_unit_test(begin__without_a_past),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
