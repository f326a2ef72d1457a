/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_statefile_codec.c -- one record of an owner's state file by value
 */
#include "librpmem/statefile_codec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <xxhash.h>

#include "base/byteorder.h"

#define SUM_OFF (STATEFILE_SLOT_SIZE - 8)

static struct statefile_record
some_record(void)
{
	struct statefile_record r = {
		.generation = 0x1122334455667788,
		.flags = STATEFILE_F_ALONE,
		.open_counter = 0xa5,
		.pool_size = 0xa600000000,
		.fingerprint = 0xa7,
		.acked_seq = 0xa8,
		.maps_sum = 0xa9,
		.copy_id = 0xab,
		.target = "tcp://node",
		.set_name = "copy.set",
	};
	memset(r.poolset_uuid, 0xa1, UUID16_LEN);
	memset(r.primary_uuid, 0xa2, UUID16_LEN);
	memset(r.owner_id, 0xa3, UUID16_LEN);
	memset(r.boot_id, 0xa4, UUID16_LEN);
	memset(r.attr, 0xaa, sizeof(r.attr));
	return r;
}

/* the checksum made right again after a deliberate change */
static void
reseal(uint8_t slot[STATEFILE_SLOT_SIZE])
{
	le64 sum = le64_of(XXH3_64bits(slot, SUM_OFF));
	memcpy(slot + SUM_OFF, &sum, sizeof(sum));
}

static void
round_trips__all_flags(void **state)
{
	(void)state;
	for (uint32_t flags = 0; flags <= STATEFILE_F_ALL; flags++) {
		struct statefile_record r = some_record();
		struct statefile_record back;
		uint8_t slot[STATEFILE_SLOT_SIZE];
		uint8_t again[STATEFILE_SLOT_SIZE];
		r.flags = flags;
		memset(r.set_name, 's', sizeof(r.set_name) - 1);
		statefile_encode(&r, slot);
		assert_int_equal(statefile_decode(slot, &back), 0);
		statefile_encode(&back, again);
		assert_memory_equal(slot, again, sizeof(slot));
		assert_int_equal(back.flags, flags);
		assert_int_equal(back.generation, r.generation);
		assert_int_equal(back.fingerprint, r.fingerprint);
		assert_string_equal(back.target, r.target);
		assert_string_equal(back.set_name, r.set_name);
	}
}

static void
encodes__documented_offsets(void **state)
{
	(void)state;
	struct statefile_record r = some_record();
	uint8_t slot[STATEFILE_SLOT_SIZE];
	statefile_encode(&r, slot);
	assert_memory_equal(slot, "RPMOWNER\2\0\0\0\2\0\0\0\x88\x77", 18);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(slot[24 + 16 * i], 0xa1 + i);
	assert_int_equal(slot[88], 0xa5);
	assert_int_equal(slot[96 + 4], 0xa6);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(slot[104 + 8 * i], 0xa7 + i);
	assert_int_equal(slot[128], 0xaa);
	assert_int_equal(slot[231], 0xaa);
	assert_string_equal((const char *)slot + 232, "tcp://node");
	assert_string_equal((const char *)slot + 872, "copy.set");
	for (unsigned i = 872 + 9; i < 4968; i++)
		assert_int_equal(slot[i], 0);
	assert_int_equal(slot[4968], 0xab);
	for (unsigned i = 4976; i < SUM_OFF; i++)
		assert_int_equal(slot[i], 0);
}

