/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_rebuild.c -- a primary is made from a copy
 *
 * The copy is read in a passive session, which has its target mark it `lent`:
 * from there on no primary but one that is equal attaches to it.  The new parts
 * are written beside the old ones, made durable, and given their names; only
 * then the target is told, by attributes that are what they were and a close,
 * that the rebuild is finished.  Cut short before the names, there is no
 * primary, and all of it is done again; cut short behind them, the primary is
 * equal to the copy, which is what the next open, or the next run, asks.
 *
 * Parts are allocated as a whole, as libpmemobj makes them, since a store into
 * a mapped file cannot say that the disk is full; what is zero in the copy is
 * not sent, and not written.
 */
#include "sync.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"
#include "base/fault.h"
#include "librpmem/handle.h"
#include "pool/guard.h"
#include "progress.h"
#include "sync_header.h"
#include "sync_parts.h"
#include "sync_size.h"
#include "wire/frame.h"

#define BLOCK MARKS_BLOCK
#define WINDOW (256 * BLOCK)

/* in build order */
struct rebuild {
	struct sync *s;
	struct sync_member *from;
	char who[ERR_MAX];
	uint64_t size; /* of the pool */
	uint8_t *addr; /* a place that is nobody's memory */
	struct rpmem_pool *h;
	struct poolset *set; /* PART.rpmem-new */
	struct pool *pool;
	uint8_t *block;
	struct progress progress;
};

/* ---- the copy ---- */

/* bytes of the pool in the parts that the set names; 0: directories */
static uint64_t
size_of_set(const struct poolset *set)
{
	const struct poolset_replica *rep = &set->replicas[0];
	bool has_hdrs = (set->options & POOLSET_F_SINGLEHDR) == 0;
	uint64_t size = 0;
	if (rep->ndirs != 0)
		return 0;
	for (unsigned i = 0; i < rep->nparts; i++)
		size += align_down(rep->parts[i].size, POOL_PAGE) -
			(i > 0 && has_hdrs ? POOL_PAGE : 0);
	return size;
}

