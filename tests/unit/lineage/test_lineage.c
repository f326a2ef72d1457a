/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_lineage.c -- how a lineage grows, and what of it goes
 */
#include "lineage/lineage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

static void
begin(struct lineage *l, uint64_t end, struct brief next)
{
	struct lineage_entry e = entry_of(&next);
	lineage_begin(l, end, &e);
}

static unsigned
generation_at(const struct lineage *l, uint32_t i)
{
	return l->entry[i].generation[UUID16_LEN - 1];
}

static void
empty__has_nothing(void **state)
{
	(void)state;
	struct lineage l = {0};
	struct lineage_entry next;
	assert_null(lineage_last(&l));
	assert_false(lineage_has_member(&l, 1));
	assert_false(lineage_join(&l, 1));
	lineage_without(&l, 1, &next);
	assert_int_equal(next.nmembers, 0);
	lineage_settle(&l);
	assert_int_equal(l.n, 0);
}

static void
begin__closes_and_opens(void **state)
{
	(void)state;
	struct lineage l = {0};
	begin(&l, 77, (struct brief){1, LINEAGE_FIRST, 5, {1, 2}});
	assert_int_equal(l.n, 1);
	assert_int_equal(l.entry[0].end, OPEN);
	begin(&l, 10, (struct brief){2, LINEAGE_SHRUNK, 5, {1}});
	assert_int_equal(l.n, 2);
	assert_int_equal(l.entry[0].end, 10);
	assert_int_equal(l.entry[0].kind, LINEAGE_FIRST);
	assert_int_equal(l.entry[0].nmembers, 2);
	assert_ptr_equal(lineage_last(&l), &l.entry[1]);
	assert_int_equal(l.entry[1].end, OPEN);
	assert_int_equal(l.entry[1].kind, LINEAGE_SHRUNK);
	assert_int_equal(generation_at(&l, 1), 2);
	assert_true(lineage_has_member(&l, 1));
	assert_false(lineage_has_member(&l, 2));
	assert_false(l.is_cut);
}

static void
begin__ends_never_fall(void **state)
{
	(void)state;
	struct lineage l = {0};
	begin(&l, 0, (struct brief){1, LINEAGE_FIRST, 0, {1}});
	begin(&l, 1024, (struct brief){2, LINEAGE_RESTART, 0, {1}});
	begin(&l, 15, (struct brief){3, LINEAGE_PROMOTE, 0, {2}});
	assert_int_equal(l.entry[1].end, 1024);
	begin(&l, OPEN, (struct brief){4, LINEAGE_RESTART, 0, {2}});
	assert_int_equal(l.entry[2].end, OPEN - 1);
}

/* beyond what there is room for the oldest goes, though somebody needs it */
static void
begin__drops_the_oldest(void **state)
{
	(void)state;
	struct lineage l = {0};
	for (unsigned i = 1; i <= LINEAGE_MAX; i++)
		begin(&l, i,
			(struct brief){(uint8_t)i, LINEAGE_SHRUNK, 0, {i}});
	assert_int_equal(l.n, LINEAGE_MAX);
	assert_false(l.is_cut);
	begin(&l, 100, (struct brief){65, LINEAGE_SHRUNK, 0, {65}});
	assert_int_equal(l.n, LINEAGE_MAX);
	assert_true(l.is_cut);
	assert_int_equal(generation_at(&l, 0), 2);
	assert_int_equal(generation_at(&l, 63), 65);
	assert_int_equal(l.entry[62].end, 100);
}

/* what is only listed may come back with the generation before */
static void
begin_and_join__forget_nobody(void **state)
{
	(void)state;
	struct lineage l = {0};
	begin(&l, 0, (struct brief){1, LINEAGE_FIRST, 0, {1, 2}});
	begin(&l, 16, (struct brief){2, LINEAGE_RESTART, 0, {1, 2}});
	assert_int_equal(l.n, 2);
	begin(&l, 20, (struct brief){3, LINEAGE_SHRUNK, 0, {1}});
	assert_true(lineage_join(&l, 2));
	assert_int_equal(l.n, 3);
	assert_int_equal(l.entry[2].nmembers, 2);
	assert_true(lineage_has_member(&l, 2));
}

