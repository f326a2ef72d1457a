/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * tls_internal.h -- what tls.c and tls_handshake.c share
 */
#ifndef RPMEM_OOB_TLS_INTERNAL_H
#define RPMEM_OOB_TLS_INTERNAL_H

#include <stdbool.h>

#include <gnutls/gnutls.h>

#include "oob/psk.h"

struct tls {
	gnutls_psk_client_credentials_t client; /* NULL in a server */
	gnutls_psk_server_credentials_t server; /* NULL in a client */
	gnutls_session_t session;
	const struct psk_keys *keys; /* server: borrowed */
	const struct psk_key *peer;  /* whose key was proved, in keys */
	int fd;			     /* owned once new succeeded */
	int io_errno;		     /* of the last failed send or recv */
	bool eof;		     /* recv has seen the end */
	bool asked;		     /* a key was looked up */
	bool open;		     /* handshake done and no failure since */
};

/* is a GnuTLS code about the connection below, not about what came over it? */
bool tls_is_io(const struct tls *tls, int gerr);

/* -ECONNRESET with a message; when: "" or " during ..." */
int tls_io_failed(const struct tls *tls, const char *when);

#endif
