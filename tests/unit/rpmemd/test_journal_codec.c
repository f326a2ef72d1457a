/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_journal_codec.c -- a journal as bytes: every truncation, every flip
 */
#include "rpmemd/journal_codec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ID 0x1122334455667788ull

static const struct record records[] = {
	{.type = REC_COPY,
		.seq = 5,
		.off = 64,
		.len = 13,
		.payload = (const uint8_t *)"thirteen bytes"},
	{.type = REC_FILL, .seq = 6, .off = 128, .len = 64, .aux = 0xee},
	{.type = REC_BARRIER, .seq = 9},
	{.type = REC_DEEP, .seq = 10, .off = 64, .len = 0},
	{.type = REC_GROW, .seq = 11, .len = 8192},
	{.type = REC_COPY,
		.seq = 12,
		.off = 4096,
		.len = 8,
		.payload = (const uint8_t *)"12345678"},
};

static uint8_t image[1024];
static uint64_t starts[ARRAY_LEN(records) + 1];

/* all of them, back to back; bytes used */
static uint64_t
build(void)
{
	uint64_t at = 0;
	memset(image, 0, sizeof(image));
	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		const struct record *r = &records[i];
		starts[i] = at;
		journal_record_encode(r, ID, image + at);
		if (r->payload != NULL)
			memcpy(image + at + JOURNAL_REC_HDR, r->payload,
				r->len);
		at += journal_record_size(r);
	}
	starts[ARRAY_LEN(records)] = at;
	return at;
}

static void
assert_same(const struct record *a, const struct record *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->aux, b->aux);
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->off, b->off);
	assert_int_equal(a->len, b->len);
	if (b->payload != NULL)
		assert_memory_equal(a->payload, b->payload, b->len);
}

/* how many records from the start are whole; they are the right ones */
static size_t
scan(uint64_t len, int *rc_out)
{
	uint64_t at = 0;
	uint64_t used = 0;
	uint64_t after = 4;
	struct record got;
	size_t n = 0;
	while ((*rc_out = journal_scan(
			image + at, len - at, ID, after, &got, &used)) == 1) {
		assert_true(n < ARRAY_LEN(records));
		assert_same(&got, &records[n++]);
		after = got.seq;
		at += used;
		assert_true(at <= len);
	}
	return n;
}

static void
scan__reads_what_was_written(void **state)
{
	(void)state;
	int rc = 0;
	assert_int_equal(scan(build(), &rc), ARRAY_LEN(records));
	assert_int_equal(rc, JOURNAL_SHORT);
	/* zeros are no records */
	assert_int_equal(scan(sizeof(image), &rc), ARRAY_LEN(records));
	assert_int_equal(rc, -EBADMSG);
}

static void
scan__of_every_truncation_is_a_prefix(void **state)
{
	(void)state;
	int rc = 0;
	uint64_t len = build();
	for (uint64_t cut = 0; cut < len; cut++) {
		size_t whole = 0;
		while (starts[whole + 1] <= cut)
			whole++;
		assert_int_equal(scan(cut, &rc), whole);
		assert_int_equal(rc, JOURNAL_SHORT);
	}
}

