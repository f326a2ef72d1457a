/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_frame.c -- frames: what was put in comes out, and nothing else does
 */
#include "samples.h"

#include <errno.h>

#define NRECORDS_MAX 64

static uint8_t buf[FRAME_MAX];

/* a random record of one side, with a payload of at most room bytes */
static struct record
random_record(struct rng *r, enum frame_side from, uint32_t room)
{
	struct record rec = {.seq = rng_next(r)};
	/* mostly short, so that a frame holds many */
	uint64_t most = rng_in(r, 1, 5000);
	uint64_t len = rng_in(r, 1, MIN_OF(room, most));
	if (from == FRAME_FROM_TARGET) {
		rec.type = (enum record_type)rng_in(r, REC_ACK, REC_BEAT);
		if (rec.type == REC_ACK) {
			rec.aux = (uint32_t)rng_below(r, 3);
			rec.flags = (uint8_t)rng_below(r, 2);
		} else if (rec.type == REC_BEAT) {
			rec.len = BEAT_PAYLOAD;
		} else if (rng_below(r, 4) == 0) {
			rec.aux = OOB_MEDIA;
		} else {
			rec.len = rec.type == REC_READ_DATA ? len : 8;
		}
		if (rec.type == REC_READ_DATA || rec.type == REC_DIGEST_DATA)
			rec.off = rng_next(r);
		return rec;
	}
	rec.type = (enum record_type)rng_in(r, REC_COPY, REC_HEARTBEAT);
	if (rec.type <= REC_ACK_REQ)
		rec.lane = (uint16_t)rng_next(r);
	if (rec.type == REC_FILL)
		rec.aux = (uint32_t)rng_below(r, 256);
	if (rec.type == REC_DIGEST)
		rec.aux = DIGEST_BLOCK_MIN << rng_below(r, 8);
	if (rec.type <= REC_DEEP || rec.type == REC_READ ||
		rec.type == REC_DIGEST) {
		rec.off = rng_next(r);
		rec.len = len;
	}
	return rec;
}

static uint32_t
payload_of(const struct record *rec)
{
	bool carries = rec->type == REC_COPY || rec->type == REC_READ_DATA ||
		       rec->type == REC_DIGEST_DATA || rec->type == REC_BEAT;
	return carries ? (uint32_t)rec->len : 0;
}

static void
same_record(const struct record *got, const struct record *want,
	const uint8_t *payload)
{
	assert_int_equal(got->type, want->type);
	assert_int_equal(got->flags, want->flags);
	assert_int_equal(got->lane, want->lane);
	assert_int_equal(got->aux, want->aux);
	assert_int_equal(got->seq, want->seq);
	assert_int_equal(got->off, want->off);
	assert_int_equal(got->len, want->len);
	uint32_t len = payload_of(want);
	assert_int_equal(got->payload != NULL, len != 0);
	if (len != 0)
		assert_memory_equal(got->payload, payload, len);
}

/* fill a frame with random records, take them out again */
static void
round_trip(struct rng *r, enum frame_side from)
{
	static uint8_t payloads[NRECORDS_MAX][5000];
	struct record recs[NRECORDS_MAX];
	struct record got;
	struct frame_writer w;
	struct frame_reader rd;
	uint32_t size = (uint32_t)rng_in(r, FRAME_HDR_SIZE, FRAME_MAX);
	uint32_t n = 0;
	uint64_t seed = rng_next(r);
	uint64_t frame_no = rng_next(r);
	uint64_t credits = rng_next(r);
	memset(buf, 0xff, sizeof(buf));
	frame_begin(&w, buf, size);
	while (n < NRECORDS_MAX && frame_room(&w) >= BEAT_PAYLOAD) {
		recs[n] = random_record(r, from, frame_room(&w));
		uint32_t len = payload_of(&recs[n]);
		assert_true(frame_fits(&w, len));
		rng_fill(r, payloads[n], len);
		uint8_t *to = frame_add(&w, &recs[n], len);
		memcpy(to, payloads[n], len);
		n++;
	}
	uint32_t len = frame_end(&w, frame_no, credits, seed);
	assert_true(len <= size);
	for (uint32_t i = len; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xff);
	assert_int_equal(frame_open(&rd, buf, len, seed, from), 0);
	assert_int_equal(rd.frame_no, frame_no);
	assert_int_equal(rd.credits, credits);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(frame_next(&rd, &got), 1);
		same_record(&got, &recs[i], payloads[i]);
	}
	assert_int_equal(frame_next(&rd, &got), 0);
	assert_int_equal(frame_next(&rd, &got), 0);
}

static void
next__gives_back_what_was_added(void **state)
{
	(void)state;
	struct rng r = rng_new();
	for (unsigned i = 0; i < 300; i++) {
		round_trip(&r, FRAME_FROM_INITIATOR);
		round_trip(&r, FRAME_FROM_TARGET);
	}
}

static void
next_payload__is_where_the_payload_goes(void **state)
{
	(void)state;
	struct frame_writer w;
	struct record rec = {.type = REC_COPY, .seq = 1, .len = 24};
	frame_begin(&w, buf, sizeof(buf));
	for (int i = 0; i < 2; i++) {
		uint8_t *to = frame_next_payload(&w);
		memset(to, 7 + i, 24);
		assert_ptr_equal(frame_add(&w, &rec, 24), to);
		assert_int_equal(to[0], 7 + i);
		assert_int_equal(to[23], 7 + i);
	}
}

