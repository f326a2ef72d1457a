/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * equal.h -- comparing a copy with its primary, and making it equal
 */
#ifndef RPMEM_LIBRPMEM_EQUAL_H
#define RPMEM_LIBRPMEM_EQUAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/oob.h"

struct rpmem_pool;

/* one step of an owner's attaching, durable at the target on return 0 */
NODISCARD int equal_mark(struct rpmem_pool *h, enum oob_attach_step step);

#define EQUAL_SAME 0
#define EQUAL_DIFFERENT 1

/*
 * equal_compare -- is what a finished copy must hold the same?
 *
 * Compares digests of [8192, size) and of the first 2048 bytes of the
 * descriptor at 4096; what follows there is run-time state that libpmemobj
 * changes before its first persist.  Of a raw pool, all of it.  Reads only.
 *
 * Returns EQUAL_SAME, EQUAL_DIFFERENT or a negative errno
 */
NODISCARD int equal_compare(struct rpmem_pool *h);

/*
 * equal_make -- an owner's first change: the copy is, or becomes, equal
 *
 * The copy is marked before the first block leaves and unmarked when all
 * are durable: in between it is no prefix of the primary's history.
 *
 * A copy that its handle outlives is only compared for RPMEM_COMPARE_MS.  What
 * is left then, and what differs, is the keeper's: the copy catches up beside
 * the program (keeper_begin_behind), however large the pool is.
 *
 * Durability  on return 0 the copy equals the primary, durably, or is
 *             catching up.
 * Threads     the program's memory is quiet: libpmemobj is inside its open.
 */
NODISCARD int equal_make(struct rpmem_pool *h);

/*
 * equal_fill -- the same of a copy that was just made, whose bytes are zeros:
 * what is not zero in [from, size) is sent
 *
 *   blocks_out   of 4 KiB
 *
 * Durability  none before stream_wait.
 */
NODISCARD int equal_fill(
	struct rpmem_pool *h, uint64_t from, uint64_t *blocks_out);

/* called with each block that differs */
typedef int equal_on_block(
	struct rpmem_pool *h, uint64_t off, uint64_t len, void *arg);

/* compares [off, end) in blocks of 64 KiB; what a call returned, or -errno */
NODISCARD int equal_differences(struct rpmem_pool *h, uint64_t off,
	uint64_t end, equal_on_block *differs, void *arg);

/*
 * equal_check_restored -- was one of the two restored in place since they were
 * closed together?
 *
 *   was_equal   no mark was left, and what flushes all that it stores had them
 *   is_known    in: what differs is known by marks; out: it still is
 *
 * Returns 0; -ESTALE with a message, for a tool only: h->is_restored; -errno
 */
NODISCARD int equal_check_restored(
	struct rpmem_pool *h, bool was_equal, bool *is_known);

#endif
