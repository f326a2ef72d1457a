/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * open.c -- opening, creating and closing a replicated pool
 *
 * Open.  libpmemobj opens the local part of the set.  Its first flush of the
 * pool comes when it is content with the local files and has recovered
 * nothing yet: there the copies are opened and made equal.  If that fails
 * libpmemobj finishes its open, alone, and the pool is closed again: what its
 * recovery changed here only, the next open finds.
 *
 * Create.  libpmemobj makes the local pool, then the copies are made and
 * filled; until then nobody has the pool.  If that fails all of it is undone.
 */
#include <libpmemobj.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "pool/dirset.h"
#include "replica/attach.h"
#include "replica/inside.h"
#include "replica/plan.h"
#include "replica/ranges.h"
#include "replica/real.h"
#include "replica/window.h"

#define WRAP __attribute__((visibility("default"), noinline))

typedef PMEMobjpool *open_fn(const char *path, const char *layout);
typedef PMEMobjpool *create_fn(
	const char *path, const char *layout, size_t size, mode_t mode);

/* of the open or create that this thread is in */
struct window {
	struct plan *plan;
	bool is_create;
	unsigned long flushes; /* by libpmemobj */
	struct attach a;       /* open: the result of the first of them */
};

_Thread_local int window_is_open;
static _Thread_local struct window *window;

/*
 * The promise that a call is about to make cannot be kept, and most calls of
 * libpmemobj have no way to say so.
 */
static void
wait_or_stop(struct chain *c)
{
	chain_wait(c);
	if (!atomic_load(&c->must_stop))
		return;
	LOG_ERR("this program ends, since no durable call may return any more");
	abort();
}

void
wait_for_all(void)
{
	NO_CANCEL;
	inside_waited();
	if (ranges_any() && !FAULT("replica/no-wait"))
		ranges_each(wait_or_stop);
}

void
window_flush(const void *addr)
{
	struct window *w = window;
	w->flushes++;
	if (w->is_create || w->a.is_tried)
		return;
	/* what the copies' opening calls is not libpmemobj's */
	window_is_open = 0;
	attach_at(&w->a, w->plan, addr);
	window_is_open = 1;
}

static void
begin(struct window *w, struct plan *p, bool is_create)
{
	*w = (struct window){.plan = p, .is_create = is_create};
	window = w;
	window_is_open = 1;
}

static void
end(void)
{
	window_is_open = 0;
	window = NULL;
}

void *
window_refuse(const char *path, int rc)
{
	LOG_ERR("'%s': %s", path, err_msg());
	errno = -rc;
	return NULL;
}

static void
close_local(PMEMobjpool *pop)
{
	static void *_Atomic cache;
	((void (*)(PMEMobjpool *))real_obj(&cache, "pmemobj_close"))(pop);
}

/*
 * The self-test: somebody else's pmem_persist may be what libpmemobj calls, and
 * nothing would be replicated.  Headers it syncs in other ways, too; so it is
 * made to flush a word of the pool.
 */
static int
check_hooked(struct window *w, PMEMobjpool *pop)
{
	static void *_Atomic cache;
	void (*persist)(PMEMobjpool *, const void *, size_t) =
		(void (*)(PMEMobjpool *, const void *, size_t))real_obj(
			&cache, "pmemobj_persist");
	begin(w, w->plan, true);
	persist(pop, (const char *)pop + CHAIN_HEADER, sizeof(uint64_t));
	end();
	return w->flushes != 0 ? 0 : real_not_hooked("libpmemobj");
}

/* libpmemobj has opened the pool and flushed nothing of it */
static int
not_tried(struct window *w, PMEMobjpool *pop)
{
	int rc = check_hooked(w, pop);
	if (rc < 0)
		return rc;
	return err_set(-ENOTSUP,
		"the pool is mapped privately (copy_on_write.at_open of "
		"PMEMOBJ_CONF): what changes there is not replicated");
}

