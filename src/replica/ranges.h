/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * ranges.h -- which addresses of this process belong to a replicated pool
 *
 * Asked at every hooked call, so reading takes no lock.  A range must be
 * taken out before its memory is unmapped: the next mapping gets the same
 * addresses.
 */
#ifndef RPMEM_REPLICA_RANGES_H
#define RPMEM_REPLICA_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "replica/chain.h"

#define RANGES_MAX 64u

/* -E2BIG: too many pools; the chain stays the caller's */
NODISCARD int ranges_add(const void *base, uint64_t size, struct chain *chain);

/* the chain of the pool at an address, and the offset in it; NULL: none */
struct chain *ranges_find(const void *addr, uint64_t *off_out);

/* the range of a chain has grown, at its end */
void ranges_grow(const struct chain *chain, uint64_t size);

/* is there any? */
bool ranges_any(void);

/* take out every range that overlaps; the chains live on until they are
 * forgotten */
void ranges_drop(const void *addr, uint64_t len);

/* take a chain's range out, if it is there, and wait until no thread is in
 * ranges_each with it: then it may be freed */
void ranges_forget(const struct chain *chain);

/* call fn for the chain of each range; fn may wait for a network */
void ranges_each(void (*fn)(struct chain *chain));

#endif