static void
room__is_what_fits(void **state)
{
	(void)state;
	struct frame_writer w;
	struct record rec = {.type = REC_COPY};
	for (uint32_t size = FRAME_HDR_SIZE; size < 200; size++) {
		frame_begin(&w, buf, size);
		uint32_t room = frame_room(&w);
		assert_int_equal(frame_fits(&w, 0),
			size >= FRAME_HDR_SIZE + RECORD_HDR_SIZE);
		assert_false(frame_fits(&w, room + 1));
		assert_false(frame_fits(&w, UINT32_MAX));
		if (!frame_fits(&w, 0)) {
			assert_int_equal(room, 0);
			continue;
		}
		assert_true(frame_fits(&w, room));
		(void)frame_add(&w, &rec, room);
		assert_true(w.used <= size);
		assert_true(size - w.used < 8);
	}
	frame_begin(&w, buf, FRAME_MAX);
	assert_true(frame_fits(&w, 64 * 1024 + RECORD_HDR_SIZE));
}

static void
open__takes_a_frame_without_records(void **state)
{
	(void)state;
	struct frame_writer w;
	struct frame_reader rd;
	struct record rec;
	frame_begin(&w, buf, FRAME_HDR_SIZE);
	uint32_t len = frame_end(&w, 1, 2, 3);
	assert_int_equal(len, FRAME_HDR_SIZE);
	assert_int_equal(frame_open(&rd, buf, len, 3, FRAME_FROM_TARGET), 0);
	assert_int_equal(frame_next(&rd, &rec), 0);
}

static void
open__refuses_every_single_byte_change(void **state)
{
	(void)state;
	struct frame_reader rd;
	for (unsigned side = 0; side < 2; side++) {
		enum frame_side from = (enum frame_side)side;
		uint32_t len = sample_frame(from, buf, sizeof(buf));
		for (uint32_t at = 0; at < len; at++) {
			uint8_t was = buf[at];
			for (unsigned v = 1; v < 256; v++) {
				buf[at] = (uint8_t)(was + v);
				int rc = frame_open(
					&rd, buf, len, SAMPLE_SEED, from);
				int want = at < 8 ? -EPROTO : -EBADMSG;
				assert_int_equal(rc, want);
			}
			buf[at] = was;
		}
		assert_int_equal(
			frame_open(&rd, buf, len, SAMPLE_SEED, from), 0);
	}
}

static void
open__refuses_another_seed(void **state)
{
	(void)state;
	struct frame_reader rd;
	uint32_t len = sample_frame(FRAME_FROM_TARGET, buf, sizeof(buf));
	assert_int_equal(
		frame_open(&rd, buf, len, SAMPLE_SEED + 1, FRAME_FROM_TARGET),
		-EBADMSG);
}

static void
open__refuses_every_other_length(void **state)
{
	(void)state;
	struct frame_reader rd;
	uint32_t len = sample_frame(FRAME_FROM_INITIATOR, buf, sizeof(buf));
	for (uint32_t cut = 0; cut < len + 64; cut++) {
		if (cut == len)
			continue;
		uint8_t *part = malloc(cut);
		memcpy(part, buf, cut);
		assert_int_equal(frame_open(&rd, part, cut, SAMPLE_SEED,
					 FRAME_FROM_INITIATOR),
			-EPROTO);
		free(part);
	}
	assert_int_equal(frame_open(&rd, buf, FRAME_MAX + 8, SAMPLE_SEED,
				 FRAME_FROM_INITIATOR),
		-EPROTO);
}

static void
beat__gives_back_what_was_encoded(void **state)
{
	(void)state;
	struct rng r = rng_new();
	uint8_t wire[BEAT_PAYLOAD];
	struct beat in;
	struct beat out;
	for (unsigned i = 0; i < 100; i++) {
		rng_fill(&r, &in, sizeof(in));
		beat_encode(&in, wire);
		beat_decode(wire, &out);
		assert_memory_equal(&in, &out, sizeof(in));
	}
}

static void
digest__is_xxh3_of_the_block(void **state)
{
	(void)state;
	uint8_t zeros[4096] = {0};
	/* from the xxhsum program: xxhsum -H3 */
	assert_int_equal(block_digest("", 0), 0x2d06800538d394c2ull);
	uint64_t was = block_digest(zeros, sizeof(zeros));
	zeros[4095] = 1;
	assert_int_not_equal(block_digest(zeros, sizeof(zeros)), was);
}

static void
digest_payload__counts_the_last_short_block(void **state)
{
	(void)state;
	assert_int_equal(digest_payload(0, 512), 0);
	assert_int_equal(digest_payload(1, 512), 8);
	assert_int_equal(digest_payload(512, 512), 8);
	assert_int_equal(digest_payload(513, 512), 16);
	assert_int_equal(digest_payload(UINT64_MAX, 512), (1ull << 55) * 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next__gives_back_what_was_added),
		cmocka_unit_test(next_payload__is_where_the_payload_goes),
		cmocka_unit_test(room__is_what_fits),
		cmocka_unit_test(open__takes_a_frame_without_records),
		cmocka_unit_test(open__refuses_every_single_byte_change),
		cmocka_unit_test(open__refuses_another_seed),
		cmocka_unit_test(open__refuses_every_other_length),
		cmocka_unit_test(beat__gives_back_what_was_encoded),
		cmocka_unit_test(digest__is_xxh3_of_the_block),
		cmocka_unit_test(digest_payload__counts_the_last_short_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
