/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * attach.h -- a pool's memory and its remote replicas come together
 */
#ifndef RPMEM_REPLICA_ATTACH_H
#define RPMEM_REPLICA_ATTACH_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "replica/chain.h"
#include "replica/plan.h"

/* the result of an attempt, kept until libpmemobj's open is over */
struct attach {
	bool is_tried;
	int rc;
	char why[ERR_MAX];
	struct chain *chain; /* active on rc 0 */
};

/*
 * attach_at -- open the copies of the pool whose first flush is at addr
 *
 * Not tried if addr is not in the memory of replica 0 (a header that is
 * mapped apart, another replica).
 */
void attach_at(struct attach *a, struct plan *p, const void *addr);

/* a->rc with its message */
NODISCARD int attach_result(const struct attach *a);

/* the pool is not open any more, or will not be */
void attach_undo(struct attach *a);

/*
 * attach_now -- open, or make, the copies of a pool that is open here
 *
 * Of copies that were made nothing is left behind on failure.
 */
NODISCARD int attach_now(struct plan *p, void *base, bool create);

/*
 * attach_missing -- may a copy that is not there be made anew?
 *
 *   rc   what the open of it returned, with a message
 *
 * Returns 0, or rc with a message that says how to allow it
 */
NODISCARD int attach_missing(const char *target, const char *desc, int rc);

/* make the copies of a chain equal, once all of them were opened */
NODISCARD int attach_equalise(struct chain *c);

/* a chain that is in no range: close its copies, or remove the new ones */
void attach_discard(struct chain *c, bool created);

/* after the pool is unmapped */
void attach_close(struct chain *c);

#endif
