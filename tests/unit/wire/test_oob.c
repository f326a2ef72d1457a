/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_oob.c -- what is encoded decodes to the same message
 */
#include "samples.h"

#include <errno.h>

#include "base/err.h"

#define FIRST OOB_HELLO
#define LAST OOB_ROOM_REPLY
#define ROUNDS 300

static uint8_t wire[OOB_MSG_MAX];
static struct oob_msg in;
static struct oob_msg out;

static uint32_t
encode(const struct oob_msg *msg)
{
	uint32_t len = 0;
	uint32_t size = 0;
	if (oob_encode(msg, wire, &len) != 0)
		fail_msg("%s", err_msg());
	assert_int_equal(oob_size(wire, &size), 0);
	assert_int_equal(size, len);
	return len;
}

static void
decode__gives_back_what_was_encoded(void **state)
{
	(void)state;
	struct rng r = rng_new();
	for (unsigned type = FIRST; type <= LAST; type++) {
		for (unsigned i = 0; i < ROUNDS; i++) {
			random_msg(&r, (enum oob_type)type, &in);
			uint32_t len = encode(&in);
			memset(&out, 0xff, sizeof(out));
			if (oob_decode(wire, len, &out) != 0)
				fail_msg("%s", err_msg());
			assert_memory_equal(&in, &out, sizeof(in));
		}
	}
}

static void
decode__refuses_every_shorter_length(void **state)
{
	(void)state;
	struct rng r = rng_new();
	for (unsigned type = FIRST; type <= LAST; type++) {
		random_msg(&r, (enum oob_type)type, &in);
		uint32_t len = encode(&in);
		for (uint32_t cut = 0; cut < len; cut++) {
			/* exact size, so that a sanitizer sees a read past */
			uint8_t *part = malloc(cut);
			memcpy(part, wire, cut);
			assert_int_equal(oob_decode(part, cut, &out), -EPROTO);
			/* and with a header that says so */
			if (cut >= OOB_HDR_SIZE) {
				part[8] = (uint8_t)cut;
				part[9] = (uint8_t)(cut >> 8);
				assert_int_equal(
					oob_decode(part, cut, &out), -EPROTO);
			}
			free(part);
		}
	}
}

static void
decode__refuses_bytes_behind_the_message(void **state)
{
	(void)state;
	for (unsigned type = FIRST; type <= LAST; type++) {
		sample_msg((enum oob_type)type, &in);
		uint32_t len = encode(&in);
		wire[len] = 0;
		assert_int_equal(oob_decode(wire, len + 1, &out), -EPROTO);
		wire[8] = (uint8_t)(len + 1);
		wire[9] = (uint8_t)((len + 1) >> 8);
		assert_int_equal(oob_decode(wire, len + 1, &out), -EPROTO);
	}
}

/* any byte of a message set to any value: it decodes and encodes to the same
 * bytes, or it is refused; only a text may come back changed */
static void
decode__never_takes_what_encode_would_not_write(void **state)
{
	(void)state;
	struct rng r = rng_new();
	uint8_t hostile[OOB_MSG_MAX];
	for (unsigned type = FIRST; type <= LAST; type++) {
		sample_msg((enum oob_type)type, &in);
		uint32_t len = encode(&in);
		memcpy(hostile, wire, len);
		for (uint32_t at = 0; at < len; at++) {
			uint8_t was = hostile[at];
			hostile[at] = (uint8_t)(was + 1 + rng_below(&r, 255));
			int rc = oob_decode(hostile, len, &out);
			assert_true(rc == 0 || rc == -EPROTO);
			if (rc == 0) {
				assert_int_equal(encode(&out), len);
				bool text = wire[at] == '?';
				assert_true(text || wire[at] == hostile[at]);
			}
			hostile[at] = was;
		}
	}
}

static void
encode__fills_the_buffer_at_most(void **state)
{
	(void)state;
	memset(&in, 0, sizeof(in));
	in.type = OOB_CREATE;
	in.u.pool_req.pool_size = 1;
	in.u.pool_req.nlanes = 1;
	memset(in.u.pool_req.provider, 'p', OOB_NAME_MAX - 1);
	memset(in.u.pool_req.desc, 'd', OOB_DESC_MAX - 1);
	assert_int_equal(
		encode(&in), 164 + OOB_NAME_MAX - 1 + OOB_DESC_MAX - 1);
	assert_int_equal(oob_decode(wire, encode(&in), &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
}

static void
encode__leaves_attr_out_of_open(void **state)
{
	(void)state;
	sample_msg(OOB_OPEN, &in);
	uint32_t len = encode(&in);
	memset(in.u.pool_req.attr, 0x55, OOB_ATTR_SIZE);
	assert_int_equal(encode(&in), len);
	assert_int_equal(oob_decode(wire, len, &out), 0);
	sample_msg(OOB_OPEN, &in);
	assert_memory_equal(&in, &out, sizeof(in));
}

static void
encode__tells_a_refused_peer_nothing_of_the_pool(void **state)
{
	(void)state;
	sample_msg(OOB_POOL_REPLY, &in);
	in.u.pool_reply.status = OOB_BUSY;
	in.u.pool_reply.busy_ms = 77;
	assert_int_equal(oob_decode(wire, encode(&in), &out), 0);
	struct oob_msg want = {.type = OOB_POOL_REPLY, .tag = in.tag};
	want.u.pool_reply.status = OOB_BUSY;
	want.u.pool_reply.busy_ms = 77;
	assert_memory_equal(&want, &out, sizeof(out));

	in.u.pool_reply.status = OOB_STALE;
	assert_int_equal(oob_decode(wire, encode(&in), &out), 0);
	assert_int_equal(out.u.pool_reply.busy_ms, 0);
}

static void
type_name__knows_each_type(void **state)
{
	(void)state;
	assert_string_equal(oob_type_name(OOB_HELLO), "HELLO");
	assert_string_equal(oob_type_name(OOB_REPLY), "REPLY");
	assert_string_equal(oob_type_name(OOB_STAT), "STAT");
	for (unsigned type = FIRST; type <= LAST; type++)
		assert_string_not_equal(
			oob_type_name((enum oob_type)type), "?");
	assert_string_equal(oob_type_name((enum oob_type)0), "?");
	assert_string_equal(oob_type_name((enum oob_type)(LAST + 1)), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode__gives_back_what_was_encoded),
		cmocka_unit_test(decode__refuses_every_shorter_length),
		cmocka_unit_test(decode__refuses_bytes_behind_the_message),
		cmocka_unit_test(
			decode__never_takes_what_encode_would_not_write),
		cmocka_unit_test(encode__fills_the_buffer_at_most),
		cmocka_unit_test(encode__leaves_attr_out_of_open),
		cmocka_unit_test(
			encode__tells_a_refused_peer_nothing_of_the_pool),
		cmocka_unit_test(type_name__knows_each_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
