/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_cm.c -- private data of the in-band connection request
 */
#include "samples.h"

#include <errno.h>

static void
decode__gives_back_what_was_encoded(void **state)
{
	(void)state;
	struct rng r = rng_new();
	uint8_t wire[CM_DATA_SIZE];
	for (unsigned i = 0; i < 1000; i++) {
		struct cm_request in = {
			.version = 1, .session_id = rng_next(&r)};
		struct cm_request out;
		rng_fill(&r, in.token, sizeof(in.token));
		cm_encode(&in, wire);
		assert_int_equal(cm_decode(wire, sizeof(wire), &out), 0);
		assert_int_equal(out.version, in.version);
		assert_int_equal(out.session_id, in.session_id);
		assert_memory_equal(out.token, in.token, sizeof(in.token));
	}
}

static void
decode__refuses_other_bytes(void **state)
{
	(void)state;
	struct cm_request req;
	uint8_t wire[CM_DATA_SIZE];
	sample_cm(&req);
	cm_encode(&req, wire);
	for (uint64_t len = 0; len < sizeof(wire); len++)
		assert_int_equal(cm_decode(wire, len, &req), -EPROTO);
	/* magic, version, reserved */
	for (unsigned at = 0; at < 8; at++) {
		wire[at] ^= 0x40;
		assert_int_equal(cm_decode(wire, sizeof(wire), &req), -EPROTO);
		wire[at] ^= 0x40;
	}
	wire[4] = 0;
	assert_int_equal(cm_decode(wire, sizeof(wire), &req), -EPROTO);
	wire[4] = 2;
	assert_int_equal(cm_decode(wire, sizeof(wire), &req), -EPROTO);
}

static void
decode__takes_only_zeros_behind(void **state)
{
	(void)state;
	struct cm_request req;
	uint8_t wire[CM_DATA_SIZE + 8] = {0};
	sample_cm(&req);
	cm_encode(&req, wire);
	assert_int_equal(cm_decode(wire, sizeof(wire), &req), 0);
	wire[CM_DATA_SIZE + 7] = 1;
	assert_int_equal(cm_decode(wire, sizeof(wire), &req), -EPROTO);
}

static void
token_equal__sees_every_bit(void **state)
{
	(void)state;
	struct cm_request a;
	struct cm_request b;
	sample_cm(&a);
	sample_cm(&b);
	assert_int_equal(cm_token_equal(a.token, b.token), 1);
	for (unsigned at = 0; at < CM_TOKEN_SIZE; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			b.token[at] = (uint8_t)(b.token[at] ^ 1u << bit);
			assert_int_equal(cm_token_equal(a.token, b.token), 0);
			b.token[at] = a.token[at];
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode__gives_back_what_was_encoded),
		cmocka_unit_test(decode__refuses_other_bytes),
		cmocka_unit_test(decode__takes_only_zeros_behind),
		cmocka_unit_test(token_equal__sees_every_bit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
