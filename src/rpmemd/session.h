/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * session.h -- one initiator's session, in a process of its own
 */
#ifndef RPMEM_RPMEMD_SESSION_H
#define RPMEM_RPMEMD_SESSION_H

#include <stdint.h>
#include <sys/socket.h>

#include "oob/tls.h"
#include "pool/pool.h"

/* constant after start; borrowed by everybody */
struct rpmemd_cfg {
	const char *poolset_dir; /* absolute, for messages */
	int poolset_dirfd;
	enum pool_durability durability;
	uint32_t timeout_ms;	  /* RPMEM_TIMEOUT_MS */
	uint32_t disk_timeout_ms; /* RPMEM_DISK_TIMEOUT_MS */
	uint32_t spin_us;	  /* RPMEM_SPIN_US */
	const char *provider;	  /* RPMEM_PROVIDER; NULL: default */
};

/*
 * session_run -- serve one connection until it ends
 *
 * Called in the child that the listener forked, with SIGTERM, SIGINT and
 * SIGHUP blocked and every other descriptor of the listener closed.  Writes
 * one log line at the start and one at the end.
 *
 *   tls    handshake done; taken
 *   peer   address of the other side
 *
 * Returns the process's exit status: 0 after an orderly close or stop
 */
int session_run(const struct rpmemd_cfg *cfg, struct tls *tls,
	const struct sockaddr_storage *peer);

#endif
