/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * session.h -- one initiator's session, in a process of its own
 */
#ifndef RPMEM_RPMEMD_SESSION_H
#define RPMEM_RPMEMD_SESSION_H

#include <stdint.h>

#include "pool/pool.h"
#include "rpmemd/access.h"
#include "rpmemd/peer.h"

/* constant after start; borrowed by everybody */
struct rpmemd_cfg {
	const char *poolset_dir; /* absolute, for messages */
	int poolset_dirfd;
	enum pool_durability durability;
	uint32_t timeout_ms;	  /* RPMEM_TIMEOUT_MS */
	uint32_t disk_timeout_ms; /* RPMEM_DISK_TIMEOUT_MS */
	uint32_t spin_us;	  /* RPMEM_SPIN_US */
	const char *provider;	  /* RPMEM_PROVIDER; NULL: default */
	const char *access_file;  /* what each key may do; "": everything */
	uint16_t data_port_min;	  /* in-band listeners; 0: any port */
	uint16_t data_port_max;
	/* bytes of a copy's journal of catching up; JOURNAL_HALF_FREE */
	uint64_t catchup_max;
	unsigned rights; /* ACCESS_*; of this session */
};

/*
 * session_run -- serve one initiator until it ends
 *
 * Blocks SIGTERM, SIGINT and SIGHUP: they end the session in order.  After a
 * fork every other descriptor of the listener is closed.  Writes one log line
 * at the start and one at the end.
 *
 *   peer   the caller's, who ends it
 *
 * Returns the process's exit status: 0 after an orderly close or stop
 */
int session_run(const struct rpmemd_cfg *cfg, struct peer *peer);

#endif
