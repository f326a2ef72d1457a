/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * standing.h -- how a copy stands, as its state file has it (pure)
 */
#ifndef RPMEM_LIBRPMEM_STANDING_H
#define RPMEM_LIBRPMEM_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "librpmem/statefile_read.h"

struct standing {
	/*
	 * While a program runs: a word of states.h.  Else
	 * closed       in order, and the copy has everything
	 * behind       in order, but the copy has not
	 * interrupted  the program ended without a close
	 * and in both cases unknown: nothing, or nothing sensible, is known.
	 */
	const char *word;
	bool is_good;	    /* attached or closed */
	bool knows_missing; /* else any of it may be missing */
	uint64_t missing;   /* bytes that the copy may not have */
	/*
	 * While it catches up: all of it is compared ("comparing"), or what it
	 * has missed is sent ("sending"); NULL in other states.  How much of
	 * that is left, and how long it takes as it goes now; UINT64_MAX:
	 * nobody can tell.
	 */
	const char *phase;
	uint64_t left; /* bytes */
	uint64_t eta_s;
};

/* view: NULL: there is no file, or no valid one */
struct standing standing_of(const struct statefile_view *view);

/*
 * The same beside the pool itself: a copy that was closed with it is behind if
 * the pool was used since and the copy was not in its set.
 *
 *   run_id   libpmemobj's count of runs, as the pool has it; 0: it has none
 */
struct standing standing_beside(
	const struct statefile_view *view, uint64_t run_id);

#endif
