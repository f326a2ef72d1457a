/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_state_hold.c -- two mappings of one page: a holder and somebody else
 */
#include "unit/pool/fixture.h"

#include "pool/state_hold.h"

#define NAME "copy" STATE_SUFFIX

static const uint8_t me[UUID16_LEN] = "this is an owner";
static struct state_file holds;
static struct state_file looks;

static void
make(void)
{
	struct state s = {.applied_seq = 5};
	int dir = open(fixture_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(state_create(&holds, dir, NAME, &s), 0);
	assert_int_equal(state_open(&looks, dir, NAME), 0);
	(void)close(dir);
}

static void
unmake(void)
{
	state_close(&holds);
	state_close(&looks);
}

static void
holder__is_told_while_it_holds(void **state)
{
	(void)state;
	struct state_holder h;
	make();
	assert_false(state_holder(&looks, &h));
	assert_int_equal(state_hold(&holds, me, 7), 0);
	assert_true(state_holder(&looks, &h));
	assert_memory_equal(h.owner_id, me, UUID16_LEN);
	assert_int_equal(h.open_counter, 7);
	assert_int_equal(h.pid, getpid());
	assert_int_equal(state_applied(&looks), 5);
	state_set_applied(&holds, 6);
	assert_true(state_holder(&looks, &h));
	state_close(&holds);
	assert_false(state_holder(&looks, &h));
	unmake();
}

static void
fence__ends_the_session_that_was_looked_at(void **state)
{
	(void)state;
	struct state_holder first;
	struct state_holder second;
	make();
	assert_int_equal(state_hold(&holds, me, 7), 0);
	assert_true(state_holder(&looks, &first));
	assert_false(state_is_fenced(&holds));
	state_fence(&looks, first.tag);
	assert_true(state_is_fenced(&holds));
	/* nobody's session: never */
	assert_false(state_is_fenced(&looks));

	/* the next one of the same owner, also when the store comes late */
	assert_int_equal(state_hold(&holds, me, 8), 0);
	assert_false(state_is_fenced(&holds));
	assert_true(state_holder(&looks, &second));
	assert_int_not_equal(first.tag, second.tag);
	state_fence(&looks, first.tag);
	assert_false(state_is_fenced(&holds));
	unmake();
}

static void
promote__is_for_all_and_stays(void **state)
{
	(void)state;
	struct state_file later;
	make();
	assert_false(state_is_promoting(&holds));
	assert_int_equal(state_hold(&holds, me, 7), 0);
	assert_int_equal(state_promote_begin(&looks), 0);
	assert_true(state_is_promoting(&holds));
	/* not the other fence */
	assert_false(state_is_fenced(&holds));
	assert_int_equal(state_hold(&holds, me, 8), 0);
	state_close(&holds);
	state_close(&looks);
	int dir = open(fixture_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(state_open(&later, dir, NAME), 0);
	assert_true(state_is_promoting(&later));
	assert_int_equal(state_applied(&later), 5);
	assert_int_equal(state_promote_end(&later), 0);
	state_close(&later);
	assert_int_equal(state_open(&later, dir, NAME), 0);
	assert_false(state_is_promoting(&later));
	state_close(&later);
	(void)close(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(holder__is_told_while_it_holds),
		FIXTURE_TEST(fence__ends_the_session_that_was_looked_at),
		FIXTURE_TEST(promote__is_for_all_and_stays),
	};
	return FIXTURE_RUN(tests);
}
