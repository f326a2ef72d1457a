/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sequencer.h -- where the records of a pool get their numbers
 *
 * All secondaries of one pool in a process take their numbers from one
 * counter, whoever opened them: stock libpmemobj opens a handle per REPLICA
 * line.  So a higher number is a later record on any of them.  A stream that
 * shares its counter has gaps.
 */
#ifndef RPMEM_LIBRPMEM_SEQUENCER_H
#define RPMEM_LIBRPMEM_SEQUENCER_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"

struct sequencer;

/*
 * sequencer_join -- the counter of a pool
 *
 *   addr, uuid   the pool's memory and its pool set's uuid; addr NULL: a
 *                counter that nobody shares
 *   used         numbers up to here have been used
 *
 * Returns NULL: no memory.  Give it back with sequencer_leave.
 */
NODISCARD struct sequencer *sequencer_join(
	const void *addr, const uint8_t uuid[UUID16_LEN], uint64_t used);

/* numbers up to here have been used */
void sequencer_raise(struct sequencer *s, uint64_t used);

/*
 * sequencer_limit -- numbers up to here may be given out
 *
 * Until this is called any may.  A number behind the limit is given out after
 * more(arg, number) has returned, which calls sequencer_limit again, under
 * whatever lock the caller of sequencer_next holds.  `more` NULL: the last one.
 */
typedef void sequencer_more(void *arg, uint64_t number);
void sequencer_limit(
	struct sequencer *s, uint64_t limit, sequencer_more *more, void *arg);

/* the last number given out, or said to be used */
uint64_t sequencer_last(struct sequencer *s);

/* a number higher than all before; from any thread */
uint64_t sequencer_next(struct sequencer *s);

/* one more who leaves it later */
void sequencer_hold(struct sequencer *s);

/* NULL is fine */
void sequencer_leave(struct sequencer *s);

#endif
