/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * primary.h -- what the program's own stores need to be durable here
 *
 * The program stores into the primary's mapping itself; this is the flushing
 * and draining of it, for libpmemreplica.  On persistent memory both are
 * libpmem's; on a page cache a flush remembers the range and a drain writes
 * it back.
 *
 * Threads: all calls may be made by several at once.
 */
#ifndef RPMEM_REPLICA_PRIMARY_H
#define RPMEM_REPLICA_PRIMARY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/mutex.h"
#include "pool/pool.h"

struct primary {
	struct pool *pool; /* the caller's */
	bool is_pmem;
	struct mutex lock;   /* of the range to write back */
	uint64_t dirty_from; /* guarded by lock; from == to: none */
	uint64_t dirty_to;
	struct mutex sync_lock; /* one write-back at a time; before lock */
	atomic_int error;	/* errno of the medium's failure */
};

void primary_init(struct primary *p, struct pool *pool);
void primary_fini(struct primary *p);

/*
 * primary_flush -- a range of the pool begins to be durable
 *
 * Ordering   on persistent memory it is durable before what this thread, or
 *            one that learned of it, stores later; on a page cache only
 *            primary_drain orders.
 */
void primary_flush(struct primary *p, uint64_t off, uint64_t len);

/* a range that pmem_memcpy and its like have flushed themselves, or not:
 * is what they leave to do */
void primary_flushed(struct primary *p, uint64_t off, uint64_t len);

/* flags for pmem_memcpy and its like: nothing that primary_flushed does */
unsigned primary_flags(const struct primary *p, unsigned flags);

/*
 * primary_drain -- until everything flushed before, by any thread, is durable
 *
 * Errors   -EIO, ...: the medium failed; sticky, see pool_durable
 */
NODISCARD int primary_drain(struct primary *p);

/* the same for one range, beyond ADR; also without a flush before */
NODISCARD int primary_deep(struct primary *p, uint64_t off, uint64_t len);

/* everything, whoever stored it; -EIO, ... */
NODISCARD int primary_sync(struct primary *p);

/* errno of the medium's failure; 0: none */
int primary_error(const struct primary *p);

#endif
