/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * membarrier.h -- a fence in every thread of this process, asked for by one
 *
 * For a question that is asked all the time and whose answer changes rarely:
 * the many threads store and look without a fence, the one that changes the
 * answer makes each of them have had one in between (membarrier(2)).
 */
#ifndef RPMEM_BASE_MEMBARRIER_H
#define RPMEM_BASE_MEMBARRIER_H

#include <stdbool.h>

/* register this process; false: the kernel has no such thing, or forbids it */
bool membarrier_init(void);

/*
 * On return each thread of the process has had a full fence since the call:
 * what it stored before is seen here, what it loads from here on is at least
 * as new as what was stored here before.  Only after membarrier_init: true.
 */
void membarrier_all(void);

#endif
