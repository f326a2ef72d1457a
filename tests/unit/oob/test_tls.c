/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_tls.c -- records and deadlines of an open session, and its ends; who
 * gets a session at all is tested in test_tls_handshake.c
 */
#include "unit/oob/pair.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#define BIG 8192

static const struct psk_key key = {.identity = "me@here", .key = {1, 2, 3}};
static const struct psk_keys keys = {1, (struct psk_key *)(uintptr_t)&key};

static void
fill(uint8_t *buf, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(i * 7 + seed);
}

static void
session__carries_both_ways(void **state)
{
	struct pair pair;
	uint8_t out[BIG];
	uint8_t in[BIG];

	(void)state;
	pair_open(&pair, &key, &keys);
	for (unsigned i = 0; i < 20; i++) {
		fill(out, sizeof(out), i);
		assert_int_equal(
			tls_write(pair.client, out, sizeof(out), SOON), 0);
		assert_int_equal(
			tls_read(pair.server, in, sizeof(in), SOON), 0);
		assert_memory_equal(in, out, sizeof(out));
		assert_int_equal(tls_write(pair.server, out, 1 + i, SOON), 0);
		memset(in, 0, sizeof(in));
		assert_int_equal(tls_read(pair.client, in, 1 + i, SOON), 0);
		assert_memory_equal(in, out, 1 + i);
	}
	pair_free(&pair);
}

static void
read__part_of_a_record_leaves_the_rest_pending(void **state)
{
	struct pair pair;
	uint8_t out[100];
	uint8_t in[100];

	(void)state;
	fill(out, sizeof(out), 3);
	pair_open(&pair, &key, &keys);
	assert_false(tls_pending(pair.server));
	assert_int_equal(tls_write(pair.client, out, sizeof(out), SOON), 0);
	assert_int_equal(tls_read(pair.server, in, 16, SOON), 0);
	assert_true(tls_pending(pair.server));
	assert_int_equal(tls_read(pair.server, in + 16, 84, SOON), 0);
	assert_false(tls_pending(pair.server));
	assert_memory_equal(in, out, sizeof(out));
	pair_free(&pair);
}

struct reader {
	struct tls *tls;
	uint8_t *buf;
	size_t len;
	int rc;
};

static void *
read_it(void *arg)
{
	struct reader *r = arg;
	r->rc = tls_read(r->tls, r->buf, r->len, SOON);
	return NULL;
}

