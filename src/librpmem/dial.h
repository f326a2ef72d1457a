/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * dial.h -- the in-band connection of a session
 */
#ifndef RPMEM_LIBRPMEM_DIAL_H
#define RPMEM_LIBRPMEM_DIAL_H

#include "base/compiler.h"
#include "librpmem/handle.h"

/*
 * dial_in_band -- connect to where the target said that it waits
 *
 *   r         its reply: address, port, token
 *   credits   frames that may be under way
 *
 * Returns 0; -EHOSTUNREACH: the address is no address; as conn_connect; with
 * a message
 */
NODISCARD int dial_in_band(struct rpmem_pool *h, const struct oob_pool_reply *r,
	uint32_t credits, struct conn **conn_out);

#endif
