/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_chan.c -- messages over a session: what is sent arrives, what is no
 * message or no answer is refused; connecting is tested in
 * test_chan_connect.c
 */
#include "unit/oob/pair.h"

#include <errno.h>
#include <stdlib.h>

#include "oob/chan.h"

static const struct psk_key key = {.identity = "me@here", .key = {1, 2, 3}};
static const struct psk_keys keys = {1, (struct psk_key *)(uintptr_t)&key};

struct ends {
	struct chan client;
	struct chan server;
};

static void
ends_open(struct ends *ends)
{
	struct pair pair;
	pair_open(&pair, &key, &keys);
	assert_int_equal(chan_init(&ends->client, pair.client, "there:1"), 0);
	assert_int_equal(chan_init(&ends->server, pair.server, "here:2"), 0);
}

static void
ends_fini(struct ends *ends)
{
	chan_fini(&ends->client);
	chan_fini(&ends->server);
}

static struct oob_msg
make_remove(uint32_t tag, const char *desc)
{
	struct oob_msg msg = {.type = OOB_REMOVE, .tag = tag};
	msg.u.remove.flags = OOB_REMOVE_F_FORCE;
	memcpy(msg.u.remove.desc, desc, strlen(desc) + 1);
	return msg;
}

static struct oob_msg
make_reply(uint32_t tag, const char *text)
{
	struct oob_msg msg = {.type = OOB_REPLY, .tag = tag};
	msg.u.reply.status = text[0] == '\0' ? OOB_SUCCESS : OOB_BUSY;
	memcpy(msg.u.reply.text, text, strlen(text) + 1);
	return msg;
}

static void
send__arrives_as_it_was(void **state)
{
	struct ends ends;
	struct oob_msg in;
	struct oob_msg out = make_remove(77, "pool.set");

	(void)state;
	ends_open(&ends);
	assert_int_equal(chan_send(&ends.client, &out, SOON), 0);
	assert_int_equal(chan_recv(&ends.server, &in, SOON), 0);
	assert_int_equal(in.type, OOB_REMOVE);
	assert_int_equal(in.tag, 77);
	assert_int_equal(in.u.remove.flags, OOB_REMOVE_F_FORCE);
	assert_string_equal(in.u.remove.desc, "pool.set");
	ends_fini(&ends);
	ends_fini(&ends);
}

static void
send__messages_one_after_the_other_and_big_ones(void **state)
{
	struct ends ends;
	struct oob_msg in;
	char desc[OOB_DESC_MAX];

	(void)state;
	memset(desc, 'd', sizeof(desc));
	desc[sizeof(desc) - 1] = '\0';
	struct oob_msg out = make_remove(0, desc);
	ends_open(&ends);
	for (out.tag = 1; out.tag <= 10; out.tag++)
		assert_int_equal(chan_send(&ends.client, &out, SOON), 0);
	for (uint32_t tag = 1; tag <= 10; tag++) {
		assert_int_equal(chan_recv(&ends.server, &in, SOON), 0);
		assert_int_equal(in.tag, tag);
		assert_string_equal(in.u.remove.desc, desc);
	}
	ends_fini(&ends);
}

static void
send__refuses_what_cannot_be_encoded(void **state)
{
	struct ends ends;
	struct oob_msg in;
	struct oob_msg out = make_remove(1, "");

	(void)state;
	ends_open(&ends);
	out.type = 0;
	assert_int_equal(chan_send(&ends.client, &out, SOON), -EINVAL);
	/* nothing went out: the channel is as good as before */
	out = make_remove(2, "x");
	assert_int_equal(chan_send(&ends.client, &out, SOON), 0);
	assert_int_equal(chan_recv(&ends.server, &in, SOON), 0);
	assert_int_equal(in.tag, 2);
	ends_fini(&ends);
}

/* the reply lies in the socket before the call: no second thread needed */
static int
call_with(struct ends *ends, const struct oob_msg *reply, struct oob_msg *msg)
{
	assert_int_equal(chan_send(&ends->server, reply, SOON), 0);
	return chan_call(&ends->client, msg, OOB_REPLY, msg, SOON);
}

static void
call__takes_the_reply_over_the_request(void **state)
{
	struct ends ends;
	struct oob_msg msg = make_remove(5, "x");
	struct oob_msg reply = make_reply(5, "in use");

	(void)state;
	ends_open(&ends);
	assert_int_equal(call_with(&ends, &reply, &msg), 0);
	assert_int_equal(msg.type, OOB_REPLY);
	assert_int_equal(msg.u.reply.status, OOB_BUSY);
	assert_string_equal(msg.u.reply.text, "in use");
	ends_fini(&ends);
}

static void
call__another_tag_is_refused(void **state)
{
	struct ends ends;
	struct oob_msg msg = make_remove(5, "x");
	struct oob_msg reply = make_reply(4, "");

	(void)state;
	ends_open(&ends);
	assert_int_equal(call_with(&ends, &reply, &msg), -EPROTO);
	assert_non_null(strstr(err_msg(), "there:1"));
	msg = make_remove(6, "x");
	assert_int_equal(chan_send(&ends.client, &msg, SOON), -ECONNRESET);
	ends_fini(&ends);
}

