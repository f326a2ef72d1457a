/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * hdr.c -- the pool header: bytes, checksum, and the ring of the parts
 *
 * Pure: bytes in, value out, and back.  The layout is PMDK's:
 *
 *     0     8  signature                  88    16  previous replica's uuid
 *     8     4  major version             104    16  next replica's uuid
 *    12     4  compat features           120     8  creation time, s
 *    16     4  incompat features         128    16  architecture flags
 *    20     4  ro_compat features        144  3880  unused
 *    24    16  pool set's uuid          4024    64  shutdown state
 *    40    16  this part's uuid         4088     8  checksum
 *    56    16  previous part's uuid
 *    72    16  next part's uuid
 *
 * Unused bytes are written as zeros and not looked at when read (below 2 KiB
 * the checksum covers them).  The shutdown state is opaque here: it belongs
 * to the machine that wrote it, and with CKSUM_2K it is outside the checksum
 * because it changes while the pool is open.
 */
#include "pool/hdr.h"

#include <errno.h>
#include <string.h>

#include "base/byteorder.h"
#include "base/cursor.h"
#include "base/err.h"

enum {
	CSUM_2K_END = 2048,
	SDS_OFF = 4024,
	CSUM_OFF = 4088,
};

void
attr_decode(const uint8_t in[ATTR_SIZE], struct pool_attr *attr_out)
{
	struct cursor c = cursor_read(in, ATTR_SIZE);
	struct pool_attr *a = attr_out;
	cursor_get_bytes(&c, a->signature, sizeof(a->signature));
	a->major = cursor_get_u32(&c);
	a->compat = cursor_get_u32(&c);
	a->incompat = cursor_get_u32(&c);
	a->ro_compat = cursor_get_u32(&c);
	cursor_get_bytes(&c, a->poolset_uuid, UUID16_LEN);
	cursor_get_bytes(&c, a->uuid, UUID16_LEN);
	cursor_get_bytes(&c, a->next_uuid, UUID16_LEN);
	cursor_get_bytes(&c, a->prev_uuid, UUID16_LEN);
	cursor_get_bytes(&c, a->user_flags, sizeof(a->user_flags));
}

void
attr_encode(const struct pool_attr *attr, uint8_t out[ATTR_SIZE])
{
	struct cursor c = cursor_write(out, ATTR_SIZE);
	cursor_put_bytes(&c, attr->signature, sizeof(attr->signature));
	cursor_put_u32(&c, attr->major);
	cursor_put_u32(&c, attr->compat);
	cursor_put_u32(&c, attr->incompat);
	cursor_put_u32(&c, attr->ro_compat);
	cursor_put_bytes(&c, attr->poolset_uuid, UUID16_LEN);
	cursor_put_bytes(&c, attr->uuid, UUID16_LEN);
	cursor_put_bytes(&c, attr->next_uuid, UUID16_LEN);
	cursor_put_bytes(&c, attr->prev_uuid, UUID16_LEN);
	cursor_put_bytes(&c, attr->user_flags, sizeof(attr->user_flags));
}

bool
attr_is_zero(const struct pool_attr *attr)
{
	static const uint8_t zero[ATTR_SIZE];
	uint8_t bytes[ATTR_SIZE];
	attr_encode(attr, bytes);
	return memcmp(bytes, zero, ATTR_SIZE) == 0;
}

/*
 * Fletcher-64 over all 32-bit words.  Words from the end of the covered range
 * on, and so the checksum itself, count as zeros: they leave lo as it is but
 * still add it to hi.
 */
static uint64_t
checksum(const uint8_t in[HDR_SIZE], uint32_t incompat)
{
	size_t end = incompat & HDR_INCOMPAT_CKSUM_2K ? CSUM_2K_END : CSUM_OFF;
	uint32_t lo = 0;
	uint32_t hi = 0;
	for (size_t off = 0; off < HDR_SIZE; off += sizeof(le32)) {
		if (off < end) {
			le32 w;
			memcpy(&w, in + off, sizeof(w));
			lo += le32_get(w);
		}
		hi += lo;
	}
	return (uint64_t)hi << 32 | lo;
}

