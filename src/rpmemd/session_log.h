/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * session_log.h -- what a session's log says of its request and its pool
 */
#ifndef RPMEM_RPMEMD_SESSION_LOG_H
#define RPMEM_RPMEMD_SESSION_LOG_H

#include "rpmemd/copy.h"

/* a CREATE or OPEN before it is served */
void session_log_request(const struct peer *peer, const struct oob_msg *m);

/* the session's line, and the persistency policy */
void session_log_start(const struct rpmemd_cfg *cfg, const struct peer *peer,
	const struct copy *copy, const char *program);

#endif
