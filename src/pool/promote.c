/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote.c -- see promote.h
 *
 * One page per part, written one after the other; what tells whether a part
 * has been done is the page itself.  A mixture is what a death leaves, and
 * what pool_open_to_promote accepts: everything but the links to other
 * replicas and the shutdown state must agree.
 */
#include "pool/promote.h"
#include "pool/pool_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/err.h"
#include "base/fault.h"
#include "pool/part.h"

/* what the header will be; the rest of it stays */
static void
stand_alone(struct hdr *h, const uint8_t first[UUID16_LEN])
{
	memcpy(h->prev_repl_uuid, first, UUID16_LEN);
	memcpy(h->next_repl_uuid, first, UUID16_LEN);
	memset(h->sds, 0, sizeof(h->sds));
	h->incompat &= ~HDR_INCOMPAT_SDS;
}

/* the headers as they will be, checked */
static int
future_hdrs(const struct pool *pool, struct hdr **hdrs_out)
{
	if (pool->nhdrs == 0)
		return 0;
	CLEANUP(freep) struct hdr *hdrs = NULL;
	int rc = pool_read_hdrs(pool, &hdrs);
	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < pool->nhdrs; i++)
		stand_alone(&hdrs[i], hdrs[0].uuid);
	rc = hdr_check_parts(hdrs, pool->nhdrs);
	if (rc < 0)
		return err_wrap(rc, "pool of '%s'", pool->parts[0].path);
	*hdrs_out = TAKE_PTR(hdrs);
	return 0;
}

int
pool_open_to_promote(const struct poolset *set, enum pool_durability durability,
	struct pool **pool_out)
{
	CLEANUP(freep) struct hdr *hdrs = NULL;
	int rc = pool_open_unchecked(set, durability, pool_out);
	if (rc < 0)
		return rc;
	rc = future_hdrs(*pool_out, &hdrs);
	if (rc < 0) {
		pool_free(*pool_out);
		*pool_out = NULL;
	}
	return rc;
}

int
pool_promote(struct pool *pool)
{
	CLEANUP(freep) struct hdr *hdrs = NULL;
	int rc = future_hdrs(pool, &hdrs);
	for (unsigned i = 0; rc == 0 && i < pool->nhdrs; i++) {
		rc = pool_write_hdr(&pool->parts[i], &hdrs[i]);
		if (FAULT("promote/die"))
			(void)raise(SIGKILL);
	}
	return rc;
}

int
pool_first_attr(const struct pool *pool, struct pool_attr *attr_out)
{
	CLEANUP(freep) struct hdr *hdrs = NULL;
	int rc = pool_read_hdrs(pool, &hdrs);
	if (rc == 0)
		hdr_attr(&hdrs[0], attr_out);
	return rc;
}
