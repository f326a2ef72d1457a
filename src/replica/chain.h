/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * chain.h -- the replicas of one pool, and what happens to all of them
 *
 * A replica is an object with a table of operations; what it is (a copy at
 * another node, a recorder of a test) only its own file knows.  Operations
 * take ranges of the pool and bring what memory holds now to the replica, in
 * the order of the calls.
 *
 * A replica whose operation fails is lost: said once, left out from then on.
 * The program is not stopped by it; the copy is made equal when the pool is
 * opened next.
 *
 * Threads: all but chain_add and chain_close may be called by several at once.
 */
#ifndef RPMEM_REPLICA_CHAIN_H
#define RPMEM_REPLICA_CHAIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

#define CHAIN_MAX 8u
/* ranges are cut to this, so that no replica waits for the whole of one */
#define CHAIN_CHUNK (4ULL * 1024 * 1024)
/* bytes at the start of a pool that are each replica's own */
#define CHAIN_HEADER 4096u

struct replica;

/* each returns 0 or a negative errno; a failure is final */
struct replica_ops {
	int (*copy)(struct replica *r, uint64_t off, uint64_t len);
	int (*fill)(
		struct replica *r, uint64_t off, uint64_t len, uint8_t byte);
	int (*deep)(struct replica *r, uint64_t off, uint64_t len);
	/* the pool has `size` bytes from here on; NULL: it cannot */
	int (*grow)(struct replica *r, uint64_t size);
	int (*barrier)(struct replica *r);
	/* send what was given, do not wait */
	int (*submit)(struct replica *r);
	/* until all that was given is durable */
	int (*wait)(struct replica *r);
	/* does it follow now?  NULL: unless it is lost */
	bool (*is_attached)(const struct replica *r);
	/* end and free it; the pool's memory may be gone */
	int (*close)(struct replica *r);
};

/* the head of every kind of replica */
struct replica {
	const struct replica_ops *ops;
	char name[256]; /* for messages */
	atomic_bool is_lost;
	atomic_int error; /* errno that lost it; set before is_lost */
};

struct chain {
	atomic_uint_fast64_t size; /* of the pool, header page included */
	bool can_grow;		   /* a mapping right behind it is part of it */
	bool is_raw;		   /* there is no header page */
	/* a copy says that it is no copy any more, or not to be waited for
	 * although it has to be (ESTALE): no durable call may return */
	atomic_bool must_stop;
	unsigned nreplicas;
	struct replica *replicas[CHAIN_MAX];
};

/* the replica is the chain's from here on; -E2BIG: there are too many */
NODISCARD int chain_add(struct chain *c, struct replica *r);

/*
 * chain_copy, chain_fill, chain_deep -- a range of the pool changed
 *
 * What lies in the header page, if there is one, or past the end is left out.
 *
 * Durability  none before chain_wait.
 * Ordering    behind every call that returned before, by any thread.
 */
void chain_copy(struct chain *c, uint64_t off, uint64_t len);
void chain_fill(struct chain *c, uint64_t off, uint64_t len, uint8_t byte);
void chain_deep(struct chain *c, uint64_t off, uint64_t len);

/*
 * chain_grow -- the pool has `size` bytes from here on
 *
 * One thread at a time.  No thread touches the new range before it returns.
 */
void chain_grow(struct chain *c, uint64_t size);

/* earlier changes are durable before later ones, on each replica */
void chain_barrier(struct chain *c);

/* begin to make all changes durable, without waiting: for who has something to
 * do before chain_wait */
void chain_submit(struct chain *c);

/* until every replica that is not lost has all changes durable; the round
 * trips of several run side by side */
void chain_wait(struct chain *c);

/* does a replica follow the primary now? */
bool chain_follows(const struct replica *r);

/* replicas that follow the primary now */
unsigned chain_attached(const struct chain *c);

/* close every replica; 0, or the first error of one that was not lost before
 * (all are closed anyway) */
int chain_close(struct chain *c);

#endif
