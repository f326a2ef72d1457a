/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * tls_handshake.c -- the handshake and what its failures mean
 *
 * Whoever calls wants to know one thing above all: was it the key?  A server
 * that compares binders finds an "illegal parameter" and says so in its
 * alert, and so a client cannot tell a wrong key from an unknown identity.
 * Everything else is either the connection's failure or a peer that speaks
 * something else.
 *
 * The server's alert is sent once, without waiting; it is some bytes into an
 * empty socket buffer.
 */
#include "oob/tls.h"

#include <errno.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "base/err.h"
#include "oob/tls_internal.h"

/* an alert that a peer sends when our key is not the one it knows */
static bool
is_refusal(gnutls_alert_description_t alert)
{
	return alert == GNUTLS_A_ILLEGAL_PARAMETER ||
	       alert == GNUTLS_A_UNKNOWN_PSK_IDENTITY ||
	       alert == GNUTLS_A_DECRYPT_ERROR ||
	       alert == GNUTLS_A_BAD_RECORD_MAC ||
	       alert == GNUTLS_A_ACCESS_DENIED;
}

/* a code that wrong keys lead to, once there was a key to compare with */
static bool
is_mismatch(const struct tls *tls, int gerr)
{
	if (tls->keys != NULL && !tls->asked)
		return false;
	return gerr == GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER ||
	       gerr == GNUTLS_E_DECRYPTION_FAILED ||
	       gerr == GNUTLS_E_ERROR_IN_FINISHED_PACKET;
}

static int
handshake_failed(struct tls *tls, int gerr)
{
	tls->peer = NULL;
	if (tls_is_io(tls, gerr))
		return tls_io_failed(tls, " during the TLS handshake");
	if (gerr == GNUTLS_E_MEMORY_ERROR)
		return err_set(-ENOMEM, "TLS handshake: no memory");
	if (gerr == GNUTLS_E_FATAL_ALERT_RECEIVED) {
		gnutls_alert_description_t alert =
			gnutls_alert_get(tls->session);
		if (is_refusal(alert))
			return err_set(-EACCES,
				"the peer refused our identity or key");
		return err_set(-EPROTO, "the peer ended the TLS handshake: %s",
			gnutls_alert_get_name(alert));
	}
	/* if it cannot be sent at once, the peer sees the close */
	IGNORE(gnutls_alert_send_appropriate(tls->session, gerr));
	if (is_mismatch(tls, gerr))
		return err_set(
			-EACCES, "the peer's identity or key is not ours");
	return err_set(
		-EPROTO, "TLS handshake failed: %s", gnutls_strerror(gerr));
}

/* is the key that was looked up last the one that the binder was made with? */
static bool
is_peer_proved(const struct tls *tls)
{
	gnutls_datum_t name;

	if (tls->peer == NULL ||
		gnutls_psk_server_get_username2(tls->session, &name) != 0)
		return false;
	return strlen(tls->peer->identity) == name.size &&
	       memcmp(tls->peer->identity, name.data, name.size) == 0;
}

/* the priority leaves no other outcome; a bug there must not open a door */
static bool
is_as_agreed(const struct tls *tls)
{
	return gnutls_protocol_get_version(tls->session) == GNUTLS_TLS1_3 &&
	       gnutls_kx_get(tls->session) == GNUTLS_KX_ECDHE_PSK &&
	       (tls->keys == NULL || is_peer_proved(tls));
}

int
tls_handshake(struct tls *tls)
{
	if (tls->open)
		return 0;
	tls->io_errno = 0;
	int rc = gnutls_handshake(tls->session);
	if (rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED)
		return gnutls_record_get_direction(tls->session) == 0
			       ? TLS_WANT_READ
			       : TLS_WANT_WRITE;
	if (rc != 0)
		return handshake_failed(tls, rc);
	if (!is_as_agreed(tls))
		return handshake_failed(tls, GNUTLS_E_INSUFFICIENT_SECURITY);
	tls->open = true;
	return 0;
}
