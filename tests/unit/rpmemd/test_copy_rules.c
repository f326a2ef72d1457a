/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_copy_rules.c -- who may open a copy, and which copy a create discards
 */
#include "rpmemd/copy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static const uint8_t obj[8] = "PMEMOBJ";
static const uint8_t own[8] = "MYPOOL";
static const uint8_t raw[8];

#define CREATING STATE_F_CREATING
#define RECORD STATE_F_RECORD
#define EQUALISING STATE_F_EQUALISING
#define SUSPECT STATE_F_SUSPECT

static void
may_open__rows(void **state)
{
	(void)state;
	static const struct {
		uint32_t flags;
		const uint8_t *signature;
		bool is_owner;
		int rc;
	} rows[] = {
		{0, obj, false, 0},
		{STATE_F_CLEAN, obj, false, 0},
		{STATE_F_LENT, obj, false, 0},
		{RECORD, obj, false, 0},
		/* filled by pmempool, never finished */
		{CREATING, obj, false, -ESTALE},
		{CREATING, obj, true, 0},
		/* filled by a program: a prefix at any time */
		{CREATING | RECORD, obj, false, 0},
		/* a direct caller's data is its own business */
		{CREATING, own, false, 0},
		{CREATING | STATE_F_RAW, raw, false, 0},
		/* blocks in no order: no prefix */
		{EQUALISING | RECORD, obj, false, -ESTALE},
		{EQUALISING | RECORD, obj, true, 0},
		/* pages in no order: no prefix, whatever they hold */
		{SUSPECT | STATE_F_CLEAN, obj, false, -ESTALE},
		{SUSPECT | RECORD | STATE_F_RAW, raw, false, -ESTALE},
		{SUSPECT | STATE_F_CHANGED | RECORD, obj, false, -ESTALE},
		{SUSPECT | STATE_F_CHANGED | RECORD, obj, true, 0},
		/* a direct caller knows what it was told */
		{SUSPECT | STATE_F_RAW, raw, false, 0},
		{SUSPECT, own, false, 0},
		{SUSPECT | RECORD, obj, true, 0},
		/* a primary: nobody opens it as a copy */
		{STATE_F_PROMOTED, obj, true, -ESTALE},
		{STATE_F_PROMOTED, obj, false, -ESTALE},
		{STATE_F_PROMOTED | STATE_F_RAW, raw, true, -ESTALE},
		{STATE_F_PROMOTED | STATE_F_RAW, raw, false, 0},
		/* who may attach to it is its owner's to find out */
		{STATE_F_UNKNOWN, obj, true, 0},
		{STATE_F_UNKNOWN | STATE_F_CLEAN, obj, false, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct state s = {.flags = rows[i].flags, .primary_uuid = "me"};
		err_clear();
		assert_int_equal(
			copy_may_open(&s, rows[i].is_owner, rows[i].signature),
			rows[i].rc);
		assert_int_equal(err_msg()[0] != '\0', rows[i].rc != 0);
	}
}

/* recorded for nobody: its bytes do not tell that it was promoted */
static void
may_open__no_owner_of_a_promoted_raw_copy(void **state)
{
	(void)state;
	struct state s = {.flags = RECORD | STATE_F_RAW};
	assert_int_equal(copy_may_open(&s, true, raw), -ESTALE);
	assert_non_null(strstr(err_msg(), "promoted"));
	assert_int_equal(copy_may_open(&s, false, raw), 0);
	s.primary_uuid[3] = 1;
	assert_int_equal(copy_may_open(&s, true, raw), 0);
}

static void
last_seq__counts_what_is_sure(void **state)
{
	(void)state;
	struct state s = {.applied_seq = 5};
	assert_int_equal(copy_last_seq(&s, true, 7), 7);
	assert_int_equal(copy_last_seq(&s, true, 3), 5);
	assert_int_equal(copy_last_seq(&s, false, 7), 5);
	s.flags = SUSPECT;
	assert_int_equal(copy_last_seq(&s, true, 7), 0);
}

static void
is_owned_raw__rows(void **state)
{
	(void)state;
	static const struct {
		uint32_t flags;
		bool is_owned;
	} rows[] = {
		{STATE_F_RAW | RECORD, true},
		{STATE_F_RAW | RECORD | CREATING, true},
		{STATE_F_RAW | CREATING, false},
		{STATE_F_RAW | STATE_F_CLEAN, false},
		{RECORD, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct state s = {.flags = rows[i].flags};
		assert_int_equal(copy_is_owned_raw(&s), rows[i].is_owned);
	}
}

static void
is_suspect__rows(void **state)
{
	(void)state;
	static const struct {
		uint32_t flags;
		bool is_this_boot, in_page_cache, is_suspect;
	} rows[] = {
		{RECORD, false, true, true},
		{RECORD, true, true, false},
		{RECORD, false, false, false},
		{RECORD | STATE_F_CLEAN, false, true, false},
		/* once on record, whatever has happened since */
		{RECORD | STATE_F_CLEAN | SUSPECT, true, false, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct state s = {.flags = rows[i].flags};
		assert_int_equal(copy_is_suspect(&s, rows[i].is_this_boot,
					 rows[i].in_page_cache),
			rows[i].is_suspect);
	}
}

/* no point to build on, and perhaps all that is left */
static void
suspect__is_kept(void **state)
{
	(void)state;
	struct state s = {.flags = RECORD | SUSPECT};
	assert_false(copy_is_consistent(&s));
	assert_true(copy_is_worth_keeping(&s));
	s.flags |= EQUALISING;
	assert_false(copy_is_worth_keeping(&s));
}

static void
may_replace__only_what_never_held_a_pool(void **state)
{
	(void)state;
	static const struct {
		uint32_t flags;
		bool has_descriptor;
		bool may;
	} rows[] = {
		{CREATING, false, true},
		{CREATING, true, true},
		{CREATING | RECORD, false, true},
		{CREATING | RECORD, true, false},
		{CREATING | STATE_F_RAW, false, false},
		{RECORD, false, false},
		{0, false, false},
		{STATE_F_CLEAN, false, false},
		{EQUALISING | RECORD, true, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct state s = {.flags = rows[i].flags};
		assert_int_equal(copy_may_replace(&s, rows[i].has_descriptor),
			rows[i].may);
	}
}

static void
closed_flags__rows(void **state)
{
	(void)state;
	static const struct {
		uint32_t flags;
		const uint8_t *signature;
		bool created, attr_set;
		uint32_t want;
	} rows[] = {
		{CREATING, obj, true, false, STATE_F_CLEAN},
		/* looked at, or refused: still unfinished */
		{CREATING, obj, false, false, CREATING | STATE_F_CLEAN},
		{CREATING | RECORD, obj, false, false,
			CREATING | RECORD | STATE_F_CLEAN},
		{CREATING, own, false, false, STATE_F_CLEAN},
		{CREATING | STATE_F_RAW, raw, false, false,
			STATE_F_RAW | STATE_F_CLEAN},
		/* only a finished rebuild gives a lent copy back */
		{STATE_F_LENT, obj, false, false, STATE_F_LENT | STATE_F_CLEAN},
		{STATE_F_LENT, obj, false, true,
			STATE_F_REBUILT | STATE_F_CLEAN},
		{RECORD, obj, false, true, RECORD | STATE_F_CLEAN},
		/* nobody will make a direct caller's pool equal */
		{SUSPECT | STATE_F_RAW, raw, false, false,
			STATE_F_RAW | STATE_F_CLEAN},
		{SUSPECT, own, false, false, STATE_F_CLEAN},
		{SUSPECT, obj, false, false, SUSPECT | STATE_F_CLEAN},
		{SUSPECT | RECORD | STATE_F_RAW, raw, false, false,
			SUSPECT | RECORD | STATE_F_RAW | STATE_F_CLEAN},
		{EQUALISING | RECORD, obj, false, false,
			EQUALISING | RECORD | STATE_F_CLEAN},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct copy c = {.was_created = rows[i].created,
			.attr_was_set = rows[i].attr_set};
		memcpy(c.attr.signature, rows[i].signature, 8);
		assert_int_equal(
			copy_closed_flags(rows[i].flags, &c), rows[i].want);
	}
}

static void
was_changed__rows(void **state)
{
	(void)state;
	static const struct {
		uint32_t flags;
		uint64_t stamp;
		uint64_t now;
		bool want;
	} rows[] = {
		{STATE_F_CLEAN, 7, 7, false},
		{STATE_F_CLEAN, 7, 8, true},
		/* its program was killed, and its session ended in order */
		{RECORD, 7, 8, true},
		/* an older file, or a session has begun to change it */
		{STATE_F_CLEAN, 0, 8, false},
		/* nothing tells */
		{STATE_F_CLEAN, 7, 0, false},
		{STATE_F_CLEAN | STATE_F_PROMOTED, 7, 8, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct state s = {
			.flags = rows[i].flags, .stamp = rows[i].stamp};
		assert_int_equal(
			copy_was_changed(&s, rows[i].now), rows[i].want);
	}
}

static void
changed__is_no_point_until_somebody_says_so(void **state)
{
	(void)state;
	struct state s = {
		.flags = RECORD | STATE_F_CLEAN, .applied_seq = 9, .stamp = 7};
	copy_set_changed(&s);
	assert_int_equal(s.flags, RECORD | SUSPECT | STATE_F_CHANGED);
	assert_true(copy_last_seq(&s, true, 9) == 0);
	assert_false(copy_is_consistent(&s));
	assert_true(copy_is_worth_keeping(&s));
	assert_false(copy_was_changed(&s, 8));
	assert_true(copy_may_read_as_is(&s));
	s.flags |= EQUALISING;
	assert_false(copy_may_read_as_is(&s));
	s.flags = SUSPECT;
	assert_false(copy_may_read_as_is(&s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(may_open__rows),
		cmocka_unit_test(may_open__no_owner_of_a_promoted_raw_copy),
		cmocka_unit_test(last_seq__counts_what_is_sure),
		cmocka_unit_test(is_owned_raw__rows),
		cmocka_unit_test(is_suspect__rows),
		cmocka_unit_test(suspect__is_kept),
		cmocka_unit_test(may_replace__only_what_never_held_a_pool),
		cmocka_unit_test(closed_flags__rows),
		cmocka_unit_test(was_changed__rows),
		cmocka_unit_test(changed__is_no_point_until_somebody_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
