/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * local.h -- a replica on this machine, in parts of its own
 */
#ifndef RPMEM_REPLICA_LOCAL_H
#define RPMEM_REPLICA_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "pool/pool.h"
#include "poolset/poolset.h"
#include "replica/chain.h"

struct local_args {
	const struct poolset *set; /* with this replica only */
	const uint8_t *addr;	   /* the primary's memory; outlives it */
	uint64_t size;
	const struct pool_attr *primary; /* what its header says */
	bool create;
};

struct local_numbers {
	enum pool_media media;
	uint64_t bytes; /* copied since the open */
	uint64_t waits;
};

/*
 * local_open -- open, or create, the copy and make it equal
 *
 * Links as remote_open's.  Nobody may change the primary's memory meanwhile.
 *
 * Durability  all of the copy is on media on return 0.
 * Returns 0, or with a message: -ENOENT: a part is not there; -ESTALE: the
 * copy of another primary; -EINVAL: smaller than the primary; those of
 * pool_create and pool_open.  What was created is removed again.
 */
NODISCARD int local_open(const struct local_args *a, struct replica **r_out);

/* remove the copy that local_open has just created */
void local_discard(struct replica *r);

/* from any thread; waits for no disk */
void local_numbers(const struct replica *r, struct local_numbers *n_out);

#endif
