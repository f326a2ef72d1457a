/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * snapshot.h -- taking the bytes of live pool memory into a record
 */
#ifndef RPMEM_BASE_SNAPSHOT_H
#define RPMEM_BASE_SNAPSHOT_H

#include <stdint.h>

#define LINE_SIZE 64u

/*
 * snapshot_lines -- copy whole cache lines, each as it really was
 *
 * Other threads may store into the lines meanwhile.  What is copied of a
 * line is a state that the line had at one moment: a crash image could hold
 * it.  src and len are multiples of LINE_SIZE, except that len may end early
 * at the end of the pool (a multiple of 8).
 */
void snapshot_lines(void *dst, const void *src, uint64_t len);

/* exactly these bytes, in one pass: what a direct caller of the API named */
void snapshot_bytes(void *dst, const void *src, uint64_t len);

#endif
