/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pair.h -- two ends of a TLS session in one thread
 *
 * Both ends are non-blocking, so a handshake is a loop that turns each end
 * in its turn; no thread and no time is involved.  With a struct wire the
 * bytes go through the test's hands.
 */
#ifndef RPMEM_TESTS_OOB_PAIR_H
#define RPMEM_TESTS_OOB_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/deadline.h"
#include "base/err.h"
#include "oob/psk.h"
#include "oob/tls.h"

#define TURNS_MAX 100
#define SOON deadline_in_ms(10000)

struct pair {
	struct tls *client;
	struct tls *server;
	int client_rc;
	int server_rc;
};

static inline struct psk_key
make_key(const char *identity, uint8_t fill)
{
	struct psk_key key = {.identity = ""};
	memcpy(key.identity, identity, strlen(identity) + 1);
	memset(key.key, fill, sizeof(key.key));
	return key;
}

static inline void
make_sockets(int fds[2])
{
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0, fds),
		0);
}

static inline void
pair_new(struct pair *pair, const struct psk_key *key,
	const struct psk_keys *keys)
{
	int fds[2];
	make_sockets(fds);
	*pair = (struct pair){.client_rc = 1, .server_rc = 1};
	assert_int_equal(tls_client_new(fds[0], key, &pair->client), 0);
	assert_int_equal(tls_server_new(fds[1], keys, &pair->server), 0);
}

/* until each side is done or failed */
static inline void
pair_shake(struct pair *pair)
{
	for (int i = 0; i < TURNS_MAX; i++) {
		if (pair->client_rc > 0)
			pair->client_rc = tls_handshake(pair->client);
		if (pair->server_rc > 0)
			pair->server_rc = tls_handshake(pair->server);
	}
}

static inline void
pair_open(struct pair *pair, const struct psk_key *key,
	const struct psk_keys *keys)
{
	pair_new(pair, key, keys);
	pair_shake(pair);
	assert_int_equal(pair->client_rc, 0);
	assert_int_equal(pair->server_rc, 0);
}

static inline void
pair_free(struct pair *pair)
{
	tls_free(pair->client);
	tls_free(pair->server);
	*pair = (struct pair){0};
}

#endif
