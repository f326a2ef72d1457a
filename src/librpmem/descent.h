/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * descent.h -- an owner's handle and the two lineages: its pool's, its copy's
 *
 * history.h holds the pool's; this asks for the copy's, decides, and tells the
 * copy.
 */
#ifndef RPMEM_LIBRPMEM_DESCENT_H
#define RPMEM_LIBRPMEM_DESCENT_H

#include "base/compiler.h"
#include "librpmem/handle.h"

/*
 * descent_enter -- find the pool's lineage; h->primary_uuid is known
 *
 * Nothing is done for what is no owner.  Returns 0; see history_enter
 */
NODISCARD int descent_enter(struct rpmem_pool *h);

/*
 * descent_judge -- may the copy, which is open, be brought forward?
 *
 * Asks the target; h->oob_lock is the caller's.  Sets h->part.id.
 *
 *   verdict_out   LINEAGE_IF_EQUAL: not decided here
 *
 * Returns 0; -ESTALE with a message that shows both; the call's error
 */
NODISCARD int descent_judge(
	struct rpmem_pool *h, enum lineage_verdict *verdict_out);

/* the target has refused an open with rc: because the copy is a primary now?
 * Returns rc, or -ESTALE with a better message. */
NODISCARD int descent_explain(
	struct rpmem_pool *h, int rc, enum lineage_verdict *verdict_out);

/* a copy that was to be equal is, or is not (-ESTALE with a message) */
NODISCARD int descent_compared(struct rpmem_pool *h, bool is_equal);

/* before the first record; see history_begin */
NODISCARD int descent_begin(struct rpmem_pool *h);

/* the target is about to be told that the copy has everything */
NODISCARD int descent_list(struct rpmem_pool *h);

/*
 * descent_follow -- the copy has everything, and is told that it follows
 *
 * Returns 0 once it has the lineage durably; the stream's error
 */
NODISCARD int descent_follow(struct rpmem_pool *h);

/* is there a change that the copy, which follows, has to be told?  It is. */
NODISCARD int descent_tell(struct rpmem_pool *h);

/*
 * descent_release -- a call is about to return without the copy, or to find
 * that it needs not
 *
 * Returns 0: it may; -errno with a message: not yet, ask again
 */
NODISCARD int descent_release(struct rpmem_pool *h);

#endif