/* a pool that stock librpmem made has links that do not fit */
static void
hint_links(const char *path)
{
	static void *_Atomic cache;
	const char *why =
		((const char *(*)(void))real_obj(&cache, "pmemobj_errormsg"))();
	int saved = errno;
	if (strstr(why, "replica UUID") != NULL)
		LOG_ERR("'%s': the pool was made without 'rpmem run', its "
			"headers name the remote replica: pmempool transform "
			"it "
			"to a set without REPLICA lines, remove the copy, then "
			"'rpmem run --make-copies' once",
			path);
	errno = saved;
}

/* libpmemobj opens what is left of a pool in directories, and fails later on */
static void
hint_parts(const char *path, const struct plan *p)
{
	int saved = errno;
	for (unsigned i = 0; i < p->set->nreplicas; i++)
		if (dirset_check(&p->set->replicas[i]) == -EBADMSG)
			LOG_ERR("'%s': %s", path, err_msg());
	errno = saved;
}

static PMEMobjpool *
open_set(open_fn *real, const char *path, const char *layout, struct plan *p)
{
	struct window w;
	begin(&w, p, false);
	PMEMobjpool *pop = real(p->path, layout);
	end();
	if (pop == NULL) {
		int saved = errno;
		hint_links(path);
		hint_parts(path, p);
		attach_undo(&w.a);
		errno = saved;
		return NULL;
	}
	int rc = w.a.is_tried ? attach_result(&w.a) : not_tried(&w, pop);
	if (rc == 0)
		return pop;
	close_local(pop);
	attach_undo(&w.a);
	return window_refuse(path, rc);
}

WRAP PMEMobjpool *
pmemobj_open(const char *path, const char *layout)
{
	static void *_Atomic cache;
	open_fn *real = (open_fn *)real_obj(&cache, "pmemobj_open");
	struct plan p;
	int rc = plan_make(path, &p);
	if (rc == PLAN_NONE)
		return real(path, layout);
	if (rc < 0)
		return window_refuse(path, rc);
	PMEMobjpool *pop = open_set(real, path, layout, &p);
	int saved = errno;
	plan_free(&p);
	errno = saved;
	return pop;
}

struct create_args {
	const char *path;
	const char *layout;
	size_t size;
	mode_t mode;
};

static PMEMobjpool *
create_set(create_fn *real, const struct create_args *a, struct plan *p)
{
	struct window w;
	begin(&w, p, true);
	PMEMobjpool *pop = real(p->path, a->layout, a->size, a->mode);
	end();
	if (pop == NULL)
		return NULL;
	int rc = check_hooked(&w, pop);
	if (rc == 0)
		rc = attach_now(p, pop, true);
	if (rc == 0)
		return pop;
	close_local(pop);
	plan_undo(p);
	return window_refuse(a->path, rc);
}

WRAP PMEMobjpool *
pmemobj_create(const char *path, const char *layout, size_t size, mode_t mode)
{
	static void *_Atomic cache;
	create_fn *real = (create_fn *)real_obj(&cache, "pmemobj_create");
	struct create_args a = {path, layout, size, mode};
	struct plan p;
	int rc = plan_make(path, &p);
	if (rc == PLAN_NONE)
		return real(path, layout, size, mode);
	if (rc < 0)
		return window_refuse(path, rc);
	PMEMobjpool *pop = create_set(real, &a, &p);
	int saved = errno;
	plan_free(&p);
	errno = saved;
	return pop;
}

/* looks at the local pool only, in a private mapping */
WRAP int
pmemobj_check(const char *path, const char *layout)
{
	static void *_Atomic cache;
	int (*real)(const char *, const char *) = (int (*)(
		const char *, const char *))real_obj(&cache, "pmemobj_check");
	struct plan p;
	int rc = plan_make(path, &p);
	if (rc == PLAN_NONE)
		return real(path, layout);
	if (rc < 0) {
		(void)window_refuse(path, rc);
		return -1;
	}
	rc = real(p.path, layout);
	plan_free(&p);
	return rc;
}

WRAP void
pmemobj_close(PMEMobjpool *pop)
{
	uint64_t off = 0;
	struct chain *c = ranges_find(pop, &off);
	close_local(pop);
	/* it is taken out when libpmemobj unmaps it, or here */
	if (c != NULL)
		attach_close(c);
}
