/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_oob_bad.c -- fields out of their ranges, on both sides of the wire
 *
 * Each row is a message that is good but for one field.  Encoding must
 * refuse it (-EINVAL); the same bytes, made by patching a good message, must
 * be refused by the peer (-EPROTO); and both name the field.
 */
#include "samples.h"

#include <errno.h>

#include "base/err.h"

struct row {
	enum oob_type type;
	const char *field; /* in the message; NULL: this value is good */
	uint32_t at;	   /* offset on the wire */
	uint32_t size;
	uint64_t value;
};

/* offsets as protocol.md draws them */
static const struct row rows[] = {
	{OOB_HELLO, "version_min", 16, 2, 0},
	{OOB_HELLO, "version_max", 18, 2, 0},
	{OOB_HELLO, "version_min", 16, 2, 0x0204}, /* above version_max */
	{OOB_HELLO, NULL, 16, 2, 0x0203},
	{OOB_HELLO, "timeout_ms", 20, 4, 0},
	{OOB_HELLO, "timeout_ms", 20, 4, OOB_TIMEOUT_MAX_MS + 1},
	{OOB_HELLO, NULL, 20, 4, OOB_TIMEOUT_MAX_MS},
	{OOB_HELLO, "caps", 24, 8, 1},
	{OOB_HELLO, "caps", 24, 8, UINT64_MAX},
	{OOB_HELLO_REPLY, "status", 16, 4, OOB_STATUS_END},
	{OOB_HELLO_REPLY, "version", 20, 2, 0},
	{OOB_HELLO_REPLY, "version", 20, 2, OOB_VERSION_MAX + 1},
	{OOB_HELLO_REPLY, "caps", 22, 8, 1},
	{OOB_HELLO_REPLY, "silent_ms", 30, 4, 0},
	{OOB_HELLO_REPLY, "silent_ms", 30, 4, OOB_SILENT_MAX_MS + 1},
	{OOB_CREATE, "pool_size", 16, 8, 0},
	{OOB_CREATE, "pool_size", 16, 8, 1ull << 63},
	{OOB_CREATE, NULL, 16, 8, INT64_MAX},
	{OOB_CREATE, "nlanes", 24, 4, 0},
	{OOB_CREATE, "flags", 28, 4, 2},
	{OOB_CREATE, "provider", 162, 1, ' '},
	{OOB_CREATE, "provider", 162, 1, 0x80},
	{OOB_CREATE, "desc", 167, 1, '\n'},
	{OOB_CREATE, "desc", 167, 1, 0x7f},
	{OOB_CREATE, NULL, 167, 1, 0xc3},
	{OOB_OPEN, "pool_size", 16, 8, 0},
	{OOB_OPEN, "nlanes", 24, 4, 0},
	{OOB_OPEN, NULL, 28, 4, 3},
	{OOB_OPEN, "flags", 28, 4, 8},
	{OOB_OPEN, "desc", 63, 1, 0x1b},
	{OOB_POOL_REPLY, "status", 16, 4, UINT32_MAX},
	{OOB_POOL_REPLY, "port", 24, 2, 0},
	{OOB_POOL_REPLY, "nlanes", 26, 4, 0},
	{OOB_POOL_REPLY, "nlanes", 26, 4, OOB_NLANES_MAX + 1},
	{OOB_POOL_REPLY, "credits", 30, 4, 0},
	{OOB_POOL_REPLY, "credits", 30, 4, OOB_CREDITS_MAX + 1},
	{OOB_POOL_REPLY, NULL, 30, 4, OOB_CREDITS_MAX},
	{OOB_POOL_REPLY, "frame_max", 34, 4, FRAME_MIN_MAX - 1},
	{OOB_POOL_REPLY, "frame_max", 34, 4, FRAME_MAX + 1},
	{OOB_POOL_REPLY, NULL, 34, 4, FRAME_MIN_MAX},
	{OOB_POOL_REPLY, "copy.flags", 94, 4, OOB_COPY_F_ALL + 1},
	{OOB_POOL_REPLY, "copy.media", 98, 1, OOB_MEDIA_END},
	{OOB_POOL_REPLY, "copy.durability", 99, 1, 2},
	{OOB_ATTACH, "step", 16, 4, 0},
	{OOB_ATTACH, NULL, 16, 4, OOB_ATTACH_DISCARD},
	{OOB_ATTACH, "step", 16, 4, OOB_ATTACH_DISCARD + 1},
	{OOB_STAT_REPLY, "status", 16, 4, OOB_STATUS_END},
	{OOB_STAT_REPLY, "copy.flags", 28, 4, OOB_COPY_F_ALL + 1},
	{OOB_STAT_REPLY, "copy.media", 32, 1, 255},
	{OOB_STAT_REPLY, "copy.durability", 33, 1, 255},
	{OOB_LINEAGE, "desc", 18, 1, '\n'},
	{OOB_LINEAGE_REPLY, "status", 16, 4, OOB_STATUS_END},
	{OOB_LINEAGE_REPLY, "flags", 20, 4, OOB_LINEAGE_F_ALL + 1},
	{OOB_LINEAGE_REPLY, "is", 40, 1, OOB_LINEAGE_IS_END},
	{OOB_LINEAGE_REPLY, "lineage", 40, 1, OOB_LINEAGE_NONE},
	{OOB_LINEAGE_REPLY, "lineage", 57, 2, OOB_LINEAGE_MAX + 1},
	{OOB_LOOK, "from", 16, 4, OOB_NPARTS_MAX + 1},
	{OOB_LOOK, NULL, 16, 4, OOB_NPARTS_MAX},
	{OOB_LOOK, "desc", 22, 1, '\n'},
	{OOB_LOOK_REPLY, "status", 16, 4, OOB_STATUS_END},
	{OOB_LOOK_REPLY, "flags", 20, 4, OOB_LOOK_F_ALL + 1},
	{OOB_LOOK_REPLY, "nparts", 24, 4, OOB_NPARTS_MAX + 1},
	{OOB_LOOK_REPLY, "nbad", 24, 4, 0x0303},
	{OOB_LOOK_REPLY, "nbad", 28, 4, 0x0406},
	{OOB_LOOK_REPLY, "nmissing", 32, 4, 0x0305},
	{OOB_LOOK_REPLY, "at", 36, 4, 0x0406},
	{OOB_LOOK_REPLY, "at", 36, 4, 0x0405},
	{OOB_LOOK_REPLY, "is", 40, 1, OOB_PART_IS_END},
	{OOB_LOOK_REPLY, "is", 40, 1, OOB_PART_GOOD},
	{OOB_LOOK_REPLY, "media", 41, 1, OOB_MEDIA_END},
	{OOB_LOOK_REPLY, "durability", 42, 1, 2},
	{OOB_LOOK_REPLY, "version", 165, 1, ' '},
	{OOB_ROOM, "desc", 18, 1, '\n'},
	{OOB_ROOM_REPLY, "status", 16, 4, OOB_STATUS_END},
	{OOB_ROOM_REPLY, "flags", 20, 4, OOB_ROOM_F_ALL + 1},
	{OOB_REMOVE, "flags", 16, 4, 8},
	{OOB_CLOSE, "flags", 16, 4, 2},
	{OOB_REPLY, "status", 16, 4, OOB_STATUS_END},
};

