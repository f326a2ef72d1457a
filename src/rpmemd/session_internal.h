/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * session_internal.h -- what the files of a session share
 *
 * session.c is how it begins, waits and ends, session_requests.c what it
 * answers.
 */
#ifndef RPMEM_RPMEMD_SESSION_INTERNAL_H
#define RPMEM_RPMEMD_SESSION_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "rpmemd/copy.h"
#include "rpmemd/inband.h"
#include "rpmemd/session.h"

enum phase { FRESH, GREETED, POOL_OPEN, ENDED };

struct session {
	const struct rpmemd_cfg *cfg;
	struct peer *peer;
	char program[OOB_NAME_MAX];
	enum phase phase;
	uint32_t silent_ms;
	uint64_t started;
	uint64_t heard_at;
	const char *reason; /* for the last log line */
	int status;	    /* exit status */
	int signal_fd;
	struct copy *copy; /* POOL_OPEN: valid */
	struct inband *ib; /* POOL_OPEN: valid */
};

/*
 * session_serve -- take in a request and answer it
 *
 * Returns 0; -EPROTO: not in this phase; else -errno: the session ends
 */
NODISCARD int session_serve(struct session *s);

/*
 * session_finish -- end the pool's session, in any state
 *
 * Returns 0 when everything that was received is applied and the copy was
 * closed well
 */
NODISCARD int session_finish(struct session *s, bool is_clean, bool discard);

#endif
