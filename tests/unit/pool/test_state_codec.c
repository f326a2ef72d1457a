/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_state_codec.c -- one record of a state file by value
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <xxhash.h>

#include "pool/state.h"

static struct state
some_state(void)
{
	struct state s = {
		.generation = 0x1122334455667788,
		.flags = STATE_F_CLEAN | STATE_F_RECORD,
		.applied_seq = 0x99aabbccddeeff01,
		.open_counter = 0x2122232425262728,
		.copy_id = 0x3132333435363738,
		.stamp = 0x4142434445464748,
	};
	memset(s.poolset_uuid, 0xa1, UUID16_LEN);
	memset(s.primary_uuid, 0xa2, UUID16_LEN);
	memset(s.boot_id, 0xa3, UUID16_LEN);
	memset(s.owner_id, 0xa4, UUID16_LEN);
	return s;
}

/* the checksum made right again after a deliberate change */
static void
reseal(uint8_t slot[STATE_SLOT_SIZE])
{
	uint64_t sum = XXH3_64bits(slot, 504);
	for (unsigned i = 0; i < 8; i++)
		slot[504 + i] = (uint8_t)(sum >> 8 * i);
}

static void
round_trips__all_flags(void **state)
{
	(void)state;
	for (uint32_t flags = 0; flags <= STATE_F_ALL; flags++) {
		struct state s = some_state();
		struct state back = {0};
		uint8_t slot[STATE_SLOT_SIZE];
		s.flags = flags;
		state_encode(&s, slot);
		assert_int_equal(state_decode(slot, &back), 0);
		uint8_t again[STATE_SLOT_SIZE];
		state_encode(&back, again);
		assert_memory_equal(slot, again, sizeof(slot));
		assert_int_equal(back.flags, flags);
		assert_int_equal(back.generation, s.generation);
		assert_int_equal(back.applied_seq, s.applied_seq);
		assert_memory_equal(back.owner_id, s.owner_id, UUID16_LEN);
		assert_int_equal(back.open_counter, s.open_counter);
		assert_true(back.copy_id == s.copy_id);
		assert_true(back.stamp == s.stamp);
	}
}

static void
encodes__documented_offsets(void **state)
{
	(void)state;
	struct state s = some_state();
	uint8_t slot[STATE_SLOT_SIZE];
	state_encode(&s, slot);
	assert_memory_equal(slot, "RPMSTATE\1\0\0\0\x12\0\0\0\x88\x77", 18);
	assert_int_equal(slot[24], 0xa1);
	assert_int_equal(slot[40], 0xa2);
	assert_int_equal(slot[56], 0xa3);
	assert_int_equal(slot[72], 0x01);
	assert_int_equal(slot[79], 0x99);
	assert_int_equal(slot[80], 0xa4);
	assert_int_equal(slot[95], 0xa4);
	assert_int_equal(slot[96], 0x28);
	assert_int_equal(slot[103], 0x21);
	assert_int_equal(slot[104], 0x38);
	assert_int_equal(slot[111], 0x31);
	assert_int_equal(slot[112], 0x48);
	assert_int_equal(slot[119], 0x41);
	for (unsigned i = 120; i < 504; i++)
		assert_int_equal(slot[i], 0);
}

static void
rejects__every_flipped_bit(void **state)
{
	(void)state;
	struct state s = some_state();
	struct state back;
	uint8_t slot[STATE_SLOT_SIZE];
	state_encode(&s, slot);
	for (unsigned bit = 0; bit < STATE_SLOT_SIZE * 8; bit++) {
		slot[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(state_decode(slot, &back), -EBADMSG);
		slot[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	memset(slot, 0, sizeof(slot));
	assert_int_equal(state_decode(slot, &back), -EBADMSG);
}

static void
rejects__sealed_but_unknown(void **state)
{
	(void)state;
	static const unsigned offs[] = {0, 8, 12 + 3, 120, 503};
	for (size_t i = 0; i < ARRAY_LEN(offs); i++) {
		struct state s = some_state();
		struct state back;
		uint8_t slot[STATE_SLOT_SIZE];
		state_encode(&s, slot);
		slot[offs[i]] ^= 0x40;
		reseal(slot);
		assert_int_equal(state_decode(slot, &back), -EBADMSG);
		slot[offs[i]] ^= 0x40;
		reseal(slot);
		assert_int_equal(state_decode(slot, &back), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips__all_flags),
		cmocka_unit_test(encodes__documented_offsets),
		cmocka_unit_test(rejects__every_flipped_bit),
		cmocka_unit_test(rejects__sealed_but_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
