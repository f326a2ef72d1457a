/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_hdr.c -- the pool header by value, and against stock pmempool's bytes
 *
 * tests/golden/pool/ holds the first 4096 bytes of pools that stock pmempool
 * 1.12.1 made, with and without CKSUM_2K and SINGLEHDR, and of a pool of
 * three parts; in obj_cksum_4k_sds a byte of the shutdown state was set and
 * the checksum confirmed by `pmempool info`.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "pool/hdr.h"

static void
golden(const char *name, uint8_t out[HDR_SIZE])
{
	char path[1024];
	const char *src = getenv("RPMEM_SOURCE_DIR");
	(void)snprintf(path, sizeof(path), "%s/tests/golden/pool/%s.hdr",
		src != NULL ? src : ".", name);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(out, 1, HDR_SIZE, f), HDR_SIZE);
	(void)fclose(f);
}

static struct pool_attr
some_attr(void)
{
	uint8_t bytes[ATTR_SIZE];
	struct pool_attr a;
	for (unsigned i = 0; i < ATTR_SIZE; i++)
		bytes[i] = (uint8_t)(i + 1);
	attr_decode(bytes, &a);
	a.incompat = HDR_INCOMPAT_CKSUM_2K;
	return a;
}

static void
codes_attr__all_bytes(void **state)
{
	(void)state;
	uint8_t in[ATTR_SIZE];
	uint8_t out[ATTR_SIZE];
	struct pool_attr a;
	for (unsigned i = 0; i < ATTR_SIZE; i++)
		in[i] = (uint8_t)(i + 1);
	attr_decode(in, &a);
	/* offsets of struct rpmem_pool_attr */
	assert_int_equal(a.signature[0], 1);
	assert_int_equal(a.major, 0x0c0b0a09);
	assert_int_equal(a.compat, 0x100f0e0d);
	assert_int_equal(a.incompat, 0x14131211);
	assert_int_equal(a.ro_compat, 0x18171615);
	assert_int_equal(a.poolset_uuid[0], 25);
	assert_int_equal(a.uuid[0], 41);
	assert_int_equal(a.next_uuid[0], 57);
	assert_int_equal(a.prev_uuid[0], 73);
	assert_int_equal(a.user_flags[15], 104);
	attr_encode(&a, out);
	assert_memory_equal(in, out, ATTR_SIZE);
}

static void
knows_zero_attr__each_byte(void **state)
{
	(void)state;
	uint8_t in[ATTR_SIZE] = {0};
	struct pool_attr a;
	attr_decode(in, &a);
	assert_true(attr_is_zero(&a));
	for (unsigned i = 0; i < ATTR_SIZE; i++) {
		memset(in, 0, sizeof(in));
		in[i] = 1;
		attr_decode(in, &a);
		assert_false(attr_is_zero(&a));
	}
}

static void
codes_golden__byte_for_byte(void **state)
{
	(void)state;
	static const char *const names[] = {"obj_cksum_2k", "obj_cksum_4k",
		"obj_cksum_4k_sds", "obj_singlehdr", "three_parts_0",
		"three_parts_1", "three_parts_2"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint8_t in[HDR_SIZE];
		uint8_t out[HDR_SIZE];
		struct hdr h;
		print_message("%s\n", names[i]);
		golden(names[i], in);
		assert_int_equal(hdr_decode(in, &h), 0);
		hdr_encode(&h, out);
		assert_memory_equal(in, out, HDR_SIZE);
	}
}

