/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * hash.h -- XXH3-64 as frames use it; block_digest() is in frame.h
 */
#ifndef RPMEM_WIRE_HASH_H
#define RPMEM_WIRE_HASH_H

#include <stdint.h>

/* of a whole frame whose header is filled in: bytes 16 .. len - 1 */
uint64_t frame_hash(const void *frame, uint32_t len, uint64_t seed);

#endif
