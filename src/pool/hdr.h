/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * hdr.h -- the 4 KiB pool header at the front of a part (pure)
 *
 * Layout and checksum are PMDK's (little endian; Fletcher-64 over the first
 * 2 KiB with the CKSUM_2K feature, else up to the checksum field), so that
 * stock libpmemobj and pmempool accept what is written here.
 */
#ifndef RPMEM_POOL_HDR_H
#define RPMEM_POOL_HDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"

#define HDR_SIZE 4096u
#define ATTR_SIZE 104u

#define HDR_INCOMPAT_SINGLEHDR 1u
#define HDR_INCOMPAT_CKSUM_2K 2u
#define HDR_INCOMPAT_SDS 4u
/* libpmemreplica's: a local copy that was being made equal to its primary,
 * and is no point of the primary's history.  The first part's header counts:
 * the others follow it, and a death may come in between. */
#define HDR_INCOMPAT_UNEQUAL 0x80000000u

/* struct rpmem_pool_attr in host form */
struct pool_attr {
	uint8_t signature[8];
	uint32_t major;
	uint32_t compat;
	uint32_t incompat;
	uint32_t ro_compat;
	uint8_t poolset_uuid[UUID16_LEN];
	uint8_t uuid[UUID16_LEN];      /* of the first part */
	uint8_t next_uuid[UUID16_LEN]; /* next replica */
	uint8_t prev_uuid[UUID16_LEN]; /* previous replica */
	uint8_t user_flags[16];
};

struct hdr {
	uint8_t signature[8];
	uint32_t major;
	uint32_t compat;
	uint32_t incompat;
	uint32_t ro_compat;
	uint8_t poolset_uuid[UUID16_LEN];
	uint8_t uuid[UUID16_LEN];
	uint8_t prev_part_uuid[UUID16_LEN];
	uint8_t next_part_uuid[UUID16_LEN];
	uint8_t prev_repl_uuid[UUID16_LEN];
	uint8_t next_repl_uuid[UUID16_LEN];
	uint64_t crtime; /* seconds since the epoch */
	uint8_t arch_flags[16];
	uint8_t sds[64]; /* shutdown state, kept as it is */
};

/* the 104 bytes of struct rpmem_pool_attr, as on the wire */
void attr_decode(const uint8_t in[ATTR_SIZE], struct pool_attr *attr_out);
void attr_encode(const struct pool_attr *attr, uint8_t out[ATTR_SIZE]);
bool attr_is_zero(const struct pool_attr *attr);

void hdr_encode(const struct hdr *hdr, uint8_t out[HDR_SIZE]);

#define HDR_EMPTY 1

/*
 * hdr_decode -- check and read a header
 *
 * Returns 0; HDR_EMPTY: all zeros; -EBADMSG: checksum wrong, with a message
 */
NODISCARD int hdr_decode(const uint8_t in[HDR_SIZE], struct hdr *hdr_out);

/*
 * hdr_of_part -- the header that part `idx` of `nhdrs` must carry
 *
 *   uuids   of the parts; uuids[0] is attr->uuid
 */
void hdr_of_part(const struct pool_attr *attr, uint64_t crtime,
	const uint8_t (*uuids)[UUID16_LEN], unsigned nhdrs, unsigned idx,
	struct hdr *hdr_out);

/* the attributes that a first header stands for */
void hdr_attr(const struct hdr *first, struct pool_attr *attr_out);

/*
 * hdr_check_parts -- do the headers of a copy's parts belong together?
 *
 * Same signature, version, features, poolset, replica links, arch flags; each
 * part's links name its neighbours.
 *
 * Returns 0 or -EBADMSG with a message that names part and field
 */
NODISCARD int hdr_check_parts(const struct hdr *hdrs, unsigned nhdrs);

/*
 * hdr_check_part -- the same of one header
 *
 *   idx                its number, for messages
 *   first, prev, next  of part 0 and the neighbours; NULL: not known, and not
 *                      compared
 */
NODISCARD int hdr_check_part(unsigned idx, const struct hdr *h,
	const struct hdr *first, const struct hdr *prev,
	const struct hdr *next);

#endif
