/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * gate.h -- the loop that lets initiators in
 *
 * Accepts connections, does their TLS handshakes without blocking, and forks
 * a process for each that proved a key.  One thread, one poll(2).
 */
#ifndef RPMEM_RPMEMD_GATE_H
#define RPMEM_RPMEMD_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "rpmemd/children.h"
#include "rpmemd/keyring.h"
#include "rpmemd/pending.h"
#include "rpmemd/sockets.h"

#define GATE_HANDSHAKE_MS 10000
#define GATE_STOP_MS 10000

struct gate {
	/* what a test may shorten after gate_open */
	uint32_t handshake_ms;
	uint32_t stop_ms; /* from SIGTERM to SIGKILL for the sessions */
	unsigned max_sessions;

	struct keyring *keys; /* for new connections; a reference */
	int signal_fd;	      /* -1: closed */
	struct sockets sockets;
	struct pending pending;
	struct children children;
	uint64_t accept_after; /* out of descriptors: do not accept before */
	bool accept_failed;    /* and that has been logged */
	bool stopping;
};

/*
 * gate_open -- listen
 *
 * From here on SIGTERM, SIGINT, SIGHUP and SIGCHLD are blocked: gate_run
 * reads them.
 *
 *   keys   taken on success
 *
 * Returns 0, or -errno with a message and nothing changed
 */
NODISCARD int gate_open(
	struct gate *g, const struct address *at, struct keyring *keys);

/*
 * gate_run -- serve until SIGTERM or SIGINT
 *
 * A stop closes the sockets, passes SIGTERM on to the sessions, waits
 * stop_ms for them and kills those that are left.  SIGHUP reads the key file
 * again.
 *
 * Returns 0: stopped, no session is left; GATE_SESSION: this is a session's
 * process, and *session_out its connection (the caller's, to be handed to
 * session_run; its keys are wiped); -errno with a message
 *
 * In a session's process every other descriptor of the gate is closed, all
 * keys are wiped, SIGCHLD is unblocked, the other three signals stay blocked.
 * The caller calls gate_close there too.
 */
#define GATE_SESSION 1
NODISCARD int gate_run(struct gate *g, struct handshake *session_out);

/* free everything; sessions live on.  A second call is fine. */
void gate_close(struct gate *g);

#endif