static void
scan__stops_at_every_flipped_bit(void **state)
{
	(void)state;
	int rc = 0;
	uint64_t len = build();
	for (uint64_t bit = 0; bit < len * 8; bit++) {
		size_t hit = 0;
		while (starts[hit + 1] <= bit / 8)
			hit++;
		image[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(scan(len, &rc), hit);
		/* a length that became larger may ask for more bytes */
		assert_true(rc == -EBADMSG || rc == JOURNAL_SHORT);
		image[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
scan__refuses_other_journals_and_old_numbers(void **state)
{
	(void)state;
	struct record got;
	uint64_t used;
	uint64_t len = build();
	assert_int_equal(
		journal_scan(image, len, ID + 1, 4, &got, &used), -EBADMSG);
	assert_int_equal(
		journal_scan(image, len, ID, 5, &got, &used), -EBADMSG);
	assert_int_equal(journal_scan(image, len, ID, 4, &got, &used), 1);
}

static void
takes__only_changes_that_are_whole(void **state)
{
	(void)state;
	static const struct record bad[] = {
		{.type = REC_COPY, .seq = 1},
		{.type = REC_COPY, .seq = 1, .len = FRAME_MAX},
		{.type = REC_COPY, .seq = RECORD_SEQ_MAX + 1, .len = 1},
		{.type = REC_FILL, .seq = 1, .len = 1, .aux = 256},
		{.type = REC_FILL, .seq = 1},
		{.type = REC_BARRIER, .seq = 1, .len = 1},
		{.type = REC_DEEP, .seq = 1, .aux = 1},
		{.type = REC_GROW, .seq = 1, .len = 4097},
		{.type = REC_GROW, .seq = 1},
		{.type = REC_ACK_REQ, .seq = 1},
		{.type = REC_READ, .seq = 1, .len = 1},
		{.type = REC_ACK, .seq = 1},
		{.type = (enum record_type)77, .seq = 1},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(journal_takes(&bad[i]));
	for (size_t i = 0; i < ARRAY_LEN(records); i++)
		assert_true(journal_takes(&records[i]));
}

static uint8_t hdr[JOURNAL_HDR_SIZE];
static const struct journal_begin begin = {.flags = JOURNAL_F_SYNCED,
	.id = ID,
	.seq = 4,
	.pool_size = 1 << 21,
	.poolset_uuid = "pool set's uuid",
	.primary_uuid = "the primary's"};

static enum journal_kind
judge(uint64_t size)
{
	struct journal_begin b = {0};
	struct journal_end e;
	enum journal_kind kind = journal_judge(hdr, size, &b, &e);
	if (kind == JOURNAL_COMPLETE)
		assert_memory_equal(&b, &begin, sizeof(b));
	return kind;
}

static void
with_end(uint64_t seq, uint64_t len)
{
	struct journal_end e = {.seq = seq, .len = len};
	memset(hdr, 0, sizeof(hdr));
	journal_begin_encode(&begin, hdr);
	journal_end_encode(&e, ID, hdr + JOURNAL_END_OFF);
}

static void
judge__knows_what_was_completed(void **state)
{
	(void)state;
	memset(hdr, 0, sizeof(hdr));
	assert_int_equal(judge(0), JOURNAL_INCOMPLETE);
	journal_begin_encode(&begin, hdr);
	assert_int_equal(judge(8192), JOURNAL_INCOMPLETE);
	with_end(12, 8192);
	assert_int_equal(judge(8192), JOURNAL_COMPLETE);
	assert_int_equal(judge(9000), JOURNAL_COMPLETE);
	/* cut short, or a lie */
	assert_int_equal(judge(8191), JOURNAL_DAMAGED);
	with_end(3, 8192);
	assert_int_equal(judge(8192), JOURNAL_DAMAGED);
	with_end(12, JOURNAL_HDR_SIZE - 8);
	assert_int_equal(judge(8192), JOURNAL_DAMAGED);
	with_end(12, JOURNAL_HDR_SIZE);
	assert_int_equal(judge(8192), JOURNAL_DAMAGED);
	with_end(4, JOURNAL_HDR_SIZE);
	assert_int_equal(judge(8192), JOURNAL_COMPLETE);
}

/* what was completed never looks as if it were not */
static void
judge__takes_no_flip_for_incomplete(void **state)
{
	(void)state;
	with_end(12, 8192);
	for (unsigned bit = 0; bit < 2 * JOURNAL_SLOT_SIZE * 8; bit++) {
		hdr[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(judge(8192), JOURNAL_DAMAGED);
		hdr[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan__reads_what_was_written),
		cmocka_unit_test(scan__of_every_truncation_is_a_prefix),
		cmocka_unit_test(scan__stops_at_every_flipped_bit),
		cmocka_unit_test(scan__refuses_other_journals_and_old_numbers),
		cmocka_unit_test(takes__only_changes_that_are_whole),
		cmocka_unit_test(judge__knows_what_was_completed),
		cmocka_unit_test(judge__takes_no_flip_for_incomplete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