static void
decodes_golden__fields(void **state)
{
	(void)state;
	static const uint8_t set[] = {0x88, 0x8a, 0xca, 0x47, 0x6b, 0x33, 0xa5,
		0x4b, 0x9a, 0xb4, 0xeb, 0x04, 0x80, 0xa4, 0x0c, 0x65};
	static const uint8_t uuid[] = {0x41, 0xa9, 0x09, 0x3a, 0x5f, 0xb3, 0xe3,
		0x40, 0x99, 0x98, 0xcd, 0x2f, 0x39, 0x1e, 0xb1, 0x25};
	uint8_t in[HDR_SIZE];
	struct hdr h;
	golden("obj_cksum_2k", in);
	assert_int_equal(hdr_decode(in, &h), 0);
	assert_memory_equal(h.signature, "PMEMOBJ", 8);
	assert_int_equal(h.major, 6);
	assert_int_equal(h.compat, 1);
	assert_int_equal(h.incompat, 6);
	assert_int_equal(h.ro_compat, 0);
	assert_memory_equal(h.poolset_uuid, set, 16);
	assert_memory_equal(h.uuid, uuid, 16);
	assert_memory_equal(h.prev_part_uuid, uuid, 16);
	assert_memory_equal(h.next_part_uuid, uuid, 16);
	assert_memory_equal(h.prev_repl_uuid, uuid, 16);
	assert_memory_equal(h.next_repl_uuid, uuid, 16);
	assert_int_equal(h.crtime, 1795534078);
	assert_int_equal(h.arch_flags[14], 0x3e);
}

/* what stock made of three parts is what hdr_of_part() makes */
static void
makes_ring__as_stock(void **state)
{
	(void)state;
	uint8_t bytes[3][HDR_SIZE];
	struct hdr h[3];
	uint8_t uuids[3][UUID16_LEN];
	struct pool_attr a;
	golden("three_parts_0", bytes[0]);
	golden("three_parts_1", bytes[1]);
	golden("three_parts_2", bytes[2]);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(hdr_decode(bytes[i], &h[i]), 0);
		memcpy(uuids[i], h[i].uuid, UUID16_LEN);
	}
	assert_int_equal(hdr_check_parts(h, 3), 0);
	hdr_attr(&h[0], &a);
	for (unsigned i = 0; i < 3; i++) {
		struct hdr mine;
		uint8_t out[HDR_SIZE];
		hdr_of_part(&a, h[i].crtime,
			(const uint8_t(*)[UUID16_LEN])uuids, 3, i, &mine);
		hdr_encode(&mine, out);
		assert_memory_equal(out, bytes[i], HDR_SIZE);
	}
}

static void
decodes_empty__only_all_zeros(void **state)
{
	(void)state;
	uint8_t in[HDR_SIZE] = {0};
	struct hdr h;
	assert_int_equal(hdr_decode(in, &h), HDR_EMPTY);
	in[HDR_SIZE - 1] = 1;
	assert_int_equal(hdr_decode(in, &h), -EBADMSG);
	in[HDR_SIZE - 1] = 0;
	in[3000] = 1; /* outside of what a checksum may cover */
	assert_int_equal(hdr_decode(in, &h), -EBADMSG);
}

static void
flip_all(const char *name, unsigned covered)
{
	uint8_t in[HDR_SIZE];
	struct hdr h;
	golden(name, in);
	for (unsigned bit = 0; bit < HDR_SIZE * 8; bit++) {
		unsigned off = bit / 8;
		bool is_covered = off < covered || off >= 4088;
		in[off] ^= (uint8_t)(1u << bit % 8);
		err_clear();
		int rc = hdr_decode(in, &h);
		in[off] ^= (uint8_t)(1u << bit % 8);
		if (rc != (is_covered ? -EBADMSG : 0))
			fail_msg("%s: byte %u bit %u: %d", name, off, bit % 8,
				rc);
		if (rc != 0)
			assert_non_null(strstr(err_msg(), "checksum"));
	}
}

static void
rejects_flip__every_covered_bit(void **state)
{
	(void)state;
	flip_all("obj_cksum_2k", 2048);
	flip_all("obj_cksum_4k", 4088);
}

static void
make_ring(unsigned n, struct hdr *h)
{
	struct pool_attr a = some_attr();
	uint8_t uuids[5][UUID16_LEN];
	memcpy(uuids[0], a.uuid, UUID16_LEN);
	for (unsigned i = 1; i < n; i++)
		memset(uuids[i], (int)(0xa0 + i), UUID16_LEN);
	for (unsigned i = 0; i < n; i++)
		hdr_of_part(&a, 77, (const uint8_t(*)[UUID16_LEN])uuids, n, i,
			&h[i]);
}