static void
call__another_type_is_refused(void **state)
{
	struct ends ends;
	struct oob_msg msg = make_remove(5, "x");
	struct oob_msg reply = make_remove(5, "y");

	(void)state;
	ends_open(&ends);
	assert_int_equal(call_with(&ends, &reply, &msg), -EPROTO);
	ends_fini(&ends);
}

static void
recv__garbage_is_a_protocol_error(void **state)
{
	struct ends ends;
	struct oob_msg in;
	uint8_t garbage[OOB_HDR_SIZE];

	(void)state;
	memset(garbage, 0xee, sizeof(garbage));
	ends_open(&ends);
	assert_int_equal(
		tls_write(ends.client.tls, garbage, sizeof(garbage), SOON), 0);
	assert_int_equal(chan_recv(&ends.server, &in, SOON), -EPROTO);
	assert_non_null(strstr(err_msg(), "here:2"));
	assert_int_equal(chan_recv(&ends.server, &in, SOON), -ECONNRESET);
	ends_fini(&ends);
}

static void
recv__changed_body_is_a_protocol_error(void **state)
{
	struct ends ends;
	struct oob_msg in;
	uint8_t buf[OOB_MSG_MAX];
	uint32_t len;
	struct oob_msg out = make_remove(1, "pool.set");

	(void)state;
	assert_int_equal(oob_encode(&out, buf, &len), 0);
	buf[OOB_HDR_SIZE + 3] = 0xff; /* flags that do not exist */
	ends_open(&ends);
	assert_int_equal(tls_write(ends.client.tls, buf, len, SOON), 0);
	assert_int_equal(chan_recv(&ends.server, &in, SOON), -EPROTO);
	ends_fini(&ends);
}

static void
recv__silence_may_be_waited_for_again(void **state)
{
	struct ends ends;
	struct oob_msg in;
	struct oob_msg out = make_remove(3, "x");

	(void)state;
	ends_open(&ends);
	assert_int_equal(
		chan_recv(&ends.server, &in, deadline_in_ms(5)), -ETIMEDOUT);
	assert_int_equal(chan_send(&ends.client, &out, SOON), 0);
	assert_int_equal(chan_recv(&ends.server, &in, SOON), 0);
	assert_int_equal(in.tag, 3);
	ends_fini(&ends);
}

static void
recv__half_a_message_breaks_the_channel(void **state)
{
	struct oob_msg in;
	uint8_t buf[OOB_MSG_MAX];
	uint32_t len;
	struct oob_msg out = make_remove(1, "pool.set");
	/* inside the header, at its end, inside the body */
	static const uint32_t cuts[] = {1, OOB_HDR_SIZE, OOB_HDR_SIZE + 2};

	(void)state;
	assert_int_equal(oob_encode(&out, buf, &len), 0);
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		struct ends ends;
		ends_open(&ends);
		assert_int_equal(
			tls_write(ends.client.tls, buf, cuts[i], SOON), 0);
		assert_int_equal(
			chan_recv(&ends.server, &in, deadline_in_ms(5)),
			-ETIMEDOUT);
		assert_int_equal(
			chan_recv(&ends.server, &in, SOON), -ECONNRESET);
		ends_fini(&ends);
	}
}

static void
recv__closed_peer_is_reset(void **state)
{
	struct ends ends;
	struct oob_msg in;

	(void)state;
	ends_open(&ends);
	chan_fini(&ends.client);
	assert_int_equal(chan_recv(&ends.server, &in, SOON), -ECONNRESET);
	assert_non_null(strstr(err_msg(), "here:2"));
	ends_fini(&ends);
}

static void
abandon__peer_sees_no_goodbye(void **state)
{
	struct ends ends;
	char c;

	(void)state;
	ends_open(&ends);
	int other = dup(tls_fd(ends.server.tls));
	assert_true(other >= 0);
	chan_abandon(&ends.server);
	assert_int_equal(recv(tls_fd(ends.client.tls), &c, 1, 0), -1);
	(void)close(other);
	ends_fini(&ends);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(send__arrives_as_it_was),
		cmocka_unit_test(
			send__messages_one_after_the_other_and_big_ones),
		cmocka_unit_test(send__refuses_what_cannot_be_encoded),
		cmocka_unit_test(call__takes_the_reply_over_the_request),
		cmocka_unit_test(call__another_tag_is_refused),
		cmocka_unit_test(call__another_type_is_refused),
		cmocka_unit_test(recv__garbage_is_a_protocol_error),
		cmocka_unit_test(recv__changed_body_is_a_protocol_error),
		cmocka_unit_test(recv__silence_may_be_waited_for_again),
		cmocka_unit_test(recv__half_a_message_breaks_the_channel),
		cmocka_unit_test(recv__closed_peer_is_reset),
		cmocka_unit_test(abandon__peer_sees_no_goodbye),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
