/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_size.c -- see sync_size.h
 */
#include "sync_size.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "pool/descriptor.h"
#include "wire/frame.h"

#define BLOCK (64u * 1024u)
#define WINDOW (256ULL * BLOCK)

static int
read_u64(struct rpmem_pool *h, const char *who, uint64_t off, uint64_t *out)
{
	*out = 0;
	int rc = stream_read(h->st, out, off, sizeof(*out));
	return rc < 0 ? err_wrap(rc, "%s: cannot read the descriptor", who) : 0;
}

static bool
is_kind(const struct pool_attr *attr, const char signature[8])
{
	return memcmp(attr->signature, signature, 8) == 0;
}

int
size_needed(struct rpmem_pool *h, const char *who, uint64_t *need_out)
{
	struct pool_attr attr;
	uint64_t heap = 0;
	attr_decode(h->copy.attr, &attr);
	if (is_kind(&attr, "PMEMLOG"))
		return read_u64(h, who, LOG_END_OFF, need_out);
	if (!is_kind(&attr, "PMEMOBJ"))
		return -ENODATA;
	int rc = read_u64(h, who, OBJ_HEAP_OFFSET_OFF, &heap);
	if (rc == 0)
		rc = read_u64(h, who, OBJ_HEAP_SIZE_OFF, need_out);
	if (rc == 0 && !add_u64(*need_out, heap, need_out))
		*need_out = UINT64_MAX; /* damaged: there is no such pool */
	return rc;
}

int
size_tail(struct rpmem_pool *h, uint64_t size, const char *who)
{
	uint64_t theirs[WINDOW / BLOCK];
	struct zeros_digest zeros = {.len = 0};
	uint64_t off = size;
	while (off < h->copy.pool_size) {
		uint64_t end = min_u64(
			align_down(off, WINDOW) + WINDOW, h->copy.pool_size);
		/* blocks begin at multiples of their size */
		if (off % BLOCK != 0)
			end = min_u64(align_up(off, BLOCK), end);
		int rc = stream_digests(h->st, off, end - off, BLOCK, theirs);
		if (rc < 0)
			return err_wrap(rc, "%s: cannot compare", who);
		for (unsigned i = 0; off < end; i++) {
			uint64_t len = min_u64(BLOCK, end - off);
			if (theirs[i] != zeros_digest(&zeros, len))
				return err_set(-ENOTSUP,
					"the pool in the copy %s has bytes at "
					"%llu and behind, and the parts here "
					"have room for %llu: make them as "
					"large "
					"as they were, and try again",
					who, (unsigned long long)off,
					(unsigned long long)size);
			off += len;
		}
	}
	return 0;
}
