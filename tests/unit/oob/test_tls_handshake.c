/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_tls_handshake.c -- who gets a session: the right key, and nobody else;
 * peers that speak another kind of TLS are in test_tls_foreign.c
 *
 * The tests that look at the wire relay it themselves, so that they know
 * each byte either side has sent.
 */
#include "unit/oob/pair.h"

#include <errno.h>
#include <stdlib.h>

#include "base/compiler.h"

#define WIRE_MAX 4096

static struct psk_key all[3];
static const struct psk_keys keys = {ARRAY_LEN(all), all};

static int
set_up(void **state)
{
	(void)state;
	all[0] = make_key("first@node", 1);
	all[1] = make_key("second@node", 2);
	all[2] = make_key("third node", 3);
	return 0;
}

/* two socket pairs with the test between them */
struct wire {
	struct tls *client;
	struct tls *server;
	int client_end;
	int server_end;
	int client_rc;
	int server_rc;
	uint8_t sent[2][WIRE_MAX]; /* by client, by server */
	size_t nsent[2];
};

static void
wire_new(struct wire *w, const struct psk_key *key)
{
	int fds[2];

	*w = (struct wire){.client_rc = 1, .server_rc = 1};
	make_sockets(fds);
	assert_int_equal(tls_client_new(fds[0], key, &w->client), 0);
	w->client_end = fds[1];
	make_sockets(fds);
	assert_int_equal(tls_server_new(fds[0], &keys, &w->server), 0);
	w->server_end = fds[1];
}

static void
wire_free(struct wire *w)
{
	tls_free(w->client);
	tls_free(w->server);
	(void)close(w->client_end);
	(void)close(w->server_end);
}

/* pass on what one side has sent */
static void
relay(struct wire *w, unsigned from)
{
	int in = from == 0 ? w->client_end : w->server_end;
	int out = from == 0 ? w->server_end : w->client_end;
	uint8_t *to = w->sent[from] + w->nsent[from];
	ssize_t n = recv(in, to, WIRE_MAX - w->nsent[from], MSG_DONTWAIT);
	if (n <= 0)
		return;
	w->nsent[from] += (size_t)n;
	/* a side that gave up has closed or does not read */
	IGNORE(send(out, to, (size_t)n, MSG_NOSIGNAL));
}

static void
wire_shake(struct wire *w)
{
	for (int i = 0; i < TURNS_MAX; i++) {
		if (w->client_rc > 0)
			w->client_rc = tls_handshake(w->client);
		relay(w, 0);
		if (w->server_rc > 0)
			w->server_rc = tls_handshake(w->server);
		relay(w, 1);
	}
}

static void
handshake__each_key_is_known_by_its_identity(void **state)
{
	(void)state;
	for (size_t i = 0; i < keys.nkeys; i++) {
		struct pair pair;
		pair_new(&pair, &keys.keys[i], &keys);
		assert_string_equal(tls_identity(pair.server), "");
		pair_shake(&pair);
		assert_int_equal(pair.client_rc, 0);
		assert_int_equal(pair.server_rc, 0);
		assert_string_equal(
			tls_identity(pair.server), keys.keys[i].identity);
		assert_string_equal(tls_identity(pair.client), "");
		assert_int_equal(tls_handshake(pair.server), 0);
		pair_free(&pair);
	}
}

static void
handshake__says_what_it_waits_for(void **state)
{
	struct pair pair;

	(void)state;
	pair_new(&pair, &all[0], &keys);
	assert_int_equal(tls_handshake(pair.server), TLS_WANT_READ);
	assert_int_equal(tls_handshake(pair.client), TLS_WANT_READ);
	pair_free(&pair);
}

static void
handshake__wrong_key_is_refused_on_both_sides(void **state)
{
	struct pair pair;
	struct psk_key wrong = make_key("second@node", 1);

	(void)state;
	pair_new(&pair, &wrong, &keys);
	pair_shake(&pair);
	assert_int_equal(pair.client_rc, -EACCES);
	assert_int_equal(pair.server_rc, -EACCES);
	assert_string_equal(tls_identity(pair.server), "");
	char c;
	assert_int_equal(tls_read(pair.server, &c, 1, SOON), -ECONNRESET);
	assert_int_equal(tls_write(pair.client, "x", 1, SOON), -ECONNRESET);
	pair_free(&pair);
}

static void
handshake__unknown_identity_looks_like_a_wrong_key(void **state)
{
	struct wire wrong;
	struct wire unknown;
	char message[ERR_MAX];
	struct psk_key wrong_key = make_key("second@node", 7);
	struct psk_key unknown_key = make_key("strangr@xyz", 2);

	(void)state;
	wire_new(&wrong, &wrong_key);
	wire_shake(&wrong);
	wrong.client_rc = tls_handshake(wrong.client);
	memcpy(message, err_msg(), sizeof(message));
	wire_new(&unknown, &unknown_key);
	wire_shake(&unknown);
	unknown.client_rc = tls_handshake(unknown.client);

	assert_string_equal(err_msg(), message);
	assert_int_equal(wrong.server_rc, -EACCES);
	assert_int_equal(unknown.server_rc, -EACCES);
	assert_int_equal(unknown.client_rc, wrong.client_rc);
	/* one plain alert record, the same in every byte */
	assert_int_equal(wrong.nsent[1], 7);
	assert_int_equal(wrong.sent[1][0], 21);
	assert_int_equal(unknown.nsent[1], wrong.nsent[1]);
	assert_memory_equal(unknown.sent[1], wrong.sent[1], 7);
	wire_free(&wrong);
	wire_free(&unknown);
}

