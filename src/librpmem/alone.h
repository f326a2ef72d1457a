/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * alone.h -- opening a pool whose copy cannot be reached
 */
#ifndef RPMEM_LIBRPMEM_ALONE_H
#define RPMEM_LIBRPMEM_ALONE_H

#include "base/compiler.h"
#include "librpmem/handle.h"

#define ALONE 1
#define ALONE_WAIT_MAX_S 86400u /* RPMEM_OPEN_WAIT */

/* what an open does whose target does not answer */
struct alone_facts {
	bool survives;	     /* the handle outlives its copy */
	bool knows_copy;     /* its attributes are in the state file */
	bool was_alone;	     /* it is no member of the last generation */
	bool may_be_alone;   /* RPMEM_OPEN_ALONE=1 */
	bool is_created;     /* there is no copy yet */
	bool is_unreachable; /* the error says so, and not that it is refused */
};

enum alone_act {
	ALONE_FAIL, /* the open fails with the error it has met */
	ALONE_WAIT, /* for RPMEM_OPEN_WAIT, then it fails with a word why */
	ALONE_GO,   /* the pool is opened without the copy */
};

/*
 * alone_decide -- (pure)
 *
 * A copy that followed its primary to the end may have been promoted since,
 * and then its new programs' work and this one's would be two histories.  A
 * program that went on alone before its end has taken that upon itself.
 */
enum alone_act alone_decide(const struct alone_facts *f);

/* does this error of an open mean that nobody answered? (pure) */
bool alone_is_unreachable(int neg_errno);

/*
 * alone_wait -- the target was not reached, with rc: what now?
 *
 * Tries again, for RPMEM_OPEN_WAIT seconds, where that is right.
 *
 * Returns 0: reached, reply is there; ALONE: open without it; -EHOSTUNREACH:
 * waited in vain; rc; -EINVAL: RPMEM_OPEN_WAIT, RPMEM_OPEN_ALONE; with a
 * message
 */
NODISCARD int alone_wait(struct rpmem_pool *h, const struct oob_msg *req,
	struct oob_msg *reply, int rc);

#endif