void
hdr_encode(const struct hdr *hdr, uint8_t out[HDR_SIZE])
{
	memset(out, 0, HDR_SIZE);
	struct cursor c = cursor_write(out, HDR_SIZE);
	cursor_put_bytes(&c, hdr->signature, sizeof(hdr->signature));
	cursor_put_u32(&c, hdr->major);
	cursor_put_u32(&c, hdr->compat);
	cursor_put_u32(&c, hdr->incompat);
	cursor_put_u32(&c, hdr->ro_compat);
	cursor_put_bytes(&c, hdr->poolset_uuid, UUID16_LEN);
	cursor_put_bytes(&c, hdr->uuid, UUID16_LEN);
	cursor_put_bytes(&c, hdr->prev_part_uuid, UUID16_LEN);
	cursor_put_bytes(&c, hdr->next_part_uuid, UUID16_LEN);
	cursor_put_bytes(&c, hdr->prev_repl_uuid, UUID16_LEN);
	cursor_put_bytes(&c, hdr->next_repl_uuid, UUID16_LEN);
	cursor_put_u64(&c, hdr->crtime);
	cursor_put_bytes(&c, hdr->arch_flags, sizeof(hdr->arch_flags));
	memcpy(out + SDS_OFF, hdr->sds, sizeof(hdr->sds));
	le64 sum = le64_of(checksum(out, hdr->incompat));
	memcpy(out + CSUM_OFF, &sum, sizeof(sum));
}

int
hdr_decode(const uint8_t in[HDR_SIZE], struct hdr *hdr_out)
{
	static const uint8_t zero[HDR_SIZE];
	if (memcmp(in, zero, HDR_SIZE) == 0)
		return HDR_EMPTY;

	struct cursor c = cursor_read(in, HDR_SIZE);
	struct hdr h = {0};
	cursor_get_bytes(&c, h.signature, sizeof(h.signature));
	h.major = cursor_get_u32(&c);
	h.compat = cursor_get_u32(&c);
	h.incompat = cursor_get_u32(&c);
	h.ro_compat = cursor_get_u32(&c);
	cursor_get_bytes(&c, h.poolset_uuid, UUID16_LEN);
	cursor_get_bytes(&c, h.uuid, UUID16_LEN);
	cursor_get_bytes(&c, h.prev_part_uuid, UUID16_LEN);
	cursor_get_bytes(&c, h.next_part_uuid, UUID16_LEN);
	cursor_get_bytes(&c, h.prev_repl_uuid, UUID16_LEN);
	cursor_get_bytes(&c, h.next_repl_uuid, UUID16_LEN);
	h.crtime = cursor_get_u64(&c);
	cursor_get_bytes(&c, h.arch_flags, sizeof(h.arch_flags));
	memcpy(h.sds, in + SDS_OFF, sizeof(h.sds));

	le64 sum;
	memcpy(&sum, in + CSUM_OFF, sizeof(sum));
	uint64_t want = checksum(in, h.incompat);
	if (le64_get(sum) != want)
		return err_set(-EBADMSG,
			"pool header is damaged: its checksum is 0x%016llx, "
			"its bytes give 0x%016llx",
			(unsigned long long)le64_get(sum),
			(unsigned long long)want);
	*hdr_out = h;
	return 0;
}

void
hdr_of_part(const struct pool_attr *attr, uint64_t crtime,
	const uint8_t (*uuids)[UUID16_LEN], unsigned nhdrs, unsigned idx,
	struct hdr *hdr_out)
{
	struct hdr *h = hdr_out;
	unsigned prev = (idx + nhdrs - 1) % nhdrs;
	unsigned next = (idx + 1) % nhdrs;
	*h = (struct hdr){
		.major = attr->major,
		.compat = attr->compat,
		.incompat = attr->incompat,
		.ro_compat = attr->ro_compat,
		.crtime = crtime,
	};
	memcpy(h->signature, attr->signature, sizeof(h->signature));
	memcpy(h->poolset_uuid, attr->poolset_uuid, UUID16_LEN);
	memcpy(h->uuid, uuids[idx], UUID16_LEN);
	memcpy(h->prev_part_uuid, uuids[prev], UUID16_LEN);
	memcpy(h->next_part_uuid, uuids[next], UUID16_LEN);
	memcpy(h->prev_repl_uuid, attr->prev_uuid, UUID16_LEN);
	memcpy(h->next_repl_uuid, attr->next_uuid, UUID16_LEN);
	memcpy(h->arch_flags, attr->user_flags, sizeof(h->arch_flags));
}

