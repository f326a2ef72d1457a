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

/* do the marks say what the copy lacks, as it was found at this open? */
bool keeper_knows(struct rpmem_pool *h);

/* they do not, as it turns out; returns false */
bool keeper_knows_not(struct rpmem_pool *h);

/* may the copy be made equal beside the program?  Not one whose primary the
 * target has not on record, or that may be another's. */
bool keeper_may_wait(const struct rpmem_pool *h);

/*
 * May the handle go on if the copy is lost before it is equal?  If it may be
 * made equal later; and in a create by libpmemobj, which would not survive the
 * error: its copy is "creating", which the next open makes equal.
 */
bool keeper_may_go_on(const struct rpmem_pool *h);

/*
 * keeper_begin_behind -- the first comparison is not at its end
 *
 * Before the session's first record.  The copy catches up, from `off` on all
 * of it is still to be compared; what is dirty differs.
 */
NODISCARD int keeper_begin_behind(struct rpmem_pool *h, uint64_t off);

/*
 * keeper_window -- where the window of a comparison ends that begins at off
 *
 *   window   its usual size, a multiple of which it ends at
 *   end      of what is compared
 *
 * One that is a hole here has KEEPER_WINDOW_MAX: neither side reads it, so
 * that the way to the target is all it takes.  (A target that has data there
 * keeps the program's records waiting for so many bytes to be read.)
 */
#define KEEPER_WINDOW_MAX (256 * MARKS_BLOCK)
uint64_t keeper_window(
	struct rpmem_pool *h, uint64_t off, uint64_t window, uint64_t end);

/* it was made equal at once: it follows */
NODISCARD int keeper_settled(struct rpmem_pool *h);

/* it ended with rc: is that the loss of the copy, and no more?  Then it is
 * compared when it is back. */
bool keeper_begin_lost(struct rpmem_pool *h, int rc);

/* before the pool becomes larger: room for its marks; -ENOMEM, and the copy
 * is lost */
NODISCARD int keeper_make_room(struct rpmem_pool *h, uint64_t size);

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
 * -ENOTCONN: it was to wait for the copy, which will not come back; -ESTALE: it
 * was promoted, and this pool is not to be changed any more
 */
NODISCARD int keeper_result(
	struct rpmem_pool *h, int rc, bool is_durable, uint64_t deadline);

/* an error is about to be told to a caller of the stream's functions, who goes
 * on without the copy: that is on record first */
void keeper_fails(struct rpmem_pool *h, int rc);

/*
 * Is the copy away, does everybody know, and does nobody wait for it?  Then a
 * durable call has nothing to do.  Takes no lock.
 */
bool keeper_goes_on(struct rpmem_pool *h);

/* is everything at the copy that was acknowledged here? */
bool keeper_is_attached(struct rpmem_pool *h);

/* bytes of the primary, as they are now, while the copy is behind */
NODISCARD int keeper_read(
	struct rpmem_pool *h, uint64_t off, void *dst, uint64_t len);

/* before a close: let a copy that is catching up finish, for a while */
void keeper_settle(struct rpmem_pool *h);

/* the end of a handle that was closed in order, after the pulse: the next
 * open knows what the copy lacks; has_all: nothing */
void keeper_remember(struct rpmem_pool *h, bool has_all);

/*
 * keeper_let_go -- the pool is being closed: what ends the connection from here
 * on is the close itself (the target ends the stream first, and in a long sync
 * before that answers no heartbeat), and no loss
 *
 * All is acknowledged.  Returns true: the copy has it, if the close succeeds,
 * whatever the end of the connection makes of the marks meanwhile.
 */
bool keeper_let_go(struct rpmem_pool *h);

/* the result of a close that ended with rc */
NODISCARD int keeper_farewell(struct rpmem_pool *h, int rc, bool has_all);

#endif
