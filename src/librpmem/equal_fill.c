/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * equal_fill.c -- a copy that was just made gets what its pool holds
 *
 * Its target has made it of zeros, so there is nothing to compare: what is not
 * zero here is sent, in blocks of 64 KiB, and what is zero stays as it is.
 * Holes of the primary's files are not even read.  Until the last block is
 * durable the copy is marked, as one that is being made equal.
 */
#include "librpmem/equal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/snapshot.h"
#include "librpmem/handle.h"
#include "librpmem/keeper.h"
#include "librpmem/stream_resend.h"
#include "wire/frame.h"

#define PAGE 4096u

struct fill {
	struct rpmem_pool *h;
	uint64_t blocks; /* of a page */
	uint64_t last_seq;
};

static bool
is_zero(const uint8_t *at, uint64_t len)
{
	return at[0] == 0 && memcmp(at, at + 1, len - 1) == 0;
}

static void
may_die(void)
{
	if (FAULT("librpmem/die-equalising"))
		(void)raise(SIGKILL);
}

static int
send_range(struct fill *f, uint64_t off, uint64_t len)
{
	may_die();
	f->blocks += len / PAGE;
	return stream_append(f->h->st, off, len, 0, &f->last_seq);
}

/* through the mapping its holes would be filled */
static int
send_pages(struct fill *f, uint64_t off, uint64_t len)
{
	uint8_t page[PAGE];
	int rc = 0;
	for (uint64_t at = off; rc == 0 && at < off + len; at += PAGE) {
		rc = alias_read(&f->h->keeper.alias, at, page, PAGE);
		if (rc == 0 && !is_zero(page, PAGE))
			rc = send_range(f, at, PAGE);
	}
	return rc;
}

static int
read_file(void *arg, uint64_t off, void *dst, uint64_t len)
{
	struct alias *a = arg;
	int rc = alias_read_file(a, off, dst, len);
	return rc == 0 || rc == -ENOTSUP
		       ? rc
		       : err_sys(rc, "cannot read the pool's file");
}

/*
 * A tool has the pool to itself: nobody stores, so there is nothing to take a
 * snapshot of, and the file gives the bytes without mapping a page for each.
 * A block that is not sent this way is sent by the other, all of it.
 */
static int
send_file(struct fill *f, uint64_t off, uint64_t len)
{
	uint64_t sent = 0;
	may_die();
	int rc = stream_append_read(
		f->h->st, read_file, &f->h->keeper.alias, off, len, &sent);
	f->blocks += sent / PAGE;
	return rc;
}

static int
send_block(struct fill *f, uint64_t off, uint64_t len)
{
	const uint8_t *at = NULL;
	enum alias_kind kind = alias_look(&f->h->keeper.alias, off, len, &at);
	if (kind == ALIAS_HOLE)
		return 0;
	if (kind == ALIAS_PARTLY)
		return send_pages(f, off, len);
	int rc = f->h->is_tool ? send_file(f, off, len) : -ENOTSUP;
	if (rc != -ENOTSUP)
		return rc;
	/* Most blocks that are not zero say so with their first word.  It is
	 * read where the record is taken from: `at` is the same memory, and to
	 * look there maps every page a second time. */
	uint64_t word;
	snapshot_bytes(&word, f->h->addr + off, sizeof(word));
	return word == 0 && is_zero(at != NULL ? at : f->h->addr + off, len)
		       ? 0
		       : send_range(f, off, len);
}

int
equal_fill(struct rpmem_pool *h, uint64_t from, uint64_t *blocks_out)
{
	struct fill f = {.h = h};
	int rc = equal_mark(h, OOB_ATTACH_EQUALISING);
	for (uint64_t off = from; rc == 0 && off < h->size;) {
		uint64_t next = min_u64(
			align_down(off, MARKS_BLOCK) + MARKS_BLOCK, h->size);
		if (off % KEEPER_WINDOW_MAX == 0 || off == from)
			alias_ahead(&h->keeper.alias, off,
				min_u64(KEEPER_WINDOW_MAX, h->size - off));
		rc = send_block(&f, off, next - off);
		atomic_store_explicit(&h->equal_to, next, memory_order_relaxed);
		off = next;
	}
	*blocks_out = f.blocks;
	return rc;
}
