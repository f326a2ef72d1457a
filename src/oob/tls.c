/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * tls.c -- a GnuTLS session over a socket, bounded by deadlines; the
 * handshake's outcomes are in tls_handshake.c
 *
 * GnuTLS does its I/O through three functions here, which never block, never
 * raise SIGPIPE and remember the errno that a failure had.  Waiting is
 * poll(2) with what is left until the deadline.
 *
 * A server looks up every identity that it is asked for and always finds a
 * key: an unknown one gets fresh random bytes, so that its binder is wrong
 * just as a wrong key's is, and the peer sees the same alert.
 *
 * A failure that leaves a record or a caller's buffer half done ends the
 * session: later calls fail, and nothing is said at the end.  There is no
 * renegotiation, no resumption, no early data, and no certificate.
 *
 * After fork, parent and child hold copies of the same cipher state.  One of
 * them may go on (a target's child), the other must tls_abandon().
 */
#include "oob/tls.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/deadline.h"
#include "base/err.h"
#include "oob/tls_internal.h"

/*
 * Both suites are of SHA-256: GnuTLS binds an external key to that hash, and
 * a suite of another one could not be used with it.  +ECDHE-PSK offers the
 * key exchange mode psk_dhe_ke only; NONE at the start leaves nothing that
 * could be chosen instead.
 */
static const char priority[] =
	"NONE:+VERS-TLS1.3:+ECDHE-PSK:+AES-128-GCM:+CHACHA20-POLY1305:+AEAD:"
	"+GROUP-X25519:+GROUP-SECP256R1:+SIGN-ALL:%DISABLE_TLS13_COMPAT_MODE";

/* a hello of ours has under 600 bytes; nothing of a stranger may be big */
#define HANDSHAKE_MAX 4096

#define SESSION_FLAGS (GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS)

static ssize_t
push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
	struct tls *tls = ptr;
	ssize_t n = send(tls->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0) {
		tls->io_errno = errno;
		gnutls_transport_set_errno(tls->session, errno);
	}
	return n;
}

static ssize_t
pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	struct tls *tls = ptr;
	ssize_t n = recv(tls->fd, data, len, MSG_DONTWAIT);
	if (n == 0)
		tls->eof = true;
	if (n < 0) {
		tls->io_errno = errno;
		gnutls_transport_set_errno(tls->session, errno);
	}
	return n;
}

/* GnuTLS asks whether a read would find something; it never waits here */
static int
pull_ready(gnutls_transport_ptr_t ptr, unsigned ms)
{
	struct tls *tls = ptr;
	struct pollfd p = {.fd = tls->fd, .events = POLLIN};
	(void)ms;
	return poll(&p, 1, 0);
}

/* gnutls_psk_server_credentials_function2 */
static int
lookup(gnutls_session_t session, const gnutls_datum_t *identity,
	gnutls_datum_t *key)
{
	struct tls *tls = gnutls_session_get_ptr(session);

	tls->asked = true;
	tls->peer = NULL; /* asked again after a hello retry */
	key->data = gnutls_malloc(PSK_KEY_SIZE);
	if (key->data == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	key->size = PSK_KEY_SIZE;
	/* also for a known identity, so that both take the same time */
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, key->data, PSK_KEY_SIZE);
	if (rc != 0) {
		gnutls_free(key->data);
		key->data = NULL;
		return rc;
	}
	for (size_t i = 0; i < tls->keys->nkeys; i++) {
		const struct psk_key *k = &tls->keys->keys[i];
		if (strlen(k->identity) != identity->size ||
			memcmp(k->identity, identity->data, identity->size) !=
				0)
			continue;
		memcpy(key->data, k->key, PSK_KEY_SIZE);
		tls->peer = k;
	}
	return 0;
}

static int
set_client_key(struct tls *tls, const struct psk_key *key)
{
	/* GnuTLS copies both and does not write to them */
	union {
		const void *in;
		unsigned char *out;
	} name = {.in = key->identity}, bytes = {.in = key->key};
	gnutls_datum_t identity = {name.out, (unsigned)strlen(key->identity)};
	gnutls_datum_t secret = {bytes.out, PSK_KEY_SIZE};

	int rc = gnutls_psk_allocate_client_credentials(&tls->client);
	if (rc == 0)
		rc = gnutls_psk_set_client_credentials2(
			tls->client, &identity, &secret, GNUTLS_PSK_KEY_RAW);
	if (rc == 0)
		rc = gnutls_credentials_set(
			tls->session, GNUTLS_CRD_PSK, tls->client);
	return rc;
}

static int
set_server_keys(struct tls *tls, const struct psk_keys *keys)
{
	tls->keys = keys;
	int rc = gnutls_psk_allocate_server_credentials(&tls->server);
	if (rc != 0)
		return rc;
	gnutls_psk_set_server_credentials_function2(tls->server, lookup);
	return gnutls_credentials_set(
		tls->session, GNUTLS_CRD_PSK, tls->server);
}

static int
set_up(struct tls *tls, unsigned role)
{
	int rc = gnutls_init(&tls->session, role | SESSION_FLAGS);
	if (rc == 0)
		rc = gnutls_priority_set_direct(tls->session, priority, NULL);
	if (rc != 0)
		return rc;
	gnutls_handshake_set_max_packet_length(tls->session, HANDSHAKE_MAX);
	gnutls_session_set_ptr(tls->session, tls);
	gnutls_transport_set_ptr(tls->session, tls);
	gnutls_transport_set_push_function(tls->session, push);
	gnutls_transport_set_pull_function(tls->session, pull);
	gnutls_transport_set_pull_timeout_function(tls->session, pull_ready);
	return 0;
}

