/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pending.h -- connections whose TLS handshake is under way
 *
 * In the order in which they came, so the first one is also the first whose
 * time is up, and the one that has to go when there are too many.
 */
#ifndef RPMEM_RPMEMD_PENDING_H
#define RPMEM_RPMEMD_PENDING_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "oob/tls.h"
#include "rpmemd/keyring.h"

#define PENDING_MAX 64

struct handshake {
	struct keyring *keys; /* a reference; borrowed by tls */
	struct tls *tls;      /* owned */
	struct sockaddr_storage peer;
	uint64_t deadline;
	short events; /* what poll(2) has to wait for */
};

struct pending {
	unsigned n;
	struct handshake h[PENDING_MAX];
};

/*
 * pending_add -- begin a handshake
 *
 *   fd    taken in every case
 *   keys  a reference of its own is taken
 *
 * When the list is full the oldest handshake is dropped and logged: half-open
 * connections must not lock anybody out.
 *
 * Returns 0, -ENOMEM or -EIO with a message
 */
NODISCARD int pending_add(struct pending *p, int fd,
	const struct sockaddr_storage *peer, struct keyring *keys,
	uint64_t deadline);

/*
 * pending_step -- go on with handshake i
 *
 * Returns 0: it is done; PENDING_WAIT; -errno with a message: it failed.
 * It stays in the list in each case.
 */
#define PENDING_WAIT 1
NODISCARD int pending_step(struct pending *p, unsigned i);

/* move handshake i out of the list: the caller owns what is in it */
struct handshake pending_take(struct pending *p, unsigned i);

/* end it with a goodbye */
void handshake_fini(struct handshake *h);

/* free this process's copy without a byte to the peer */
void handshake_abandon(struct handshake *h);

#endif