static void
round_trips__rings_of_1_2_5(void **state)
{
	(void)state;
	static const unsigned sizes[] = {1, 2, 5};
	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		unsigned n = sizes[s];
		struct hdr h[5];
		struct hdr again[5];
		make_ring(n, h);
		for (unsigned i = 0; i < n; i++) {
			uint8_t page[HDR_SIZE];
			memset(h[i].sds, (int)i + 1, sizeof(h[i].sds));
			hdr_encode(&h[i], page);
			assert_int_equal(hdr_decode(page, &again[i]), 0);
			assert_memory_equal(&h[i], &again[i], sizeof(h[i]));
			assert_memory_equal(h[i].next_part_uuid,
				h[(i + 1) % n].uuid, UUID16_LEN);
			assert_memory_equal(h[(i + 1) % n].prev_part_uuid,
				h[i].uuid, UUID16_LEN);
		}
		assert_int_equal(hdr_check_parts(again, n), 0);
		struct pool_attr a = some_attr();
		struct pool_attr back;
		hdr_attr(&again[0], &back);
		assert_memory_equal(&a, &back, sizeof(a));
	}
}

static void
checks_parts__field_by_field(void **state)
{
	(void)state;
	const struct {
		size_t off;
		const char *name;
	} rows[] = {
		{offsetof(struct hdr, signature), "signature"},
		{offsetof(struct hdr, major), "major version"},
		{offsetof(struct hdr, compat), "part 1: compat features"},
		{offsetof(struct hdr, incompat), "part 1: incompat features"},
		{offsetof(struct hdr, ro_compat), "ro_compat features"},
		{offsetof(struct hdr, poolset_uuid), "pool set uuid"},
		{offsetof(struct hdr, prev_repl_uuid), "previous replica uuid"},
		{offsetof(struct hdr, next_repl_uuid), "next replica uuid"},
		{offsetof(struct hdr, arch_flags), "architecture flags"},
		{offsetof(struct hdr, prev_part_uuid), "part 1: previous part"},
		{offsetof(struct hdr, next_part_uuid), "part 1: next part"},
		/* its neighbour's link is wrong then */
		{offsetof(struct hdr, uuid), "part 0: next part"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct hdr h[3];
		make_ring(3, h);
		((uint8_t *)&h[1])[rows[i].off] ^= 0x80;
		err_clear();
		assert_int_equal(hdr_check_parts(h, 3), -EBADMSG);
		if (strstr(err_msg(), rows[i].name) == NULL)
			fail_msg(
				"'%s' is not in '%s'", rows[i].name, err_msg());
	}
	/* what may differ */
	struct hdr h[3];
	make_ring(3, h);
	h[1].crtime++;
	h[1].sds[0]++;
	h[1].incompat ^= HDR_INCOMPAT_UNEQUAL;
	assert_int_equal(hdr_check_parts(h, 3), 0);
}

static void
checks_parts__swapped_or_alone(void **state)
{
	(void)state;
	struct hdr h[3];
	make_ring(3, h);
	struct hdr swap[3] = {h[0], h[2], h[1]};
	assert_int_equal(hdr_check_parts(swap, 3), -EBADMSG);
	assert_int_equal(hdr_check_parts(h, 1), -EBADMSG);
	assert_int_equal(hdr_check_parts(h, 2), -EBADMSG);
	assert_int_equal(hdr_check_parts(h, 3), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_attr__all_bytes),
		cmocka_unit_test(knows_zero_attr__each_byte),
		cmocka_unit_test(codes_golden__byte_for_byte),
		cmocka_unit_test(decodes_golden__fields),
		cmocka_unit_test(makes_ring__as_stock),
		cmocka_unit_test(decodes_empty__only_all_zeros),
		cmocka_unit_test(rejects_flip__every_covered_bit),
		cmocka_unit_test(round_trips__rings_of_1_2_5),
		cmocka_unit_test(checks_parts__field_by_field),
		cmocka_unit_test(checks_parts__swapped_or_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