void
hdr_attr(const struct hdr *first, struct pool_attr *attr_out)
{
	struct pool_attr *a = attr_out;
	*a = (struct pool_attr){
		.major = first->major,
		.compat = first->compat,
		.incompat = first->incompat,
		.ro_compat = first->ro_compat,
	};
	memcpy(a->signature, first->signature, sizeof(a->signature));
	memcpy(a->poolset_uuid, first->poolset_uuid, UUID16_LEN);
	memcpy(a->uuid, first->uuid, UUID16_LEN);
	memcpy(a->next_uuid, first->next_repl_uuid, UUID16_LEN);
	memcpy(a->prev_uuid, first->prev_repl_uuid, UUID16_LEN);
	memcpy(a->user_flags, first->arch_flags, sizeof(a->user_flags));
}

/* the first field in which two parts of one copy may not differ, or NULL */
static const char *
differing_field(const struct hdr *a, const struct hdr *b)
{
	const struct {
		const char *name;
		bool equal;
	} fields[] = {
		{"signature", memcmp(a->signature, b->signature, 8) == 0},
		{"major version", a->major == b->major},
		{"compat features", a->compat == b->compat},
		/* the first part says whether it is unequal */
		{"incompat features", ((a->incompat ^ b->incompat) &
					      ~HDR_INCOMPAT_UNEQUAL) == 0},
		{"ro_compat features", a->ro_compat == b->ro_compat},
		{"pool set uuid",
			uuid16_equal(a->poolset_uuid, b->poolset_uuid)},
		{"previous replica uuid",
			uuid16_equal(a->prev_repl_uuid, b->prev_repl_uuid)},
		{"next replica uuid",
			uuid16_equal(a->next_repl_uuid, b->next_repl_uuid)},
		{"architecture flags",
			memcmp(a->arch_flags, b->arch_flags, 16) == 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!fields[i].equal)
			return fields[i].name;
	return NULL;
}

static int
bad_link(unsigned idx, const char *which, const uint8_t got[UUID16_LEN],
	const uint8_t want[UUID16_LEN])
{
	char a[UUID16_TEXT_LEN];
	char b[UUID16_TEXT_LEN];
	return err_set(-EBADMSG,
		"pool header of part %u: %s part uuid is %s, that part has %s",
		idx, which, uuid16_text(got, a), uuid16_text(want, b));
}

int
hdr_check_part(unsigned idx, const struct hdr *h, const struct hdr *first,
	const struct hdr *prev, const struct hdr *next)
{
	const char *field = first != NULL ? differing_field(first, h) : NULL;
	if (field != NULL)
		return err_set(-EBADMSG,
			"pool header of part %u: %s differs from part 0's", idx,
			field);
	if (prev != NULL && !uuid16_equal(h->prev_part_uuid, prev->uuid))
		return bad_link(idx, "previous", h->prev_part_uuid, prev->uuid);
	if (next != NULL && !uuid16_equal(h->next_part_uuid, next->uuid))
		return bad_link(idx, "next", h->next_part_uuid, next->uuid);
	return 0;
}

int
hdr_check_parts(const struct hdr *hdrs, unsigned nhdrs)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < nhdrs; i++)
		rc = hdr_check_part(i, &hdrs[i], &hdrs[0],
			&hdrs[(i + nhdrs - 1) % nhdrs], &hdrs[(i + 1) % nhdrs]);
	return rc;
}
