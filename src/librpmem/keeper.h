/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper.h -- an owner's copy is lost, reached again, and catches up
 *
 * The work is done by the stream's pulse thread, between its heartbeats.
 */
#ifndef RPMEM_LIBRPMEM_KEEPER_H
#define RPMEM_LIBRPMEM_KEEPER_H

#include "base/compiler.h"
#include "librpmem/handle.h"

/* the state of the copy; any thread */
enum state keeper_state(struct rpmem_pool *h);

/* before the stream is made; fills in its keeper's members; -ENOMEM */
NODISCARD int keeper_init(struct rpmem_pool *h, struct stream_cfg *cfg);

/* after the stream is freed */
void keeper_fini(struct rpmem_pool *h);

/* the pool has become larger; a failure, here or before, means that the copy
 * cannot catch up any more */
void keeper_grow(struct rpmem_pool *h, uint64_t old_size, bool has_failed);

/*
 * keeper_result -- what a call returns that the stream answered with rc
 *
 * A handle that outlives its copy says 0 for what the copy has not got: at
 * once, or when it has caught up, or not for longer than RPMEM_ON_LOSS says.
 * Every other handle, and every other error: rc.
 *
 *   is_durable   the call promises that the copy has it
 *   deadline     -EAGAIN then
 *
 * -ESTALE, -ENOTCONN: it was to wait for the copy, which will not come back
 */
NODISCARD int keeper_result(
	struct rpmem_pool *h, int rc, bool is_durable, uint64_t deadline);

/* is everything at the copy that was acknowledged here? */
bool keeper_is_attached(struct rpmem_pool *h);

/* before a close: let a copy that is catching up finish, for a while */
void keeper_settle(struct rpmem_pool *h);

/* before the close is asked for: the target ends the stream first, and in a
 * long sync before that it answers no heartbeat; nothing of this is a loss */
void keeper_close(struct rpmem_pool *h);

/* the result of a close that ended with rc */
NODISCARD int keeper_farewell(struct rpmem_pool *h, int rc);

#endif