static uint8_t wire[OOB_MSG_MAX];
static struct oob_msg msg;

static uint32_t
sample_wire(enum oob_type type)
{
	uint32_t len = 0;
	sample_msg(type, &msg);
	assert_int_equal(oob_encode(&msg, wire, &len), 0);
	return len;
}

static void
decode__refuses_a_field_out_of_range(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		uint32_t len = sample_wire(r->type);
		for (uint32_t k = 0; k < r->size; k++)
			wire[r->at + k] = (uint8_t)(r->value >> (8 * k));
		int rc = oob_decode(wire, len, &msg);
		if (rc != (r->field == NULL ? 0 : -EPROTO))
			fail_msg("row %u: %d %s", i, rc, err_msg());
		if (r->field == NULL)
			continue;
		if (strstr(err_msg(), r->field) == NULL ||
			strstr(err_msg(), oob_type_name(r->type)) == NULL)
			fail_msg("row %u: %s", i, err_msg());
	}
}

static void
decode__refuses_a_bad_header(void **state)
{
	(void)state;
	uint32_t len = sample_wire(OOB_CLOSE);
	uint32_t size;
	uint8_t good[OOB_MSG_MAX];
	memcpy(good, wire, len);
	for (unsigned at = 0; at < 12; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(wire, good, len);
			wire[at] = (uint8_t)(wire[at] ^ 1u << bit);
			assert_int_equal(oob_decode(wire, len, &msg), -EPROTO);
		}
	}
	memcpy(wire, good, len);
	wire[8] = OOB_HDR_SIZE - 1;
	assert_int_equal(oob_size(wire, &size), -EPROTO);
	wire[8] = (OOB_MSG_MAX + 1) & 0xff;
	wire[9] = (OOB_MSG_MAX + 1) >> 8;
	assert_int_equal(oob_size(wire, &size), -EPROTO);
	wire[8] = OOB_MSG_MAX & 0xff;
	assert_int_equal(oob_size(wire, &size), 0);
	assert_int_equal(size, OOB_MSG_MAX);
}

static void
decode__refuses_what_a_failed_reply_must_not_say(void **state)
{
	(void)state;
	/* every byte between busy_ms and the text */
	for (uint32_t at = 20; at < 268; at++) {
		uint32_t len = 0;
		memset(&msg, 0, sizeof(msg));
		msg.type = OOB_POOL_REPLY;
		msg.u.pool_reply.status = OOB_STALE;
		assert_int_equal(oob_encode(&msg, wire, &len), 0);
		assert_int_equal(oob_decode(wire, len, &msg), 0);
		wire[at] = 1;
		assert_int_equal(oob_decode(wire, len, &msg), -EPROTO);
	}
}