static void
join__has_a_limit(void **state)
{
	(void)state;
	struct lineage l = {0};
	begin(&l, 0, (struct brief){1, LINEAGE_FIRST, 0, {1}});
	for (uint64_t id = 2; id <= LINEAGE_MEMBERS_MAX; id++)
		assert_true(lineage_join(&l, id));
	assert_true(lineage_join(&l, 3));
	assert_int_equal(l.entry[0].nmembers, LINEAGE_MEMBERS_MAX);
	assert_false(lineage_join(&l, 99));
	assert_false(lineage_has_member(&l, 99));
	assert_true(lineage_has_member(&l, 8));
}

static void
without__keeps_the_order(void **state)
{
	(void)state;
	struct lineage l = lineage_of((struct brief[8]){
		{1, LINEAGE_FIRST, 3, {7}},
		{2, LINEAGE_RESTART, OPEN, {1, 2, 3}},
	});
	struct lineage_entry next;
	lineage_without(&l, 2, &next);
	assert_int_equal(next.nmembers, 2);
	assert_int_equal(next.members[0], 1);
	assert_int_equal(next.members[1], 3);
	lineage_without(&l, 7, &next);
	assert_int_equal(next.nmembers, 3);
}

static void
settle__keeps_what_somebody_needs(void **state)
{
	(void)state;
	struct lineage l = lineage_of((struct brief[8]){
		{1, LINEAGE_FIRST, 1, {1, 2}},
		{2, LINEAGE_SHRUNK, 2, {1, 2, 3}},
		{3, LINEAGE_SHRUNK, 3, {1}},
		{4, LINEAGE_RESTART, 4, {1, 2}},
		{5, LINEAGE_SHRUNK, OPEN, {1, 2}},
	});
	lineage_settle(&l);
	assert_int_equal(l.n, 2);
	assert_int_equal(generation_at(&l, 0), 2);
	assert_int_equal(generation_at(&l, 1), 5);
	assert_int_equal(l.entry[0].end, 2);
	assert_true(l.is_cut);
	assert_true(lineage_join(&l, 3));
	lineage_settle(&l);
	assert_int_equal(l.n, 1);
	assert_int_equal(generation_at(&l, 0), 5);
}

/* a promote fences whoever was left in a generation before it */
static void
settle__keeps_promotes_behind_others(void **state)
{
	(void)state;
	struct lineage l = lineage_of((struct brief[8]){
		{1, LINEAGE_FIRST, 1, {1, 2}},
		{2, LINEAGE_PROMOTE, 2, {2}},
		{3, LINEAGE_SHRUNK, 3, {2}},
		{4, LINEAGE_RESTART, OPEN, {2, 3}},
	});
	lineage_settle(&l);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.entry[1].kind, LINEAGE_PROMOTE);
	assert_int_equal(generation_at(&l, 2), 4);
	assert_true(lineage_join(&l, 1));
	lineage_settle(&l);
	assert_int_equal(l.n, 1);
}

static void
equal__looks_at_each_field(void **state)
{
	(void)state;
	const struct lineage a = lineage_of((struct brief[8]){
		{1, LINEAGE_FIRST, 3, {1, 2}},
		{2, LINEAGE_SHRUNK, OPEN, {1}},
	});
	struct lineage b = a;
	assert_true(lineage_equal(&a, &b));
	b.entry[1].members[5] = 9; /* behind its members: nothing */
	assert_true(lineage_equal(&a, &b));
	b.n = 1;
	assert_false(lineage_equal(&a, &b));
	b = a, b.is_cut = true;
	assert_false(lineage_equal(&a, &b));
	b = a, b.entry[0].generation[15] ^= 1;
	assert_false(lineage_equal(&a, &b));
	b = a, b.entry[0].end++;
	assert_false(lineage_equal(&a, &b));
	b = a, b.entry[1].kind = LINEAGE_RESTART;
	assert_false(lineage_equal(&a, &b));
	b = a, b.entry[0].members[1] = 3;
	assert_false(lineage_equal(&a, &b));
	b = a, b.entry[0].nmembers = 1;
	assert_false(lineage_equal(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty__has_nothing),
		cmocka_unit_test(begin__closes_and_opens),
		cmocka_unit_test(begin__ends_never_fall),
		cmocka_unit_test(begin__drops_the_oldest),
		cmocka_unit_test(begin_and_join__forget_nobody),
		cmocka_unit_test(join__has_a_limit),
		cmocka_unit_test(without__keeps_the_order),
		cmocka_unit_test(settle__keeps_what_somebody_needs),
		cmocka_unit_test(settle__keeps_promotes_behind_others),
		cmocka_unit_test(equal__looks_at_each_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
