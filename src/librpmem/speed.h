/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * speed.h -- how fast a copy catches up, for those who watch (pure)
 */
#ifndef RPMEM_LIBRPMEM_SPEED_H
#define RPMEM_LIBRPMEM_SPEED_H

#include <stdbool.h>
#include <stdint.h>

/* all zeros to begin with */
struct speed {
	bool is_comparing; /* what is counted: bytes compared, or bytes sent */
	uint64_t at;	   /* when it was last taken; 0: never */
	uint64_t done;	   /* bytes, then */
	uint64_t bytes_per_s;
};

/*
 * speed_take -- so many bytes are done at `now` (ns)
 *
 * Called as often as one likes; the numbers of half a second or more count,
 * the last ones most.  Another kind of work begins anew.
 */
void speed_take(
	struct speed *s, bool is_comparing, uint64_t done, uint64_t now);

#endif
