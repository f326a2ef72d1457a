/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inband.h -- the target's end of a session's stream
 *
 * A worker thread takes frames, applies their records strictly in order, and
 * acks what is durable: no thread hop on that path.  The session's main
 * thread calls inband_tick; while the worker is busy (a long msync), the tick
 * takes frames in and answers heartbeats.
 */
#ifndef RPMEM_RPMEMD_INBAND_H
#define RPMEM_RPMEMD_INBAND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/mutex.h"
#include "fabric/fabric.h"
#include "rpmemd/catchup.h"
#include "rpmemd/copy.h"
#include "wire/cm.h"
#include "wire/frame.h"

#define INBAND_CREDITS 32u
/* frames of the initiator that can be here at once: credits and heartbeats */
#define INBAND_NRECV (INBAND_CREDITS + 4u)
#define INBAND_NSEND 32u

/* a frame that was taken in: whole, its hash is right */
struct inband_frame {
	struct conn_event ev;
	struct frame_reader rd; /* before its first record */
};

struct inband {
	const struct rpmemd_cfg *cfg;
	struct copy *copy;
	struct sockaddr_storage peer; /* only from there; AF_UNSPEC: any */
	struct cm_request expect;     /* session and token */
	uint64_t seed;
	uint32_t silent_ms;

	struct listener *listener;
	struct conn *conn; /* the worker's until is_up, then read-only */
	int event_fd;	   /* readable: the worker has ended */
	pthread_t worker;
	bool worker_runs;
	atomic_bool stop;
	atomic_bool is_up;
	atomic_bool ended;
	atomic_int error; /* negative; why the worker ended */

	struct mutex rx_lock;
	/* guarded by rx_lock */
	struct inband_frame queue[INBAND_NRECV];
	unsigned queue_head;
	unsigned queue_len;
	uint64_t frames_seen; /* number of the last frame taken in */

	atomic_ullong rx_at; /* ns; when a frame last came */
	uint64_t ticked_at;  /* ns; of the session's main thread */
	uint64_t fenced_at;  /* ns; when it saw promote's fence; 0: not yet */

	struct mutex tx_lock;
	uint64_t frames_sent;  /* guarded by tx_lock */
	uint64_t credits_told; /* guarded by tx_lock */

	atomic_ullong frames_done; /* posted again */
	atomic_ullong applied;
	atomic_ullong durable;
	atomic_ullong msync_at; /* ns; 0: not in one */
	atomic_ullong bytes;	/* payload applied, for the log */

	struct mutex step_lock;
	struct cond step_done;
	/* guarded by step_lock */
	uint32_t step; /* enum oob_attach_step for the worker; 0: none */
	uint8_t step_uuid[UUID16_LEN]; /* with DISCARD: the primary */
	int step_rc;
	char step_text[ERR_MAX];

	/* the main thread's */
	bool is_behind;	  /* between CATCHING_UP and CAUGHT_UP */
	bool has_stepped; /* a step was taken */

	/* the worker's alone */
	int media_error; /* negative; nothing is applied any more */
	struct catchup catchup;
	uint64_t taken; /* seq; in the pool or in the journal */
	bool took;	/* a change, of this session */
	bool touched;	/* the record says "not clean" */
	bool lent;
	unsigned acks_due; /* ack requests not yet answered */
	bool deep_due;	   /* among what they cover is a deep record */
};

/*
 * inband_start -- listen beside the oob connection, start the worker
 *
 *   local       our address of the oob connection
 *   port_out    where the initiator connects to
 *
 * token, session id and seed are made here (ib->expect, ib->seed).
 */
NODISCARD int inband_start(
	struct inband *ib, const struct sockaddr *local, uint16_t *port_out);

/* every tenth of the time-out or so: heartbeats and silence.  0, or the
 * error that ends the session */
NODISCARD int inband_tick(struct inband *ib);

/*
 * inband_attach -- one step of an owner's attaching; durable on return 0
 *
 * Returns 0; -EPERM, -ESTALE: not this primary's; -EPROTO: not now; -errno;
 * with a message
 */
NODISCARD int inband_attach(struct inband *ib, const struct oob_attach *a);

/*
 * inband_stop -- apply and ack what was received, end the worker
 *
 * Returns 0, or why the stream had ended before
 */
NODISCARD int inband_stop(struct inband *ib);

/* the initiator is gone: end the connection, so that a worker that waits for
 * it ends too; inband_stop follows */
void inband_abort(struct inband *ib);

/* never started, half started and stopped ones are fine */
void inband_fini(struct inband *ib);

/* shared by inband*.c, catchup.c and apply.c */

/* make token and secrets, listen on a free port of this address */
NODISCARD int inband_listen(
	struct inband *ib, const struct sockaddr *local, uint16_t *port_out);

/* wait for the session's initiator; other connections are refused */
NODISCARD int inband_accept(struct inband *ib);

/* take what arrived into the queue; sleeps until the deadline, 0: looks */
NODISCARD int inband_receive(struct inband *ib, uint64_t deadline)
	REQUIRES(&ib->rx_lock);

/* start a frame to the initiator; on 0 tx_lock is held until inband_tx_send */
NODISCARD int inband_tx_begin(
	struct inband *ib, struct frame_writer *w, int *slot_out);
NODISCARD int inband_tx_send(
	struct inband *ib, struct frame_writer *w, int slot);

/*
 * inband_check_fence -- may the session go on?
 *
 * Returns 0; -ECONNABORTED: its owner has come back, see takeover.c; -ESTALE:
 * the copy is being promoted; with a message
 */
NODISCARD int inband_check_fence(const struct inband *ib);

/* the same for the main thread, which leaves it to the worker to tell the
 * initiator of a promotion, but does not wait for that for long */
NODISCARD int inband_tick_fence(struct inband *ib);

/* for the worker, at its end: tell the initiator that the copy is promoted, if
 * it listens */
void inband_tell_stale(struct inband *ib);

/* the next frame; 1: got one; 0: none until the deadline; or an error */
NODISCARD int inband_next_frame(
	struct inband *ib, uint64_t deadline, struct inband_frame *f_out);

/* the worker is, or is not any more, in something that may take long */
void inband_busy(struct inband *ib, bool is_busy);

/* for the worker: take the step that the main thread asks for, if any */
void inband_take_step(struct inband *ib);

#endif
