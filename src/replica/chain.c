/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * chain.c -- see chain.h
 *
 * No lock.  Each replica orders what it is given; two replicas may see two
 * threads' concurrent calls in different orders, and both orders are ones
 * that a crash could have shown.
 */
#include "replica/chain.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"

static bool
is_lost(const struct replica *r)
{
	/* relaxed: a stale "no" costs one more failing call */
	return atomic_load_explicit(&r->is_lost, memory_order_relaxed);
}

static void
lose(struct chain *c, struct replica *r, int rc, bool changes)
{
	NO_CANCEL;
	if (rc == -ECHILD && !changes)
		return; /* a drain of its own memory, perhaps */
	if (rc == -ECHILD) {
		/* the child of a fork cannot tell its parent's replicas what
		 * it stores into the shared pool */
		LOG_ERR("a process that was forked after a replicated pool was "
			"opened changes the pool; stopping it");
		abort();
	}
	if (rc == -ESTALE)
		atomic_store(&c->must_stop, true);
	int none = 0;
	if (!atomic_compare_exchange_strong(&r->error, &none, -rc))
		return;
	atomic_store(&r->is_lost, true);
	LOG_ERR("replica %s is lost: %s; the program goes on with %u of %u "
		"replicas, and this one is made equal when the pool is opened "
		"next",
		r->name, strerror(-rc), chain_attached(c), c->nreplicas);
}

int
chain_add(struct chain *c, struct replica *r)
{
	if (c->nreplicas == CHAIN_MAX)
		return err_set(-E2BIG, "more than %u replicas", CHAIN_MAX);
	c->replicas[c->nreplicas++] = r;
	return 0;
}

/* what of a range is the replicas' business; false: nothing */
static bool
clip(const struct chain *c, uint64_t *off, uint64_t *len)
{
	/* relaxed: whoever changes a range knows that the pool has it */
	uint64_t size = atomic_load_explicit(&c->size, memory_order_relaxed);
	if (*off >= size || *len == 0)
		return false;
	uint64_t end = *off + min_u64(*len, size - *off);
	*off = max_u64(*off, c->is_raw ? 0 : CHAIN_HEADER);
	*len = end > *off ? end - *off : 0;
	return *len != 0;
}

enum what { COPY, FILL, DEEP };

static int
one(struct replica *r, enum what what, uint64_t off, uint64_t len, uint8_t byte)
{
	switch (what) {
	case COPY:
		return r->ops->copy(r, off, len);
	case FILL:
		return r->ops->fill(r, off, len, byte);
	case DEEP:
		return r->ops->deep(r, off, len);
	}
	return -EINVAL;
}

static void
each(struct chain *c, enum what what, uint64_t off, uint64_t len, uint8_t byte)
{
	if (!clip(c, &off, &len))
		return;
	while (len != 0) {
		uint64_t n = what == DEEP ? len : min_u64(len, CHAIN_CHUNK);
		for (unsigned i = 0; i < c->nreplicas; i++) {
			struct replica *r = c->replicas[i];
			int rc = is_lost(r) ? 0 : one(r, what, off, n, byte);
			if (rc < 0)
				lose(c, r, rc, true);
		}
		off += n;
		len -= n;
	}
}

void
chain_copy(struct chain *c, uint64_t off, uint64_t len)
{
	each(c, COPY, off, len, 0);
}

void
chain_fill(struct chain *c, uint64_t off, uint64_t len, uint8_t byte)
{
	each(c, FILL, off, len, byte);
}

void
chain_deep(struct chain *c, uint64_t off, uint64_t len)
{
	each(c, DEEP, off, len, 0);
}

void
chain_grow(struct chain *c, uint64_t size)
{
	if (FAULT("replica/die-before-grow"))
		(void)raise(SIGKILL);
	for (unsigned i = 0; i < c->nreplicas; i++) {
		struct replica *r = c->replicas[i];
		if (is_lost(r))
			continue;
		int rc =
			r->ops->grow != NULL ? r->ops->grow(r, size) : -ENOTSUP;
		if (rc < 0)
			lose(c, r, rc, true);
	}
	atomic_store_explicit(&c->size, size, memory_order_relaxed);
	if (FAULT("replica/die-after-grow"))
		(void)raise(SIGKILL);
}

static void
tell(struct chain *c, int (*fn)(const struct replica_ops *, struct replica *))
{
	for (unsigned i = 0; i < c->nreplicas; i++) {
		struct replica *r = c->replicas[i];
		int rc = is_lost(r) ? 0 : fn(r->ops, r);
		if (rc < 0)
			lose(c, r, rc, false);
	}
}

static int
do_barrier(const struct replica_ops *ops, struct replica *r)
{
	return ops->barrier(r);
}

static int
do_submit(const struct replica_ops *ops, struct replica *r)
{
	return ops->submit(r);
}

static int
do_wait(const struct replica_ops *ops, struct replica *r)
{
	return ops->wait(r);
}

void
chain_barrier(struct chain *c)
{
	tell(c, do_barrier);
}

void
chain_submit(struct chain *c)
{
	tell(c, do_submit);
}

void
chain_wait(struct chain *c)
{
	if (c->nreplicas > 1)
		chain_submit(c);
	tell(c, do_wait);
}

bool
chain_follows(const struct replica *r)
{
	return !is_lost(r) &&
	       (r->ops->is_attached == NULL || r->ops->is_attached(r));
}

unsigned
chain_attached(const struct chain *c)
{
	unsigned n = 0;
	for (unsigned i = 0; i < c->nreplicas; i++)
		n += chain_follows(c->replicas[i]);
	return n;
}

int
chain_close(struct chain *c)
{
	int first = 0;
	for (unsigned i = 0; i < c->nreplicas; i++) {
		bool lost = is_lost(c->replicas[i]);
		int rc = c->replicas[i]->ops->close(c->replicas[i]);
		if (first == 0 && !lost)
			first = rc;
	}
	c->nreplicas = 0;
	return first;
}
