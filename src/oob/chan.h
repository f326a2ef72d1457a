/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * chan.h -- out-of-band messages over TLS, or over what ssh connects
 *
 * Shared by initiator and target: connect, send a message, receive one.  Used
 * by one thread at a time.
 */
#ifndef RPMEM_OOB_CHAN_H
#define RPMEM_OOB_CHAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "oob/duplex.h"
#include "oob/launch.h"
#include "oob/psk.h"
#include "oob/tls.h"
#include "wire/oob.h"

#define CHAN_DEFAULT_PORT 7636

struct chan {
	struct tls *tls;       /* owned; NULL: io is used */
	struct duplex io;      /* owned */
	struct launch *launch; /* owned; what made io, or NULL */
	char peer[128];	       /* "host:port", for messages */
	uint8_t *buf;	       /* OOB_MSG_MAX bytes, owned */
	bool broken;	       /* out of step: nothing more can be exchanged */
};

/*
 * chan_connect -- TCP and TLS to a listening rpmemd
 *
 *   node, port   host name or address; every address it has is tried, in
 *                turn, until the deadline
 *
 * Returns 0; -EINVAL/-EHOSTUNREACH: the name does not resolve; -ECONNREFUSED
 * and other errors of connect(2); -ETIMEDOUT; -EACCES: key or identity
 * refused; each with a message naming node, port and identity
 */
NODISCARD int chan_connect(struct chan *ch, const char *node, uint16_t port,
	const struct psk_key *key, uint64_t deadline);

/*
 * chan_init -- over a connection whose handshake is done (target side)
 *
 *   tls   taken on success
 *
 * Returns 0 or -ENOMEM
 */
NODISCARD int chan_init(struct chan *ch, struct tls *tls, const char *peer);

/*
 * chan_init_io -- over two descriptors
 *
 *   io       taken on success
 *   launch   what is at their other end, taken on success; NULL: unknown
 *
 * Returns 0 or -ENOMEM
 */
NODISCARD int chan_init_io(struct chan *ch, struct duplex io,
	struct launch *launch, const char *peer);

/* may it be used?  false: never made, or ended */
bool chan_is_open(const struct chan *ch);

/* what to wait on for a message, and whether there is one already */
int chan_fd(const struct chan *ch);
bool chan_pending(const struct chan *ch);

NODISCARD int chan_send(
	struct chan *ch, const struct oob_msg *msg, uint64_t deadline);

/*
 * -EPROTO: bytes that are no message; else as tls_read.  After -ETIMEDOUT
 * before a message's first byte it may be called again; after any other
 * failure the channel is good for chan_fini only.
 */
NODISCARD int chan_recv(
	struct chan *ch, struct oob_msg *msg_out, uint64_t deadline);

/*
 * chan_call -- send a request, receive its reply
 *
 * A reply of another type or tag is -EPROTO.  A reply's status is not
 * looked at.  Request and reply may be the same object.
 */
NODISCARD int chan_call(struct chan *ch, const struct oob_msg *req,
	enum oob_type want, struct oob_msg *reply_out, uint64_t deadline);

/* its second half, for who sends a request and has to do meanwhile; type and
 * tag of the request are looked at */
NODISCARD int chan_answer(struct chan *ch, const struct oob_msg *req,
	enum oob_type want, struct oob_msg *reply_out, uint64_t deadline);

/* the peer's address of this connection (ours with local != 0);
 * -ENOTSOCK over ssh, which does not tell */
NODISCARD int chan_addr(const struct chan *ch, int local,
	struct sockaddr_storage *addr_out, socklen_t *len_out);

/* NULL members and a second call are fine */
void chan_fini(struct chan *ch);

/* free without a byte to the peer or its socket's connection (after fork) */
void chan_abandon(struct chan *ch);

#endif
