/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * hash.c -- the only file that knows xxhash
 *
 * XXH_INLINE_ALL compiles the functions into this object: libxxhash is no
 * run-time dependency, and its version cannot change what is on the wire
 * (XXH3's output is fixed since 0.8.0).
 */
#include "wire/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "wire/frame.h"

/* where the hashed part of a frame begins: behind magic, len and hash */
#define HASHED_FROM 16u

uint64_t
frame_hash(const void *frame, uint32_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(
		(const uint8_t *)frame + HASHED_FROM, len - HASHED_FROM, seed);
}

uint64_t
block_digest(const void *p, uint64_t len)
{
	return XXH3_64bits(p, len);
}

uint64_t
zeros_digest(struct zeros_digest *last, uint64_t len)
{
	static const uint8_t zeros[64 * 1024];
	if (last->len != len)
		*last = (struct zeros_digest){
			.len = len, .digest = block_digest(zeros, len)};
	return last->digest;
}
