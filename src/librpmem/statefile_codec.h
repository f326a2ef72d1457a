/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile_codec.h -- what an owner remembers of one copy (pure)
 *
 * The target has a record of its own (NAME.rpmem-state) of what the copy is.
 * This one is of what the primary knows: whether something was told to be
 * durable without the copy, and which blocks the copy may not have.
 */
#ifndef RPMEM_LIBRPMEM_STATEFILE_CODEC_H
#define RPMEM_LIBRPMEM_STATEFILE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"
#include "librpmem/target.h"
#include "wire/oob.h"

#define STATEFILE_SLOT_SIZE 8192u
#define STATEFILE_MAPS 3u /* sent, sent, dirty */
/* one bit per 64 KiB */
#define STATEFILE_BLOCK (64ULL * 1024)
#define STATEFILE_MAP_ROOM (16ULL * 1024 * 1024)
#define STATEFILE_POOL_MAX (STATEFILE_MAP_ROOM * 8 * STATEFILE_BLOCK)

/* closed in order: maps_sum is of the maps, which count in any boot */
#define STATEFILE_F_CLEAN 1u
/* the copy did not follow when this was written; for tools */
#define STATEFILE_F_ALONE 2u
/* every change since the maps began was marked before it was made durable:
 * what a program that was killed left in them counts in the same boot */
#define STATEFILE_F_TRUSTED_MARKS 4u
/* the header of the primary names itself (rpmem run), or the next replica
 * (libpmemobj alone); neither: not known.  Of two replicas no copy's header
 * tells it: they name the primary in both cases. */
#define STATEFILE_F_STAR 8u
#define STATEFILE_F_RING 16u
#define STATEFILE_F_ALL 31u

struct statefile_record {
	uint64_t generation; /* of the record; counts writes */
	uint32_t flags;
	uint8_t poolset_uuid[UUID16_LEN];
	uint8_t primary_uuid[UUID16_LEN];
	uint8_t owner_id[UUID16_LEN]; /* random, of this file */
	uint8_t boot_id[UUID16_LEN];  /* in which the maps were last used */
	uint64_t open_counter;
	uint64_t pool_size;   /* the maps are of this size; STATEFILE_POOL_MAX
				 at most */
	uint64_t fingerprint; /* of the primary's parts */
	uint64_t acked_seq;
	uint64_t maps_sum;
	uint64_t copy_id; /* the copy's own, as its target says; 0: none yet */
	uint8_t attr[OOB_ATTR_SIZE];
	char target[TARGET_TEXT_MAX]; /* as it was given */
	char set_name[OOB_DESC_MAX];
};

void statefile_encode(
	const struct statefile_record *r, uint8_t out[STATEFILE_SLOT_SIZE]);

/* 0 or -EBADMSG (no message: the other slot may be good) */
NODISCARD int statefile_decode(
	const uint8_t in[STATEFILE_SLOT_SIZE], struct statefile_record *r_out);

/* bytes of one map of a pool: whole words */
uint64_t statefile_map_len(uint64_t pool_size);

/* XXH3 of `len` bytes of each map, one behind the other */
uint64_t statefile_maps_sum(
	const uint8_t *const maps[STATEFILE_MAPS], uint64_t len);

/*
 * statefile_trusts -- do the maps say what the copy may not have?
 *
 *   sum      XXH3 of what is in the maps now, as maps_sum is made
 *   boot_id  of the present boot; zeros: unknown, which is no boot
 */
bool statefile_trusts(const struct statefile_record *r, uint64_t sum,
	const uint8_t boot_id[UUID16_LEN]);

#endif