static void
rejects__every_flipped_bit(void **state)
{
	(void)state;
	struct statefile_record r = some_record();
	struct statefile_record back;
	uint8_t slot[STATEFILE_SLOT_SIZE];
	statefile_encode(&r, slot);
	for (unsigned bit = 0; bit < STATEFILE_SLOT_SIZE * 8; bit += 7) {
		slot[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(statefile_decode(slot, &back), -EBADMSG);
		slot[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(statefile_decode(slot, &back), 0);
	memset(slot, 0, sizeof(slot));
	assert_int_equal(statefile_decode(slot, &back), -EBADMSG);
}

/* magic, version, flags, a size beyond all maps, letters behind the end of a
 * text, zeros */
static void
rejects__sealed_but_unknown(void **state)
{
	(void)state;
	static const unsigned offs[] = {0, 8, 12, 12 + 3, 96 + 7, 232 + 12,
		872 + 4095, 4976, SUM_OFF - 1};
	for (size_t i = 0; i < ARRAY_LEN(offs); i++) {
		struct statefile_record r = some_record();
		struct statefile_record back;
		uint8_t slot[STATEFILE_SLOT_SIZE];
		statefile_encode(&r, slot);
		slot[offs[i]] ^= 0x40;
		reseal(slot);
		assert_int_equal(statefile_decode(slot, &back), -EBADMSG);
		slot[offs[i]] ^= 0x40;
		reseal(slot);
		assert_int_equal(statefile_decode(slot, &back), 0);
	}
}

static void
rejects__a_text_without_end(void **state)
{
	(void)state;
	struct statefile_record r = some_record();
	struct statefile_record back;
	uint8_t slot[STATEFILE_SLOT_SIZE];
	statefile_encode(&r, slot);
	memset(slot + 232, 't', TARGET_TEXT_MAX);
	reseal(slot);
	assert_int_equal(statefile_decode(slot, &back), -EBADMSG);
	slot[232 + TARGET_TEXT_MAX - 1] = '\0';
	reseal(slot);
	assert_int_equal(statefile_decode(slot, &back), 0);
}

static void
trusts__clean_by_sum_else_by_boot(void **state)
{
	(void)state;
	struct statefile_record r = some_record();
	const uint8_t here[UUID16_LEN] = {1};
	const uint8_t there[UUID16_LEN] = {2};
	const uint8_t unknown[UUID16_LEN] = {0};
	memcpy(r.boot_id, here, UUID16_LEN);
	r.maps_sum = 5;
	r.flags = 0;
	assert_false(statefile_trusts(&r, 5, here));
	r.flags = STATEFILE_F_TRUSTED_MARKS;
	assert_true(statefile_trusts(&r, 6, here));
	assert_false(statefile_trusts(&r, 5, there));
	memcpy(r.boot_id, unknown, UUID16_LEN);
	assert_false(statefile_trusts(&r, 5, unknown));
	r.flags |= STATEFILE_F_CLEAN;
	assert_true(statefile_trusts(&r, 5, there));
	memcpy(r.boot_id, here, UUID16_LEN);
	assert_false(statefile_trusts(&r, 6, here));
}

static void
map_len__is_whole_words(void **state)
{
	(void)state;
	assert_int_equal(statefile_map_len(0), 0);
	assert_int_equal(statefile_map_len(1), 8);
	assert_int_equal(statefile_map_len(64 * STATEFILE_BLOCK), 8);
	assert_int_equal(statefile_map_len(64 * STATEFILE_BLOCK + 1), 16);
	assert_int_equal(
		statefile_map_len(STATEFILE_POOL_MAX), STATEFILE_MAP_ROOM);
}

/* each map counts, and so does which one it is */
static void
sum__is_of_all_maps(void **state)
{
	(void)state;
	const uint8_t a[64] = {1};
	const uint8_t b[64] = {2};
	const uint8_t c[64] = {3};
	const uint8_t *const abc[] = {a, b, c};
	const uint8_t *const bac[] = {b, a, c};
	const uint8_t *const abb[] = {a, b, b};
	uint64_t sum = statefile_maps_sum(abc, 64);
	assert_int_equal(sum, statefile_maps_sum(abc, 64));
	assert_int_not_equal(sum, statefile_maps_sum(bac, 64));
	assert_int_not_equal(sum, statefile_maps_sum(abb, 64));
	assert_int_not_equal(sum, statefile_maps_sum(abc, 56));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips__all_flags),
		cmocka_unit_test(encodes__documented_offsets),
		cmocka_unit_test(rejects__every_flipped_bit),
		cmocka_unit_test(rejects__sealed_but_unknown),
		cmocka_unit_test(rejects__a_text_without_end),
		cmocka_unit_test(trusts__clean_by_sum_else_by_boot),
		cmocka_unit_test(map_len__is_whole_words),
		cmocka_unit_test(sum__is_of_all_maps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
