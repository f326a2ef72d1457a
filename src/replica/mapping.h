/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mapping.h -- a pool of libpmemreplica: its primary, mapped, and the chain
 * of its other replicas
 */
#ifndef RPMEM_REPLICA_MAPPING_H
#define RPMEM_REPLICA_MAPPING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "include/libpmemreplica.h"
#include "poolset/poolset.h"
#include "replica/chain.h"
#include "replica/primary.h"

struct pmemreplica {
	unsigned fork_generation;
	struct poolset *set;
	struct pool *pool; /* the primary's parts */
	struct primary primary;
	struct chain chain;
	struct replica *by_idx[1 + CHAIN_MAX]; /* as in the set; [0]: NULL */
	/* relaxed: only counted */
	atomic_uint_fast64_t flushes;
	atomic_uint_fast64_t bytes;
	atomic_uint_fast64_t drains;
	atomic_uint_fast64_t barriers;
};

/*
 * mapping_create, mapping_open -- as pmemreplica_create and pmemreplica_open
 *
 * Returns 0 or -errno with a message
 */
NODISCARD int mapping_create(const char *path, struct pmemreplica **m_out);
NODISCARD int mapping_open(
	const char *path, bool make_copies, struct pmemreplica **m_out);

/* frees it in any case; 0, or the first error, with a message */
NODISCARD int mapping_close(struct pmemreplica *m);

/* replica idx of the set, which there is */
void mapping_replica(struct pmemreplica *m, unsigned idx,
	struct pmemreplica_replica_status *st_out);

/* was it opened by this process, and not by one that forked it? */
bool mapping_is_ours(const struct pmemreplica *m);

#endif
