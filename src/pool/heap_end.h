/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * heap_end.h -- how large a pool of libpmemobj has to be
 */
#ifndef RPMEM_POOL_HEAP_END_H
#define RPMEM_POOL_HEAP_END_H

#include <stdint.h>

/* where the heap ends, by the descriptor in the first part of a pool; 0: it is
 * no pool of libpmemobj, or cannot be read */
uint64_t heap_end(const char *path);

#endif
