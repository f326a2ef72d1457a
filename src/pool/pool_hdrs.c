/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool_hdrs.c -- the headers of a pool's parts, as pool_create, pool_open and
 * pool_set_attr need them
 *
 * A header says who the copy is: which pool set it belongs to, which replica
 * comes before and after it, and which part before and after each part.  The
 * attributes a peer sends decide all of it but the uuids of the parts after
 * the first, which are made here once and kept.  Headers are written one
 * after the other; a pool is closed to others (flock) until all are.
 */
#include "pool/pool_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uuid/uuid.h>

#include "base/err.h"
#include "base/fault.h"
#include "pool/part.h"

int
pool_write_hdr(const struct pool_part *p, const struct hdr *h)
{
	uint8_t page[HDR_SIZE];
	_Static_assert(HDR_SIZE == POOL_PAGE, "a header is a page");
	hdr_encode(h, page);
	return part_write_page(p, p->hdr, page);
}

int
pool_write_hdrs(struct pool *pool, const struct pool_attr *attr)
{
	int rc = 0;
	if (pool->nhdrs == 0)
		return 0; /* raw */
	CLEANUP(freep)
	uint8_t(*uuids)[UUID16_LEN] = calloc(pool->nhdrs, sizeof(*uuids));
	if (uuids == NULL)
		return err_sys(-ENOMEM, "pool headers");
	memcpy(uuids[0], attr->uuid, UUID16_LEN);
	for (unsigned i = 1; i < pool->nhdrs; i++)
		uuid_generate(uuids[i]);
	uint64_t crtime = (uint64_t)time(NULL);
	for (unsigned i = 0; rc == 0 && i < pool->nhdrs; i++) {
		struct hdr h;
		hdr_of_part(attr, crtime, (const uint8_t(*)[UUID16_LEN])uuids,
			pool->nhdrs, i, &h);
		rc = pool_write_hdr(&pool->parts[i], &h);
	}
	if (rc == 0 && FAULT("pool/headers"))
		rc = err_sys(-EIO, "pool part '%s': fault point",
			pool->parts[0].path);
	return rc;
}

int
pool_read_hdrs(const struct pool *pool, struct hdr **hdrs_out)
{
	CLEANUP(freep)
	struct hdr *hdrs = calloc(pool->nhdrs, sizeof(*hdrs));
	if (hdrs == NULL)
		return err_sys(-ENOMEM, "pool headers");
	for (unsigned i = 0; i < pool->nhdrs; i++) {
		const struct pool_part *p = &pool->parts[i];
		uint8_t page[HDR_SIZE];
		int rc = part_read_page(p, p->hdr, page);
		if (rc != 0)
			return rc;
		rc = hdr_decode(page, &hdrs[i]);
		if (rc == HDR_EMPTY)
			return err_set(-EBADMSG,
				"pool part '%s': it has no pool header",
				p->path);
		if (rc != 0)
			return err_wrap(rc, "pool part '%s'", p->path);
	}
	*hdrs_out = TAKE_PTR(hdrs);
	return 0;
}

/* the set's option and the header's feature bit must say the same */
static int
check_single(const struct pool *pool, unsigned options, uint32_t incompat)
{
	bool in_hdr = (incompat & HDR_INCOMPAT_SINGLEHDR) != 0;
	bool in_set = (options & POOLSET_F_SINGLEHDR) != 0;
	if (in_hdr == in_set)
		return 0;
	return err_set(-EINVAL,
		"pool part '%s': its header is %s SINGLEHDR, the set is %s",
		pool->parts[0].path, in_hdr ? "with" : "without",
		in_set ? "with" : "without");
}

int
pool_check_hdrs(
	const struct pool *pool, unsigned options, struct pool_attr *attr_out)
{
	*attr_out = (struct pool_attr){0};
	if (pool->nhdrs == 0)
		return 0;
	CLEANUP(freep) struct hdr *hdrs = NULL;
	int rc = pool_read_hdrs(pool, &hdrs);
	if (rc == 0)
		rc = check_single(pool, options, hdrs[0].incompat);
	if (rc != 0)
		return rc;
	rc = hdr_check_parts(hdrs, pool->nhdrs);
	if (rc != 0)
		return err_wrap(rc, "pool of '%s'", pool->parts[0].path);
	hdr_attr(&hdrs[0], attr_out);
	return 0;
}

/* the new header of part idx keeps what is not in the attributes */
static int
repool_write_hdr(const struct pool *pool, const struct pool_attr *attr,
	const struct hdr *old, const uint8_t (*uuids)[UUID16_LEN], unsigned idx)
{
	struct hdr h;
	hdr_of_part(attr, old[idx].crtime, uuids, pool->nhdrs, idx, &h);
	memcpy(h.sds, old[idx].sds, sizeof(h.sds));
	return pool_write_hdr(&pool->parts[idx], &h);
}

static int
rewrite(const struct pool *pool, const struct pool_attr *attr,
	const struct hdr *old)
{
	int rc = 0;
	CLEANUP(freep)
	uint8_t(*uuids)[UUID16_LEN] = calloc(pool->nhdrs, sizeof(*uuids));
	if (uuids == NULL)
		return err_sys(-ENOMEM, "pool headers");
	for (unsigned i = 0; i < pool->nhdrs; i++)
		memcpy(uuids[i], i == 0 ? attr->uuid : old[i].uuid, UUID16_LEN);
	for (unsigned i = 0; rc == 0 && i < pool->nhdrs; i++)
		rc = repool_write_hdr(pool, attr, old,
			(const uint8_t(*)[UUID16_LEN])uuids, i);
	return rc;
}

int
pool_set_attr(struct pool *pool, const struct pool_attr *attr)
{
	bool is_raw = pool->nhdrs == 0;
	if (is_raw != attr_is_zero(attr))
		return err_set(-EINVAL,
			"pool of '%s': it is %s headers, the attributes are %s",
			pool->parts[0].path, is_raw ? "without" : "with",
			is_raw ? "not all zero" : "all zero");
	if (is_raw)
		return 0;
	CLEANUP(freep) struct hdr *hdrs = NULL;
	int rc = pool_read_hdrs(pool, &hdrs);
	if (rc != 0)
		return rc;
	if ((hdrs[0].incompat ^ attr->incompat) & HDR_INCOMPAT_SINGLEHDR)
		return err_set(-EINVAL, "pool of '%s': SINGLEHDR cannot change",
			pool->parts[0].path);
	return rewrite(pool, attr, hdrs);
}