static void
decode__refuses_strings_that_lie(void **state)
{
	(void)state;
	uint32_t len = sample_wire(OOB_REMOVE);
	/* the length says more, or less, than there is */
	wire[20]++;
	assert_int_equal(oob_decode(wire, len, &msg), -EPROTO);
	wire[20] = (uint8_t)(wire[20] - 2);
	assert_int_equal(oob_decode(wire, len, &msg), -EPROTO);
	wire[20]++;
	assert_int_equal(oob_decode(wire, len, &msg), 0);
	wire[21] = 0xff;
	assert_int_equal(oob_decode(wire, len, &msg), -EPROTO);
	wire[21] = 0;
	wire[25] = '\0';
	assert_int_equal(oob_decode(wire, len, &msg), -EPROTO);
	/* empty, and consistently so */
	len = 22;
	wire[8] = (uint8_t)len;
	wire[20] = 0;
	assert_int_equal(oob_decode(wire, len, &msg), -EPROTO);
	assert_non_null(strstr(err_msg(), "desc is empty"));
}

static void
decode__makes_a_text_printable(void **state)
{
	(void)state;
	uint32_t len = 0;
	memset(&msg, 0, sizeof(msg));
	msg.type = OOB_REPLY;
	msg.u.reply.status = OOB_FATAL;
	(void)snprintf(msg.u.reply.text, OOB_TEXT_MAX, "%s",
		"a b~\x1b[2J\n\t\x7f\xc2\x9b.");
	assert_int_equal(oob_encode(&msg, wire, &len), 0);
	assert_int_equal(oob_decode(wire, len, &msg), 0);
	assert_string_equal(msg.u.reply.text, "a b~?[2J?????.");

	memset(&msg, 0, sizeof(msg));
	sample_msg(OOB_HELLO, &msg);
	(void)snprintf(msg.u.hello.program, OOB_NAME_MAX, "%s", "x\ny");
	assert_int_equal(oob_encode(&msg, wire, &len), 0);
	assert_int_equal(oob_decode(wire, len, &msg), 0);
	assert_string_equal(msg.u.hello.program, "x?y");
}

static void
refuse_encode(const char *field)
{
	uint32_t len = 0;
	assert_int_equal(oob_encode(&msg, wire, &len), -EINVAL);
	if (strstr(err_msg(), field) == NULL)
		fail_msg("%s", err_msg());
}

static void
encode__refuses_a_field_out_of_range(void **state)
{
	(void)state;
	sample_msg(OOB_OPEN, &msg);
	msg.u.pool_req.desc[0] = '\0';
	refuse_encode("desc");
	sample_msg(OOB_OPEN, &msg);
	memset(msg.u.pool_req.desc, 'd', OOB_DESC_MAX);
	refuse_encode("desc");
	sample_msg(OOB_CREATE, &msg);
	memset(msg.u.pool_req.provider, 'p', OOB_NAME_MAX);
	refuse_encode("provider");
	sample_msg(OOB_REPLY, &msg);
	memset(msg.u.reply.text, 't', OOB_TEXT_MAX);
	refuse_encode("text");
	sample_msg(OOB_POOL_REPLY, &msg);
	msg.u.pool_reply.credits = 0;
	refuse_encode("credits");
	sample_msg(OOB_POOL_REPLY, &msg);
	msg.u.pool_reply.copy.media = OOB_MEDIA_END;
	refuse_encode("copy.media");
	sample_msg(OOB_HELLO, &msg);
	msg.u.hello.version_min = 2;
	msg.u.hello.version_max = 1;
	refuse_encode("version_min");
	sample_msg(OOB_LINEAGE_REPLY, &msg);
	msg.u.lineage_reply.lineage.len = OOB_LINEAGE_MAX + 1;
	refuse_encode("lineage");
	sample_msg(OOB_LINEAGE_REPLY, &msg);
	msg.u.lineage_reply.lineage.len = 0;
	refuse_encode("lineage");
	msg.u.lineage_reply.is = OOB_LINEAGE_LOST;
	uint32_t len = 0;
	assert_int_equal(oob_encode(&msg, wire, &len), 0);
	sample_msg(OOB_CLOSE, &msg);
	msg.type = (enum oob_type)0;
	refuse_encode("type 0");
	msg.type = (enum oob_type)(OOB_ROOM_REPLY + 1);
	refuse_encode("type 19");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode__refuses_a_field_out_of_range),
		cmocka_unit_test(decode__refuses_a_bad_header),
		cmocka_unit_test(
			decode__refuses_what_a_failed_reply_must_not_say),
		cmocka_unit_test(decode__refuses_strings_that_lie),
		cmocka_unit_test(decode__makes_a_text_printable),
		cmocka_unit_test(encode__refuses_a_field_out_of_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