/* everything but the descriptor; half-built objects too */
static void
tls_drop(struct tls *tls)
{
	if (tls->session != NULL)
		gnutls_deinit(tls->session);
	if (tls->server != NULL)
		gnutls_psk_free_server_credentials(tls->server);
	if (tls->client != NULL)
		gnutls_psk_free_client_credentials(tls->client);
	free(tls);
}

/* one of key (client) and keys (server) is given */
static int
tls_new(int fd, const struct psk_key *key, const struct psk_keys *keys,
	struct tls **tls_out)
{
	*tls_out = NULL;
	struct tls *tls = calloc(1, sizeof(*tls));
	if (tls == NULL)
		return err_set(-ENOMEM, "TLS session: no memory");
	tls->fd = fd;
	int rc = set_up(tls, key != NULL ? GNUTLS_CLIENT : GNUTLS_SERVER);
	if (rc == 0)
		rc = key != NULL ? set_client_key(tls, key)
				 : set_server_keys(tls, keys);
	if (rc == 0) {
		*tls_out = tls;
		return 0;
	}
	tls_drop(tls);
	return err_set(rc == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EIO,
		"TLS session cannot be set up: %s", gnutls_strerror(rc));
}

int
tls_client_new(int fd, const struct psk_key *key, struct tls **tls_out)
{
	return tls_new(fd, key, NULL, tls_out);
}

int
tls_server_new(int fd, const struct psk_keys *keys, struct tls **tls_out)
{
	return tls_new(fd, NULL, keys, tls_out);
}

const char *
tls_identity(const struct tls *tls)
{
	return tls->open && tls->peer != NULL ? tls->peer->identity : "";
}

int
tls_fd(const struct tls *tls)
{
	return tls->fd;
}

bool
tls_pending(const struct tls *tls)
{
	return gnutls_record_check_pending(tls->session) > 0;
}

bool
tls_is_io(const struct tls *tls, int gerr)
{
	/* GnuTLS calls the end of the stream inside a record a bad length */
	return tls->eof || gerr == GNUTLS_E_PREMATURE_TERMINATION ||
	       gerr == GNUTLS_E_PULL_ERROR || gerr == GNUTLS_E_PUSH_ERROR;
}

int
tls_io_failed(const struct tls *tls, const char *when)
{
	if (tls->io_errno == 0 || tls->io_errno == EAGAIN)
		return err_set(
			-ECONNRESET, "the peer closed the connection%s", when);
	return err_set(-ECONNRESET, "the connection was lost%s: %s", when,
		strerror(tls->io_errno));
}

/* until the socket is ready for what GnuTLS was about to do */
static int
wait_ready(const struct tls *tls, uint64_t deadline)
{
	struct pollfd p = {.fd = tls->fd, .events = POLLIN};
	if (gnutls_record_get_direction(tls->session) != 0)
		p.events = POLLOUT;
	/* here too: a peer that sends something all the time keeps poll busy */
	while (!deadline_passed(deadline)) {
		int n = poll(&p, 1, deadline_poll_ms(deadline));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_sys(-errno, "poll");
	}
	return err_set(-ETIMEDOUT, "the peer did not answer in time");
}

/* after a failed record call: 0 to try again */
static int
again(const struct tls *tls, ssize_t gerr, uint64_t deadline)
{
	if (gerr == GNUTLS_E_AGAIN || gerr == GNUTLS_E_INTERRUPTED)
		return wait_ready(tls, deadline);
	if (gerr == 0 || tls_is_io(tls, (int)gerr))
		return tls_io_failed(tls, "");
	if (gerr == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return err_set(-ECONNRESET, "the peer ended the session: %s",
			gnutls_alert_get_name(gnutls_alert_get(tls->session)));
	return err_set(-EPROTO, "TLS: %s", gnutls_strerror((int)gerr));
}

static int
not_open(void)
{
	return err_set(-ECONNRESET, "the session has ended before");
}

int
tls_read(struct tls *tls, void *buf, size_t len, uint64_t deadline)
{
	uint8_t *p = buf;
	size_t done = 0;

	if (!tls->open)
		return not_open();
	tls->io_errno = 0;
	while (done < len) {
		ssize_t n =
			gnutls_record_recv(tls->session, p + done, len - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		int rc = again(tls, n, deadline);
		if (rc == 0)
			continue;
		/* bytes that the caller does not get leave a gap */
		if (rc != -ETIMEDOUT || done > 0)
			tls->open = false;
		return rc;
	}
	return 0;
}

int
tls_write(struct tls *tls, const void *buf, size_t len, uint64_t deadline)
{
	const uint8_t *p = buf;
	size_t done = 0;

	if (!tls->open)
		return not_open();
	tls->io_errno = 0;
	while (done < len) {
		ssize_t n =
			gnutls_record_send(tls->session, p + done, len - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		int rc = again(tls, n, deadline);
		if (rc == 0)
			continue;
		/* part of a record may be out */
		tls->open = false;
		return rc;
	}
	return 0;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	/* a goodbye that cannot go out at once is not waited for */
	if (tls->open)
		IGNORE(gnutls_bye(tls->session, GNUTLS_SHUT_WR));
	tls_abandon(tls);
}

void
tls_abandon(struct tls *tls)
{
	if (tls == NULL)
		return;
	closep(&tls->fd);
	tls_drop(tls);
}
