/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_past.c -- what of a former open still holds
 */
#include "librpmem/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

/* one that holds; each row of a test makes one thing different */
static const struct past_open good = {.is_there = true,
	.maps_count = true,
	.was_clean = true,
	.identity = 7,
	.run_id = 40};
static const struct present same = {
	.has_run_id = true, .identity = 7, .run_id = 40};

static void
holds__only_of_the_pool_that_was_closed(void **state)
{
	const char *why = "";
	(void)state;
	assert_true(past_holds(&good, &same, &why));
	assert_null(why);

	struct past_open p[4] = {good, good, good, good};
	p[0].is_there = false;
	p[1].was_clean = false;
	p[2].maps_count = false;
	p[3].identity = 8;
	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		assert_false(past_holds(&p[i], &same, &why));
		assert_non_null(why);
	}
	struct present other = same;
	other.has_run_id = false;
	assert_false(past_holds(&good, &other, &why));
}

static void
holds__a_run_is_counted_before_or_behind(void **state)
{
	const char *why = NULL;
	struct present now = same;
	(void)state;
	/* stock libpmemobj has not counted yet when it calls rpmem_open */
	now.run_id = 42;
	assert_false(past_holds(&good, &now, &why));
	/* a hook on the flush of the count opens the copy behind it */
	now.has_begun = true;
	assert_true(past_holds(&good, &now, &why));
	now.run_id = 40;
	assert_false(past_holds(&good, &now, &why));
	now.run_id = 44;
	assert_false(past_holds(&good, &now, &why));
}

static void
fits__a_copy_that_nobody_else_has_changed(void **state)
{
	static const uint8_t me[UUID16_LEN] = {1};
	static const uint8_t other[UUID16_LEN] = {2};
	struct oob_copy copy = {.flags = OOB_COPY_F_RECORD,
		.applied_seq = 100,
		.open_counter = 5};
	(void)state;
	memcpy(copy.owner_id, me, UUID16_LEN);
	assert_true(past_fits(&copy, me, 5, 100));
	assert_true(past_fits(&copy, me, 5, 99));
	/* it has less than it acknowledged */
	assert_false(past_fits(&copy, me, 5, 101));
	/* another session, or another owner, was there */
	assert_false(past_fits(&copy, me, 4, 100));
	assert_false(past_fits(&copy, other, 5, 100));
	/* its own owner's mark says nothing that the marks do not */
	copy.flags = OOB_COPY_F_RECORD | OOB_COPY_F_EQUALISING;
	assert_true(past_fits(&copy, me, 5, 100));
	copy.flags = OOB_COPY_F_RECORD | OOB_COPY_F_SUSPECT;
	assert_false(past_fits(&copy, me, 5, 100));
	copy.flags = OOB_COPY_F_RECORD | OOB_COPY_F_LENT;
	assert_false(past_fits(&copy, me, 5, 100));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds__only_of_the_pool_that_was_closed),
		cmocka_unit_test(holds__a_run_is_counted_before_or_behind),
		cmocka_unit_test(fits__a_copy_that_nobody_else_has_changed),
	};
	return cmocka_run_group_tests_name("past", tests, NULL, NULL);
}