static void
write__more_than_the_socket_holds(void **state)
{
	struct pair pair;
	size_t len = 4u << 20;
	uint8_t *out = malloc(len);
	uint8_t *in = malloc(len);
	pthread_t thread;

	(void)state;
	assert_non_null(out);
	assert_non_null(in);
	fill(out, len, 9);
	pair_open(&pair, &key, &keys);
	struct reader reader = {pair.server, in, len, 1};
	assert_int_equal(pthread_create(&thread, NULL, read_it, &reader), 0);
	assert_int_equal(tls_write(pair.client, out, len, SOON), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(reader.rc, 0);
	assert_memory_equal(in, out, len);
	pair_free(&pair);
	free(in);
	free(out);
}

static void
write__peer_that_does_not_read_times_out(void **state)
{
	struct pair pair;
	static uint8_t out[8u << 20];

	(void)state;
	pair_open(&pair, &key, &keys);
	uint64_t start = now_ns();
	assert_int_equal(
		tls_write(pair.client, out, sizeof(out), deadline_in_ms(50)),
		-ETIMEDOUT);
	assert_true(now_ns() - start >= 50 * NS_PER_MS);
	/* half a record is out: nothing sensible can follow */
	assert_int_equal(tls_write(pair.client, out, 1, SOON), -ECONNRESET);
	pair_free(&pair);
}

static void
read__silent_peer_times_out_and_may_be_read_again(void **state)
{
	struct pair pair;
	uint8_t c = 0;

	(void)state;
	pair_open(&pair, &key, &keys);
	uint64_t start = now_ns();
	assert_int_equal(
		tls_read(pair.client, &c, 1, deadline_in_ms(30)), -ETIMEDOUT);
	uint64_t took = now_ns() - start;
	assert_true(took >= 30 * NS_PER_MS);
	assert_true(took < 5 * NS_PER_SEC);
	assert_int_equal(tls_read(pair.client, &c, 1, 0), -ETIMEDOUT);

	assert_int_equal(tls_write(pair.server, "x", 1, SOON), 0);
	assert_int_equal(tls_read(pair.client, &c, 1, SOON), 0);
	assert_int_equal(c, 'x');
	pair_free(&pair);
}

static void
read__gap_after_a_partial_read_ends_the_session(void **state)
{
	struct pair pair;
	uint8_t in[2];

	(void)state;
	pair_open(&pair, &key, &keys);
	assert_int_equal(tls_write(pair.server, "x", 1, SOON), 0);
	assert_int_equal(
		tls_read(pair.client, in, 2, deadline_in_ms(10)), -ETIMEDOUT);
	assert_int_equal(tls_write(pair.server, "y", 1, SOON), 0);
	assert_int_equal(tls_read(pair.client, in, 1, SOON), -ECONNRESET);
	pair_free(&pair);
}

static void
read__after_an_orderly_close_is_reset(void **state)
{
	struct pair pair;
	uint8_t c;

	(void)state;
	pair_open(&pair, &key, &keys);
	assert_int_equal(tls_write(pair.server, "x", 1, SOON), 0);
	tls_free(pair.server);
	pair.server = NULL;
	assert_int_equal(tls_read(pair.client, &c, 1, SOON), 0);
	assert_int_equal(tls_read(pair.client, &c, 1, SOON), -ECONNRESET);
	assert_non_null(strstr(err_msg(), "closed"));
	pair_free(&pair);
}

static void
read__after_an_abrupt_close_is_reset(void **state)
{
	struct pair pair;
	uint8_t c;

	(void)state;
	pair_open(&pair, &key, &keys);
	tls_abandon(pair.server);
	pair.server = NULL;
	assert_int_equal(tls_read(pair.client, &c, 1, SOON), -ECONNRESET);
	pair_free(&pair);
}

static void
write__to_a_closed_peer_raises_no_signal(void **state)
{
	struct pair pair;

	(void)state;
	assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	pair_open(&pair, &key, &keys);
	tls_abandon(pair.server);
	pair.server = NULL;
	assert_int_equal(tls_write(pair.client, "x", 1, SOON), -ECONNRESET);
	assert_int_equal(tls_write(pair.client, "x", 1, SOON), -ECONNRESET);
	pair_free(&pair);
}

static void
read__bytes_that_are_no_record_are_a_protocol_error(void **state)
{
	struct pair pair;
	uint8_t c;
	static const uint8_t forged[] = {23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7,
		8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};

	(void)state;
	pair_open(&pair, &key, &keys);
	assert_int_equal(
		send(tls_fd(pair.server), forged, sizeof(forged), MSG_NOSIGNAL),
		sizeof(forged));
	assert_int_equal(tls_read(pair.client, &c, 1, SOON), -EPROTO);
	assert_int_equal(tls_read(pair.client, &c, 1, SOON), -ECONNRESET);
	pair_free(&pair);
}

/* what rpmemd does: handshake in the listener, session in its child */
static void
fork__child_goes_on_with_the_session(void **state)
{
	struct pair pair;
	char in[4] = "";

	(void)state;
	pair_open(&pair, &key, &keys);
	assert_int_equal(tls_write(pair.client, "ping", 4, SOON), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char c[4];
		tls_abandon(pair.client);
		if (tls_read(pair.server, c, 4, SOON) != 0 ||
			memcmp(c, "ping", 4) != 0 ||
			tls_write(pair.server, "pong", 4, SOON) != 0)
			_exit(1);
		tls_free(pair.server);
		_exit(0);
	}
	tls_abandon(pair.server);
	pair.server = NULL;
	assert_int_equal(tls_read(pair.client, in, 4, SOON), 0);
	assert_memory_equal(in, "pong", 4);
	/* exactly the child's goodbye follows: the parent sent nothing */
	assert_int_equal(tls_read(pair.client, in, 1, SOON), -ECONNRESET);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	pair_free(&pair);
}

static void
abandon__sends_nothing_and_keeps_the_connection(void **state)
{
	struct pair pair;
	char c;

	(void)state;
	pair_open(&pair, &key, &keys);
	int dup_fd = dup(tls_fd(pair.server));
	assert_true(dup_fd >= 0);
	tls_abandon(pair.server);
	pair.server = NULL;
	errno = 0;
	assert_int_equal(recv(tls_fd(pair.client), &c, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	(void)close(dup_fd);
	pair_free(&pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session__carries_both_ways),
		cmocka_unit_test(
			read__part_of_a_record_leaves_the_rest_pending),
		cmocka_unit_test(write__more_than_the_socket_holds),
		cmocka_unit_test(write__peer_that_does_not_read_times_out),
		cmocka_unit_test(
			read__silent_peer_times_out_and_may_be_read_again),
		cmocka_unit_test(
			read__gap_after_a_partial_read_ends_the_session),
		cmocka_unit_test(read__after_an_orderly_close_is_reset),
		cmocka_unit_test(read__after_an_abrupt_close_is_reset),
		cmocka_unit_test(write__to_a_closed_peer_raises_no_signal),
		cmocka_unit_test(
			read__bytes_that_are_no_record_are_a_protocol_error),
		cmocka_unit_test(fork__child_goes_on_with_the_session),
		cmocka_unit_test(
			abandon__sends_nothing_and_keeps_the_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
