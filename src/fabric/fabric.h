/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fabric.h -- one connected libfabric endpoint of a session, and its rings
 *
 * The only module that includes libfabric.  It knows frames as opaque bytes:
 * a connection owns `nsend` send slots and `nrecv` receive slots of
 * `slot_size` bytes each.  Every receive slot is posted when the connection
 * is made and again by conn_repost; a taken send slot comes back by itself
 * when its send has completed.
 *
 * libfabric is dlopened at the first fabric_load and never unloaded; the
 * signal dispositions of the process are as before.
 *
 * Errors are negative errnos.  Once a connection has failed each call
 * returns the same error (libfabric would go on accepting sends); the cause
 * that libfabric loses is -ECONNRESET.
 *
 * Threads: every call is safe from any thread; only one at a time may be in
 * conn_poll.  A mutex of the connection stands around every libfabric object
 * and is never held while sleeping.
 */
#ifndef RPMEM_FABRIC_FABRIC_H
#define RPMEM_FABRIC_FABRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/compiler.h"

#define FABRIC_CM_MAX 48 /* verbs allows 55 */
#define FABRIC_DEFAULT_PROVIDER "tcp"

struct conn;
struct listener;

/*
 * fabric_load -- load libfabric and ask it once for its providers
 *
 * May take 0.3 s the first time; a process that forks sessions calls it
 * before.  Later calls return at once.
 *
 *   provider   "tcp", "verbs", ... ; NULL is the default
 *
 * Returns 0; -ENOMEDIUM: no libfabric, or the provider is not there, with a
 * message that names it and what is there
 */
NODISCARD int fabric_load(const char *provider);

/* what fabric_load has found; major 0: no libfabric */
struct fabric_facts {
	unsigned major;
	unsigned minor;
	const char *providers; /* "tcp, verbs"; static */
};
struct fabric_facts fabric_describe(void);

struct conn_cfg {
	const char *provider; /* NULL: default; borrowed for the call */
	uint32_t nsend;
	uint32_t nrecv;
	uint32_t slot_size; /* bytes */
	uint32_t spin_us;   /* conn_poll polls this long before it sleeps */
};

/*
 * conn_connect -- connect to a listening target
 *
 *   peer     its address and port
 *   cm, len  private data of the request, at most FABRIC_CM_MAX bytes
 *
 * Returns 0; -ENOMEDIUM: provider; -ECONNREFUSED: nobody listens, or the
 * target refused the token; -ETIMEDOUT; -EHOSTUNREACH ...; with a message
 */
NODISCARD int conn_connect(const struct sockaddr *peer,
	const struct conn_cfg *cfg, const void *cm, size_t len,
	uint64_t deadline, struct conn **conn_out);

/*
 * listener_open -- wait for connections on an address
 *
 *   addr      port 0: any; a port range is the caller's loop
 *   port_out  the real one, host byte order
 */
NODISCARD int listener_open(const struct sockaddr *addr, const char *provider,
	struct listener **l_out, uint16_t *port_out);

/* true: accept.  cm is the private data, peer its address (NULL if the
 * provider does not tell) */
typedef bool listener_check(
	void *arg, const void *cm, size_t len, const struct sockaddr *peer);

/*
 * listener_accept -- take the first connection that passes the check
 *
 * Others are rejected and do not count.  Receive slots are posted before the
 * peer can send.
 *
 * Returns 0; -ETIMEDOUT: none until the deadline (call again to go on);
 * other errors are final
 */
NODISCARD int listener_accept(struct listener *l, const struct conn_cfg *cfg,
	listener_check *check, void *arg, uint64_t deadline,
	struct conn **conn_out);

/* NULL is fine; connections that it made live on */
void listener_close(struct listener *l);

/*
 * conn_slot -- take a free send slot
 *
 * Returns its index; -EAGAIN: all are under way, go through conn_poll; or
 * the connection's error
 */
NODISCARD int conn_slot(struct conn *c);

/* memory of a send slot, slot_size bytes, 64-byte aligned */
void *conn_slot_buf(struct conn *c, int slot);

/* give an unused send slot back */
void conn_slot_put(struct conn *c, int slot);

/*
 * conn_send -- send the first len bytes of a slot; does not wait
 *
 * Sends of one connection arrive in the order of the calls.  On success the
 * slot is libfabric's until it completes; on -EAGAIN it is still the
 * caller's: conn_poll, then try again.
 */
NODISCARD int conn_send(struct conn *c, int slot, uint32_t len);

struct conn_event {
	int slot;	    /* receive slot that holds a frame */
	uint32_t len;	    /* bytes received */
	const uint8_t *buf; /* the slot's memory, 64-byte aligned */
};

/*
 * conn_poll -- move the connection forward, take what arrived
 *
 * Reads the completion queue (nothing moves on the tcp provider unless
 * somebody does) and the event queue; when nothing was there, spins spin_us,
 * then sleeps until something is, conn_wake is called, or the deadline
 * passes.  A deadline of 0 never sleeps or spins.
 *
 *   ev, max   where received frames go; each slot is the caller's until
 *             conn_repost
 *
 * Returns the number of frames; 0 on a wake-up, on the deadline, and when
 * sends have completed after conn_slot or conn_send had to say -EAGAIN; or
 * the connection's error.  Frames that came before the error are handed out
 * first.
 */
NODISCARD int conn_poll(
	struct conn *c, struct conn_event *ev, unsigned max, uint64_t deadline);

/* post a receive slot again */
NODISCARD int conn_repost(struct conn *c, int slot);

/* make the thread in conn_poll, or the next one, return */
void conn_wake(struct conn *c);

/* the connection's error, 0 while it is well */
int conn_error(const struct conn *c);

/*
 * conn_kill -- end the connection now, with this error for every later call
 *
 * Never blocks, also when the peer hangs.  The first error stays.
 */
void conn_kill(struct conn *c, int neg_errno);

/* "tcp", "verbs", ...: what libfabric chose; borrowed */
const char *conn_provider(const struct conn *c);

/* kill, then free everything; nobody may be in a call.  NULL is fine. */
void conn_close(struct conn *c);

/* free only memory that needs no libfabric call: for a forked child */
void conn_abandon(struct conn *c);

#endif
