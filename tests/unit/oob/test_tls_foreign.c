/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_tls_foreign.c -- peers that know the key and speak TLS, but not
 * TLS 1.3 with ECDHE-PSK, are refused by both our sides
 */
#include "unit/oob/pair.h"

#include <errno.h>
#include <stdlib.h>

#include <gnutls/gnutls.h>

#include "base/compiler.h"

static const struct psk_key key = {.identity = "me@here", .key = {1, 2, 3}};
static const struct psk_keys keys = {1, (struct psk_key *)(uintptr_t)&key};

/* a plain GnuTLS session of the test's own, with the right key */
static gnutls_session_t
foreign_new(int fd, unsigned flags, const char *priority)
{
	gnutls_session_t s;
	assert_int_equal(gnutls_init(&s, flags | GNUTLS_NONBLOCK), 0);
	assert_int_equal(gnutls_priority_set_direct(s, priority, NULL), 0);
	gnutls_transport_set_int(s, fd);
	return s;
}

static const char *const client_rows[] = {
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:+ECDHE-PSK:+DHE-PSK:+PSK",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1:+PSK",
	/* TLS 1.3 without forward secrecy */
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+PSK",
	/* TLS 1.3 for a certificate */
	"NORMAL:-VERS-ALL:+VERS-TLS1.3",
	/* a hash that our keys are not for */
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM:+ECDHE-PSK",
};

static const char *const server_rows[] = {
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:+ECDHE-PSK:+PSK",
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+PSK",
	"NORMAL:-VERS-ALL:+VERS-TLS1.3",
};

/* our server's outcome against a client with the given priority */
static int
serve_foreign(gnutls_psk_client_credentials_t psk,
	gnutls_certificate_credentials_t cert, const char *priority)
{
	int fds[2];
	struct tls *server;
	int client_rc = GNUTLS_E_AGAIN;
	int server_rc = 1;

	make_sockets(fds);
	assert_int_equal(tls_server_new(fds[0], &keys, &server), 0);
	gnutls_session_t s = foreign_new(fds[1], GNUTLS_CLIENT, priority);
	IGNORE(gnutls_credentials_set(s, GNUTLS_CRD_PSK, psk));
	IGNORE(gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, cert));
	for (int turn = 0; turn < TURNS_MAX; turn++) {
		if (client_rc == GNUTLS_E_AGAIN)
			client_rc = gnutls_handshake(s);
		if (server_rc > 0)
			server_rc = tls_handshake(server);
	}
	print_message("%s: client %s, server %s\n", priority,
		gnutls_strerror_name(client_rc), err_msg());
	assert_true(client_rc != 0);
	gnutls_deinit(s);
	tls_free(server);
	(void)close(fds[1]);
	return server_rc;
}

static void
server__refuses_other_versions_and_exchanges(void **state)
{
	gnutls_psk_client_credentials_t psk;
	gnutls_certificate_credentials_t cert;
	uint8_t bytes[PSK_KEY_SIZE];
	gnutls_datum_t secret = {bytes, sizeof(bytes)};

	(void)state;
	memcpy(bytes, key.key, sizeof(bytes));
	assert_int_equal(gnutls_psk_allocate_client_credentials(&psk), 0);
	assert_int_equal(gnutls_psk_set_client_credentials(psk, key.identity,
				 &secret, GNUTLS_PSK_KEY_RAW),
		0);
	assert_int_equal(gnutls_certificate_allocate_credentials(&cert), 0);
	for (size_t i = 0; i < ARRAY_LEN(client_rows); i++)
		assert_int_equal(
			serve_foreign(psk, cert, client_rows[i]), -EPROTO);
	gnutls_certificate_free_credentials(cert);
	gnutls_psk_free_client_credentials(psk);
}

/* the same client with our kind of TLS does get in: the rows are what fails */
static void
server__accepts_a_foreign_client_of_the_right_kind(void **state)
{
	gnutls_psk_client_credentials_t psk;
	int fds[2];
	struct tls *server;
	int client_rc = GNUTLS_E_AGAIN;
	int server_rc = 1;
	uint8_t bytes[PSK_KEY_SIZE];
	gnutls_datum_t secret = {bytes, sizeof(bytes)};

	(void)state;
	memcpy(bytes, key.key, sizeof(bytes));
	assert_int_equal(gnutls_psk_allocate_client_credentials(&psk), 0);
	assert_int_equal(gnutls_psk_set_client_credentials(psk, key.identity,
				 &secret, GNUTLS_PSK_KEY_RAW),
		0);
	make_sockets(fds);
	assert_int_equal(tls_server_new(fds[0], &keys, &server), 0);
	gnutls_session_t s = foreign_new(fds[1], GNUTLS_CLIENT,
		"NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK");
	IGNORE(gnutls_credentials_set(s, GNUTLS_CRD_PSK, psk));
	for (int turn = 0; turn < TURNS_MAX; turn++) {
		if (client_rc == GNUTLS_E_AGAIN)
			client_rc = gnutls_handshake(s);
		if (server_rc > 0)
			server_rc = tls_handshake(server);
	}
	assert_int_equal(client_rc, 0);
	assert_int_equal(server_rc, 0);
	assert_string_equal(tls_identity(server), "me@here");
	gnutls_deinit(s);
	tls_free(server);
	(void)close(fds[1]);
	gnutls_psk_free_client_credentials(psk);
}

/* gnutls_psk_server_credentials_function of a server that knows the key */
static int
foreign_key(gnutls_session_t session, const char *name, gnutls_datum_t *out)
{
	(void)session;
	(void)name;
	out->data = gnutls_malloc(PSK_KEY_SIZE);
	out->size = PSK_KEY_SIZE;
	memcpy(out->data, key.key, PSK_KEY_SIZE);
	return 0;
}

static void
client__refuses_another_kind_of_server(void **state)
{
	gnutls_psk_server_credentials_t psk;

	(void)state;
	assert_int_equal(gnutls_psk_allocate_server_credentials(&psk), 0);
	gnutls_psk_set_server_credentials_function(psk, foreign_key);
	for (size_t i = 0; i < ARRAY_LEN(server_rows); i++) {
		int fds[2];
		struct tls *client;
		int client_rc = 1;
		int server_rc = GNUTLS_E_AGAIN;
		make_sockets(fds);
		assert_int_equal(tls_client_new(fds[0], &key, &client), 0);
		gnutls_session_t s =
			foreign_new(fds[1], GNUTLS_SERVER, server_rows[i]);
		IGNORE(gnutls_credentials_set(s, GNUTLS_CRD_PSK, psk));
		for (int turn = 0; turn < TURNS_MAX; turn++) {
			if (client_rc > 0)
				client_rc = tls_handshake(client);
			if (server_rc != GNUTLS_E_AGAIN)
				continue;
			server_rc = gnutls_handshake(s);
			if (gnutls_error_is_fatal(server_rc) != 0)
				IGNORE(gnutls_alert_send_appropriate(
					s, server_rc));
		}
		print_message("row %zu: %s\n", i, err_msg());
		assert_int_equal(client_rc, -EPROTO);
		assert_true(server_rc != 0);
		gnutls_deinit(s);
		tls_free(client);
		(void)close(fds[1]);
	}
	gnutls_psk_free_server_credentials(psk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server__refuses_other_versions_and_exchanges),
		cmocka_unit_test(
			server__accepts_a_foreign_client_of_the_right_kind),
		cmocka_unit_test(client__refuses_another_kind_of_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
