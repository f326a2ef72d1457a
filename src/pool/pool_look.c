/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool_look.c -- reading what a pool holds, bytes and digests
 *
 * Holes are known to be zeros and left alone: to read one through the mapping
 * takes a page of tmpfs for good, and to compare a large sparse pool would
 * eat the machine's memory.
 *
 * What is known of a hole stays true: nobody but this process stores into the
 * parts, which are locked, and each store says so before it is made
 * (mark_dirty in pool_io.c).  Header pages are written before anybody looks
 * at the pool, and are data from there on.
 */
#include "pool/pool.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <xxhash.h>

#include "base/checked.h"
#include "base/err.h"
#include "pool/guard.h"
#include "pool/part.h"
#include "pool/pool_internal.h"

static const uint8_t zeros[64 * 1024];

struct pool_part *
pool_part_at(
	const struct pool *pool, uint64_t off, uint64_t len, uint64_t *n_out)
{
	unsigned lo = 0;
	unsigned hi = pool->nparts;
	while (hi - lo > 1) {
		unsigned mid = lo + (hi - lo) / 2;
		if (pool->parts[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	struct pool_part *p = &pool->parts[lo];
	*n_out = min_u64(len, p->off + p->len - off);
	return p;
}

bool
pool_is_hole(struct pool *pool, uint64_t off, uint64_t len, uint64_t *n_out)
{
	uint64_t n = 0;
	struct pool_part *p = pool_part_at(pool, off, len, &n);
	return holes_run(&p->holes, off - p->off + p->skip, n, n_out);
}

/* the parts of [off, off + len): what a fault reads from the disk, see
 * holes_ahead */
static void
advise(struct pool *pool, uint64_t off, uint64_t len, int advice)
{
	uint64_t n = 0;
	for (; len != 0; off += n, len -= n) {
		struct pool_part *p = pool_part_at(pool, off, len, &n);
		if (p->holes.fd < 0 || p->holes.is_tmpfs)
			continue;
		(void)madvise(pool->base + p->off, p->len, advice);
		if (advice == MADV_RANDOM)
			holes_ahead(&p->holes, off - p->off + p->skip, n);
	}
}

struct reading {
	uint8_t *to;
	const uint8_t *from;
	uint64_t len;
};

static void
copy_out(void *arg)
{
	const struct reading *r = arg;
	memcpy(r->to, r->from, r->len);
}

/* the message and status of a fault at an address */
static int
fault_at(const struct pool *pool, const void *fault)
{
	uint64_t n = 0;
	uint64_t at = (uint64_t)((const uint8_t *)fault - pool->base);
	return part_fault(pool_part_at(pool, at, 1, &n), "read");
}

static int
read_runs(struct pool *pool, uint64_t off, uint8_t *to, uint64_t len)
{
	while (len > 0) {
		uint64_t n = 0;
		bool is_hole = pool_is_hole(pool, off, len, &n);
		struct reading r = {
			.to = to, .from = pool->base + off, .len = n};
		const void *fault;
		if (is_hole)
			memset(to, 0, n);
		else if (guard_call(r.from, n, copy_out, &r, &fault) != 0)
			return fault_at(pool, fault);
		off += n;
		to += n;
		len -= n;
	}
	return 0;
}

int
pool_read(struct pool *pool, uint64_t off, void *dst, uint64_t len)
{
	advise(pool, off, len, MADV_RANDOM);
	int rc = read_runs(pool, off, dst, len);
	advise(pool, off, len, MADV_NORMAL);
	return rc;
}

/* all of it under one guard */
struct digesting {
	struct pool *pool;
	uint64_t off;
	uint64_t len;
	uint64_t block;
	uint64_t *out;
	XXH3_state_t *state;  /* of a block that is more than one run */
	uint64_t zero_len;    /* 0: none yet */
	uint64_t zero_digest; /* of so many zeros */
};

static void
add_zeros(XXH3_state_t *state, uint64_t len)
{
	while (len > 0) {
		uint64_t n = min_u64(len, sizeof(zeros));
		(void)XXH3_64bits_update(state, zeros, n);
		len -= n;
	}
}

/* XXH3 of pieces is that of the whole */
static uint64_t
digest_runs(const struct digesting *d, uint64_t off, uint64_t len)
{
	(void)XXH3_64bits_reset(d->state);
	while (len > 0) {
		uint64_t n = 0;
		if (pool_is_hole(d->pool, off, len, &n))
			add_zeros(d->state, n);
		else
			(void)XXH3_64bits_update(
				d->state, d->pool->base + off, n);
		off += n;
		len -= n;
	}
	return XXH3_64bits_digest(d->state);
}

static uint64_t
digest_block(struct digesting *d, uint64_t off, uint64_t len)
{
	uint64_t n = 0;
	bool is_hole = pool_is_hole(d->pool, off, len, &n);
	if (n != len)
		return digest_runs(d, off, len);
	if (!is_hole)
		return XXH3_64bits(d->pool->base + off, len);
	if (len != d->zero_len) {
		d->zero_digest = digest_runs(d, off, len);
		d->zero_len = len;
	}
	return d->zero_digest;
}

static void
digest_blocks(void *arg)
{
	struct digesting *d = arg;
	uint64_t *out = d->out;
	uint64_t n = 0;
	for (uint64_t at = 0; at < d->len; at += n) {
		n = min_u64(d->block, d->len - at);
		*out++ = digest_block(d, d->off + at, n);
	}
}

int
pool_digest(struct pool *pool, uint64_t off, uint64_t len, uint64_t block,
	uint64_t *out)
{
	/* a block may lie in two parts, so the guard is around all of them */
	struct digesting d = {
		.pool = pool,
		.off = off,
		.len = len,
		.block = block,
		.out = out,
		.state = XXH3_createState(),
	};
	if (d.state == NULL)
		return err_sys(-ENOMEM, "digests of a pool");
	const void *fault;
	advise(pool, off, len, MADV_RANDOM);
	int rc = guard_call(pool->base + off, len, digest_blocks, &d, &fault);
	advise(pool, off, len, MADV_NORMAL);
	(void)XXH3_freeState(d.state);
	return rc == 0 ? 0 : fault_at(pool, fault);
}