static int
open_copy(struct rebuild *r, uint64_t size)
{
	const struct copy_past *c = r->from->c;
	/* a passive handle's memory is never touched, but has to be some */
	void *map = mmap(NULL, size, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return err_sys(-errno, "no address space for %llu bytes",
			(unsigned long long)size);
	r->addr = map;
	r->size = size;
	struct handle_args a = {.target = c->target,
		.set_name = c->set_name,
		.addr = map,
		.size = size,
		.nlanes = 1,
		/* an older target does not know the word, nor the flag */
		.as_is = (c->reply.flags & OOB_COPY_F_CHANGED) != 0};
	return handle_open(&a, &r->h);
}

static void
close_copy(struct rebuild *r)
{
	if (r->h != NULL)
		IGNORE(handle_close(r->h));
	if (r->addr != NULL)
		(void)munmap(r->addr, r->size);
	r->h = NULL;
	r->addr = NULL;
}

/* is it still what the plan was made for?  What it was caught up with, and
 * has completely, an open applies. */
static int
check_copy(const struct rebuild *r)
{
	uint64_t planned = r->from->c->reply.last_seq;
	uint64_t now = r->h->copy.applied_seq;
	return now == planned || r->from->is_unrecorded ||
			       (now > planned && r->from->is_catching_up)
		       ? 0
		       : err_set(-ESTALE,
				 "%s: the copy has changed since the plan was "
				 "made; try again",
				 r->who);
}

/* in another pool than libpmemobj's and libpmemlog's: whatever lies behind the
 * parts' end has to be zero */
static int
check_tail(struct rebuild *r)
{
	uint64_t size = r->size;
	uint64_t all = r->h->copy.pool_size;
	if (all <= size)
		return 0;
	close_copy(r);
	int rc = open_copy(r, all);
	if (rc == 0)
		rc = size_tail(r->h, size, r->who);
	close_copy(r);
	return rc == 0 ? open_copy(r, size) : rc;
}

static int
check_size(struct rebuild *r)
{
	uint64_t need = 0;
	int rc = size_needed(r->h, r->who, &need);
	if (rc == -ENODATA)
		rc = check_tail(r);
	if (rc < 0 || need <= r->size)
		return rc;
	return err_set(-ENOTSUP,
		"the pool in the copy %s needs %llu bytes, and the parts in "
		"'%s' have room for %llu: make them as large as they were, and "
		"try again",
		r->who, (unsigned long long)need, r->s->args->set,
		(unsigned long long)r->size);
}

static int
open_right_size(struct rebuild *r)
{
	uint64_t size = size_of_set(r->s->set);
	int rc = open_copy(r, size != 0 ? size : POOL_MIN_SIZE);
	if (rc < 0 || size != 0)
		return rc;
	/* the part in a directory is as large as the copy says */
	size = r->h->copy.pool_size;
	close_copy(r);
	if (size > r->s->set->replicas[0].reserved)
		return err_set(-ENOTSUP,
			"the pool in the copy %s has %llu bytes, and the "
			"directories in '%s' are for %llu: make their sizes "
			"larger, and try again",
			r->who, (unsigned long long)size, r->s->args->set,
			(unsigned long long)r->s->set->replicas[0].reserved);
	return open_copy(r, size);
}

static int
find_copy(struct rebuild *r)
{
	int rc = open_right_size(r);
	if (rc == 0)
		rc = check_copy(r);
	return rc == 0 ? check_size(r) : rc;
}

/* ---- the parts ---- */

/* the header that a first part which is left has */
static bool
read_left(const struct sync *s, struct pool_attr *out)
{
	*out = s->p.primary.attr;
	return !uuid16_is_zero(s->p.primary.uuid);
}

static int
make_header(const struct rebuild *r, struct pool_attr *out)
{
	struct pool_attr copy;
	struct pool_attr left;
	const struct copy_past *c = r->from->c;
	attr_decode(r->h->copy.attr, &copy);
	struct header_facts f = {.copy = &copy,
		.recorded = c->reply.flags & OOB_COPY_F_RECORD
				    ? c->reply.primary_uuid
				    : NULL,
		.left = read_left(r->s, &left) ? &left : NULL,
		.nreplicas = r->s->set->nreplicas,
		.at = c->at,
		.is_stock = r->s->is_stock};
	return header_of_primary(&f, out);
}

static int
make_parts(struct rebuild *r)
{
	struct pool_attr attr;
	const struct poolset_replica *rep = &r->s->set->replicas[0];
	for (unsigned i = 0; i < rep->nparts; i++)
		if (rep->parts[i].is_auto)
			return err_set(-ENOTSUP,
				"pool part '%s' is a device: a primary on "
				"devices is made by pmempool sync",
				rep->parts[i].path);
	int rc = make_header(r, &attr);
	if (rc == 0 && r->s->primary == SYNC_WHOLE)
		parts_finish(rep); /* of an older rebuild */
	if (rc == 0)
		rc = parts_clear_new(rep);
	if (rc < 0)
		return rc;
	r->set = parts_new_set(r->s->set, r->size);
	if (r->set == NULL)
		return -ENOMEM;
	return pool_create(r->set, &attr, POOL_DURABLE_MEDIA, &r->pool);
}

/* ---- the bytes ---- */

/* one block, if it is not zero */
static int
copy_block(struct rebuild *r, uint64_t off, uint64_t len, uint64_t theirs,
	struct zeros_digest *zeros)
{
	if (theirs == zeros_digest(zeros, len))
		return 0;
	int rc = stream_read(r->h->st, r->block, off, len);
	if (rc == 0 && block_digest(r->block, len) != theirs)
		rc = err_set(-EIO,
			"%s: what was read at %llu is not what the target has "
			"there",
			r->who, (unsigned long long)off);
	r->from->sent += len;
	return rc == 0 ? pool_copy(r->pool, off, r->block, len) : rc;
}

static int
copy_window(struct rebuild *r, uint64_t off, uint64_t end)
{
	uint64_t theirs[WINDOW / BLOCK];
	struct zeros_digest zeros = {.len = 0};
	int rc = stream_digests(
		r->h->st, off, end - off, (uint32_t)BLOCK, theirs);
	for (uint64_t i = 0; rc == 0 && off < end; i++) {
		uint64_t len = min_u64(BLOCK, end - off);
		rc = copy_block(r, off, len, theirs[i], &zeros);
		off += len;
		progress_show(&r->progress, off);
	}
	if (FAULT("sync/die-reading"))
		(void)raise(SIGKILL);
	return rc;
}

static int
copy_bytes(struct rebuild *r)
{
	int rc = 0;
	uint64_t off = POOL_PAGE; /* the header is our own */
	r->block = malloc(BLOCK);
	if (r->block == NULL)
		return err_set(-ENOMEM, "no memory for a block");
	progress_begin(
		&r->progress, r->s->args->progress, "rebuild", r->who, r->size);
	while (rc == 0 && off < r->size) {
		uint64_t next =
			min_u64(align_down(off, WINDOW) + WINDOW, r->size);
		/* blocks begin at multiples of their size */
		if (off % BLOCK != 0)
			next = min_u64(align_up(off, BLOCK), next);
		rc = copy_window(r, off, next);
		off = next;
	}
	/* the stream says why only with its own errors */
	if (rc < 0 && err_msg()[0] == '\0')
		rc = err_sys(rc, "%s: cannot read the copy", r->who);
	if (rc == 0)
		rc = pool_sync(r->pool);
	progress_end(&r->progress, off, rc == 0);
	return rc;
}

/* ---- the end ---- */

/* the target hears that the primary is whole: see copy_closed_flags */
static int
finish(struct rebuild *r)
{
	struct oob_msg msg = {.type = OOB_SET_ATTR};
	memcpy(msg.u.set_attr.attr, r->h->copy.attr, OOB_ATTR_SIZE);
	int rc = handle_call(
		r->h, &msg, deadline_in_ms(r->h->knobs.disk_timeout_ms));
	if (rc < 0)
		return rc;
	rc = handle_close(r->h);
	r->h = NULL;
	return rc;
}

static int
install(struct rebuild *r)
{
	struct sync *s = r->s;
	bool was_lost = s->primary == SYNC_LOST;
	/* one that was whole is locked all the time */
	int rc = was_lost ? sync_look_lost(s) : 0;
	if (rc < 0)
		return rc;
	/* the new parts are whole, and on media */
	rc = pool_close(r->pool);
	r->pool = NULL;
	if (rc == 0)
		rc = parts_install(&s->set->replicas[0], was_lost, s->aside,
			sizeof(s->aside));
	return rc;
}

static int
run(struct rebuild *r)
{
	int rc = guard_install();
	if (rc == 0)
		rc = find_copy(r);
	if (rc == 0)
		rc = make_parts(r);
	if (rc == 0)
		rc = copy_bytes(r);
	if (rc == 0)
		rc = install(r);
	if (rc == 0)
		rc = finish(r);
	return rc;
}

int
sync_rebuild(struct sync *s)
{
	struct rebuild r = {.s = s, .from = &s->members[s->source]};
	char why[ERR_MAX];
	(void)snprintf(r.who, sizeof(r.who), "%.500s %.500s", r.from->c->target,
		r.from->c->set_name);
	err_clear();
	int rc = run(&r);
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	pool_discard(r.pool); /* also its files */
	poolset_free(r.set);
	close_copy(&r);
	free(r.block);
	return rc < 0 ? err_set(rc, "%s", why) : 0;
}
