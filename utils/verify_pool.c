/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify_pool.c -- comparing copies with a pool that no program has
 *
 * The pool's parts are locked as libpmemobj locks them, so nobody stores
 * meanwhile, and are only read.  Each copy is opened passively and asked for
 * digests: that changes nothing there, and does not lend it.  Blocks of 64 KiB
 * find where to look, blocks of 4 KiB say what differs.  Holes of either side
 * are not read (pool_look.c).
 */
#include "verify.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "librpmem/alone.h"
#include "librpmem/compare.h"
#include "librpmem/handle.h"
#include "progress.h"

#define COARSE (64u * 1024)
#define FINE 4096u
#define WINDOW (8ULL * 1024 * 1024)

struct look {
	struct verified *v;
	struct pool *pool;
	struct walk walk;
	struct progress progress;
};

static int
own_coarse(struct rpmem_pool *h UNUSED, uint64_t off, uint64_t len,
	uint64_t *out, void *arg)
{
	struct look *l = arg;
	return pool_digest(l->pool, off, len, COARSE, out);
}

static int
own_fine(struct rpmem_pool *h UNUSED, uint64_t off, uint64_t len, uint64_t *out,
	void *arg)
{
	struct look *l = arg;
	return pool_digest(l->pool, off, len, FINE, out);
}

/* the same as the walk of a program, whose windows are smaller */
static uint64_t
window(struct rpmem_pool *h UNUSED, uint64_t off, uint64_t end)
{
	/* blocks begin at multiples of their size */
	if (off % COARSE != 0)
		return min_u64(align_up(off, COARSE), end);
	return min_u64(align_down(off, WINDOW) + WINDOW, end);
}

static int
differs_fine(struct rpmem_pool *h UNUSED, uint64_t off, uint64_t len, void *arg)
{
	struct look *l = arg;
	l->v->different++;
	verified_add(l->v, off, len, WALK_DIFFERENT);
	return 0;
}

static int
differs(struct rpmem_pool *h, uint64_t off, uint64_t len, void *arg)
{
	const struct compare c = {.block = FINE,
		.until = UINT64_MAX,
		.window = window,
		.own = own_fine,
		.differs = differs_fine,
		.arg = arg};
	return compare_range(h, &c, &off, off + len);
}

static int
passed(struct rpmem_pool *h UNUSED, uint64_t off, void *arg)
{
	struct look *l = arg;
	l->walk.off = off;
	progress_show(&l->progress, walk_compared(&l->walk));
	return 0;
}

static int
compare(struct rpmem_pool *h, struct look *l)
{
	struct walk *w = &l->walk;
	const struct compare c = {.block = COARSE,
		.until = UINT64_MAX,
		.window = window,
		.own = own_coarse,
		.differs = differs,
		.passed = passed,
		.arg = l};
	int rc = 0;
	while (rc == 0 && w->off < w->size) {
		bool is_front = w->has_runtime && w->off < WALK_RUNTIME_FROM;
		uint64_t off = w->off;
		rc = compare_range(
			h, &c, &off, is_front ? WALK_RUNTIME_FROM : w->size);
		w->off = walk_next(w, off);
	}
	return rc;
}

/* is it worth comparing? */
static bool
is_ours(const struct rpmem_pool *h, struct verified *v,
	const struct verify_run *run)
{
	const struct oob_copy *c = &h->copy;
	if (memcmp(c->attr + HDR_POOLSET_UUID, run->primary.poolset_uuid,
		    UUID16_LEN) != 0) {
		findings_add(&v->findings, LEVEL_PROBLEM, "other-pool", v->who,
			"it is a copy of another pool");
		findings_fix(&v->findings,
			"name the right copy in the REPLICA line of %s, or "
			"remove what is there (rpmem rm) and make it anew",
			run->args->word);
		return false;
	}
	if ((c->flags & OOB_COPY_F_RECORD) != 0 &&
		memcmp(c->primary_uuid, run->primary.uuid, UUID16_LEN) != 0) {
		findings_add(&v->findings, LEVEL_PROBLEM, "other-primary",
			v->who, "it follows another primary of this pool");
		findings_fix(&v->findings,
			"rpmem lineage '%s' shows both; rpmem discard gives it "
			"back to this one",
			run->args->set);
		return false;
	}
	if (c->pool_size >= run->size)
		return true;
	findings_add(&v->findings, LEVEL_PROBLEM, "smaller", v->who,
		"it has %llu bytes, and the pool %llu: the rest is missing",
		(unsigned long long)c->pool_size,
		(unsigned long long)run->size);
	findings_fix(&v->findings, "rpmem verify --repair %s", run->args->word);
	v->wants_owner = true;
	return true;
}

static int
look(struct rpmem_pool *h, struct verified *v, const struct verify_run *run,
	struct pool *pool)
{
	struct look l = {.v = v, .pool = pool};
	bool is_obj = memcmp(h->copy.attr, "PMEMOBJ", 8) == 0;
	if (!is_ours(h, v, run))
		return 0;
	walk_begin(&l.walk, POOL_HDR_SIZE,
		min_u64(h->copy.pool_size, run->size), is_obj, false);
	v->how = VERIFY_BY_TOOL;
	v->total = walk_total(&l.walk);
	v->left_out = is_obj ? WALK_RUNTIME_TO - WALK_RUNTIME_FROM : 0;
	progress_begin(
		&l.progress, run->args->progress, "verify", v->who, v->total);
	int rc = compare(h, &l);
	v->compared = walk_compared(&l.walk);
	v->is_whole = rc == 0;
	progress_end(&l.progress, v->compared, rc == 0);
	return rc;
}

static void
not_to_the_end(struct verified *v, int stream_error)
{
	v->is_cut_short = stream_error != 0;
	findings_add(&v->findings, LEVEL_PROBLEM,
		v->is_cut_short ? "lost" : "cannot-compare", v->who,
		"it could not be compared to the end: %s", err_msg());
	findings_fix(&v->findings,
		v->is_cut_short
			? "look at the network and the target's log, then run "
			  "it again"
			: "look at the target's log and its disk");
}

static int
verify_one(struct verify_run *run, struct verified *v, struct pool *pool,
	bool was_sent)
{
	struct rpmem_pool *h = NULL;
	struct handle_args a = {.target = v->rep->node,
		.set_name = v->rep->desc,
		.addr = pool->base,
		.size = run->size,
		.nlanes = 1};
	int rc = handle_open(&a, &h);
	if (rc < 0) {
		verify_open_failed(v, run->args, rc);
		return 0;
	}
	rc = look(h, v, run, pool);
	/* our own memory: nothing of it can be compared */
	if (rc < 0 && pool->failed != 0) {
		IGNORE(handle_close(h));
		return rc;
	}
	if (rc < 0)
		not_to_the_end(v, stream_error(h->st));
	/* nothing was sent: what a close has to say changes nothing here */
	IGNORE(handle_close(h));
	verify_conclude(v, run->args, was_sent);
	return 0;
}

int
verify_with_pool(struct verify_run *run, struct pool *pool, bool was_sent)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < run->ncopies; i++)
		rc = verify_one(run, &run->copies[i], pool, was_sent);
	return rc;
}
