/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * tls.h -- TLS 1.3 with a pre-shared key over a connected socket
 *
 * ECDHE-PSK, nothing else.  A key that is wrong and an identity that is
 * unknown look alike on the wire.  Writing never raises SIGPIPE.
 */
#ifndef RPMEM_OOB_TLS_H
#define RPMEM_OOB_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "oob/psk.h"

struct tls;

/* what a socket must be ready for before tls_handshake is called again */
#define TLS_WANT_READ 1
#define TLS_WANT_WRITE 2

/*
 * tls_client_new / tls_server_new -- wrap a connected, non-blocking socket
 *
 *   fd     taken on success, closed by tls_free
 *   key    borrowed for the call
 *   keys   borrowed until tls_free
 *
 * Returns 0, -ENOMEM, -EIO with a message
 */
NODISCARD int tls_client_new(
	int fd, const struct psk_key *key, struct tls **tls_out);
NODISCARD int tls_server_new(
	int fd, const struct psk_keys *keys, struct tls **tls_out);

/*
 * tls_handshake -- go on with the handshake, without blocking
 *
 * Returns 0 when done; TLS_WANT_READ / TLS_WANT_WRITE; -EACCES: the peer's
 * or our key was refused; -ECONNRESET, -EPROTO, with a message
 */
NODISCARD int tls_handshake(struct tls *tls);

/* identity that the peer (server side) proved; "" before; borrowed */
const char *tls_identity(const struct tls *tls);

int tls_fd(const struct tls *tls);

/* is decrypted data waiting, so that poll would not tell? */
bool tls_pending(const struct tls *tls);

/*
 * tls_read / tls_write -- all len bytes, or an error, by the deadline
 *
 * Returns 0; -ETIMEDOUT; -ECONNRESET: the peer closed or reset (also an
 * orderly close); -EPROTO.  With a message.
 */
NODISCARD int tls_read(
	struct tls *tls, void *buf, size_t len, uint64_t deadline);
NODISCARD int tls_write(
	struct tls *tls, const void *buf, size_t len, uint64_t deadline);

/* say goodbye (does not wait), close the socket, free; NULL is fine */
void tls_free(struct tls *tls);

/* like tls_free, but sends nothing: for a forked process's copy */
void tls_abandon(struct tls *tls);

#endif
