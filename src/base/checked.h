/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * checked.h -- arithmetic on sizes that somebody else named
 */
#ifndef RPMEM_BASE_CHECKED_H
#define RPMEM_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

/* false when the sum does not fit */
static inline bool
add_u64(uint64_t a, uint64_t b, uint64_t *sum_out)
{
	return !__builtin_add_overflow(a, b, sum_out);
}

/* false when the product does not fit */
static inline bool
mul_u64(uint64_t a, uint64_t b, uint64_t *product_out)
{
	return !__builtin_mul_overflow(a, b, product_out);
}

/* is [off, off + len) inside [0, size)?  An empty range may end at size. */
static inline bool
range_within(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

/* align is a power of two */
static inline uint64_t
align_down(uint64_t x, uint64_t align)
{
	return x & ~(align - 1);
}

/* align is a power of two; the caller knows that x + align does not wrap */
static inline uint64_t
align_up(uint64_t x, uint64_t align)
{
	return (x + align - 1) & ~(align - 1);
}

static inline uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t
max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
