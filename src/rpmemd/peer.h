/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * peer.h -- the initiator as a session sees it, however it reached us
 */
#ifndef RPMEM_RPMEMD_PEER_H
#define RPMEM_RPMEMD_PEER_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "oob/chan.h"

struct peer {
	struct chan ch;
	char text[128];			 /* for messages: address, or how */
	char identity[PSK_IDENTITY_MAX]; /* key's, or the account's name */
	bool has_key;			 /* identity was proved by a key */
	/* where to listen for the in-band connection; the port is not used */
	struct sockaddr_storage local;
	char announce[OOB_NAME_MAX]; /* local, if the initiator has to be told
				      */
	/* whom the in-band connection has to come from; AF_UNSPEC: anybody
	 * who has the token */
	struct sockaddr_storage from;
};

/*
 * peer_of_tls -- somebody who connected to the listener
 *
 *   tls    handshake done; taken in every case
 *   addr   of the other side
 *
 * Returns 0 or -errno with a message
 */
NODISCARD int peer_of_tls(
	struct peer *p, struct tls *tls, const struct sockaddr_storage *addr);

/*
 * peer_of_stdio -- somebody who started us by ssh
 *
 * Standard input and output become the channel and are replaced by
 * /dev/null, so that nothing printed by mistake gets into it.
 *
 * Returns 0 or -errno with a message
 */
NODISCARD int peer_of_stdio(struct peer *p);

void peer_fini(struct peer *p);

#endif