static void
handshake__wire_shows_no_key_and_no_ticket(void **state)
{
	struct wire w;

	(void)state;
	wire_new(&w, &all[0]);
	wire_shake(&w);
	assert_int_equal(w.client_rc, 0);
	assert_int_equal(w.server_rc, 0);
	for (unsigned side = 0; side < 2; side++)
		assert_null(memmem(w.sent[side], w.nsent[side], all[0].key,
			sizeof(all[0].key)));
	/* a ticket would come after the client's last flight */
	char c;
	assert_int_equal(recv(tls_fd(w.client), &c, 1, MSG_DONTWAIT), -1);
	wire_free(&w);
}

/*
 * The stream may be cut after any byte: each side fails, none hangs, none
 * gets a session it should not have.
 */
static void
handshake__cut_at_every_byte(void **state)
{
	struct wire w;
	uint8_t hello[WIRE_MAX];

	(void)state;
	wire_new(&w, &all[0]);
	assert_int_equal(tls_handshake(w.client), TLS_WANT_READ);
	relay(&w, 0);
	size_t len = w.nsent[0];
	memcpy(hello, w.sent[0], len);
	wire_free(&w);
	assert_true(len > 100);

	for (size_t cut = 0; cut < len; cut++) {
		int fds[2];
		struct tls *server;
		make_sockets(fds);
		assert_int_equal(tls_server_new(fds[0], &keys, &server), 0);
		assert_int_equal(send(fds[1], hello, cut, 0), cut);
		assert_int_equal(tls_handshake(server), TLS_WANT_READ);
		(void)close(fds[1]);
		assert_int_equal(tls_handshake(server), -ECONNRESET);
		tls_free(server);
	}
}

/* a hello with one byte changed proves nothing: the binder covers it all */
static void
handshake__changed_at_every_byte(void **state)
{
	struct wire w;
	uint8_t hello[WIRE_MAX];

	(void)state;
	wire_new(&w, &all[0]);
	assert_int_equal(tls_handshake(w.client), TLS_WANT_READ);
	relay(&w, 0);
	size_t len = w.nsent[0];
	memcpy(hello, w.sent[0], len);
	wire_free(&w);

	for (size_t at = 0; at < len; at++) {
		int fds[2];
		struct tls *server;
		uint8_t bad[WIRE_MAX];
		memcpy(bad, hello, len);
		bad[at] ^= 0x41;
		make_sockets(fds);
		assert_int_equal(tls_server_new(fds[0], &keys, &server), 0);
		assert_int_equal(send(fds[1], bad, len, 0), len);
		IGNORE(tls_handshake(server));
		(void)shutdown(fds[1], SHUT_WR);
		assert_true(tls_handshake(server) < 0);
		assert_string_equal(tls_identity(server), "");
		tls_free(server);
		(void)close(fds[1]);
	}
}

static void
handshake__garbage_is_a_protocol_error(void **state)
{
	static const char *const rows[] = {
		"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
		"\x16\x03\x01\xff\xff........................",
		"0123456789012345678901234567890123456789",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int fds[2];
		struct tls *server;
		make_sockets(fds);
		assert_int_equal(tls_server_new(fds[0], &keys, &server), 0);
		size_t len = strlen(rows[i]);
		assert_int_equal(send(fds[1], rows[i], len, 0), len);
		int rc = tls_handshake(server);
		print_message("row %zu: %s\n", i, err_msg());
		assert_int_equal(rc, -EPROTO);
		tls_free(server);
		(void)close(fds[1]);
	}
}

static void
handshake__client_refuses_garbage(void **state)
{
	int fds[2];
	struct tls *client;

	(void)state;
	make_sockets(fds);
	assert_int_equal(tls_client_new(fds[0], &all[0], &client), 0);
	assert_int_equal(tls_handshake(client), TLS_WANT_READ);
	assert_int_equal(send(fds[1], "220 mail ESMTP\r\n", 16, 0), 16);
	assert_int_equal(tls_handshake(client), -EPROTO);
	tls_free(client);
	(void)close(fds[1]);
}

static void
handshake__big_hello_is_refused(void **state)
{
	int fds[2];
	struct tls *server;
	/* a client hello that claims 64 KiB in records of 16 KiB */
	static uint8_t record[5 + 16384] = {
		22, 3, 1, 0x40, 0, 1, 0, 0xff, 0xff};

	(void)state;
	make_sockets(fds);
	assert_int_equal(tls_server_new(fds[0], &keys, &server), 0);
	int rc = TLS_WANT_READ;
	for (int i = 0; i < 5 && rc == TLS_WANT_READ; i++) {
		IGNORE(send(fds[1], record, sizeof(record), MSG_NOSIGNAL));
		rc = tls_handshake(server);
	}
	assert_int_equal(rc, -EPROTO);
	tls_free(server);
	(void)close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake__each_key_is_known_by_its_identity),
		cmocka_unit_test(handshake__says_what_it_waits_for),
		cmocka_unit_test(handshake__wrong_key_is_refused_on_both_sides),
		cmocka_unit_test(
			handshake__unknown_identity_looks_like_a_wrong_key),
		cmocka_unit_test(handshake__wire_shows_no_key_and_no_ticket),
		cmocka_unit_test(handshake__cut_at_every_byte),
		cmocka_unit_test(handshake__changed_at_every_byte),
		cmocka_unit_test(handshake__garbage_is_a_protocol_error),
		cmocka_unit_test(handshake__client_refuses_garbage),
		cmocka_unit_test(handshake__big_hello_is_refused),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
