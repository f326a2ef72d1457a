/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mapfile.c -- pmem_map_file and pmem_unmap, for the files in RPMEM_MAP
 *
 * The program has no recovery of ours to come before: when it gets the
 * mapping, the copies are what the file is.  From there the hooks do what they
 * do for any pool; nothing here is inside a call of libpmemobj, so every drain
 * waits.
 *
 * Order for a new file: the file, its identity, its copies, each durable
 * before the next.  A death in between leaves a file without copies, which the
 * next open says.
 */
#include "replica/mapfile.h"

#include <libpmem.h>

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uuid/uuid.h>

#include "base/cancel.h"
#include "base/checked.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mutex.h"
#include "replica/attach.h"
#include "replica/filename.h"
#include "replica/mapid.h"
#include "replica/maplist.h"
#include "replica/ranges.h"
#include "replica/real.h"
#include "replica/remote.h"
#include "replica/window.h"

#define HOOK __attribute__((visibility("default"), noinline))
#define PAGE 4096u

typedef void *map_fn(const char *path, size_t len, int flags, mode_t mode,
	size_t *mapped_len, int *is_pmem);
typedef int unmap_fn(void *addr, size_t len);

/* a mapping that has copies */
struct mapping {
	struct mapping *next;
	uint8_t *base;
	uint64_t size;
	struct chain *chain;
};

static struct mutex lock = {PTHREAD_MUTEX_INITIALIZER};
static struct mapping *mappings; /* guarded by lock */
static atomic_uint nmappings;

/* a call of pmem_map_file for a file that has copies */
struct call {
	const char *path; /* as the program has it */
	char file[PATH_MAX];
	size_t len;
	int flags;
	mode_t mode;
	bool made; /* by this call, for sure */
	uint8_t *addr;
	size_t mapped_len;
	int *is_pmem; /* the program's */
	bool has_id;
	uint8_t id[UUID16_LEN];
	char why_lost[ERR_MAX]; /* has_id false: what became of it */
};

static map_fn *
real_map(void)
{
	static void *_Atomic cache;
	return (map_fn *)real_fn(&cache, "libpmem.so.1", "pmem_map_file");
}

static unmap_fn *
real_unmap(void)
{
	static void *_Atomic cache;
	return (unmap_fn *)real_fn(&cache, "libpmem.so.1", "pmem_unmap");
}

/* ---- whose file it is ---- */

/* RPMEM_MAP's entries for this file only */
static int
find_entries(const char *path, struct maplist *list_out)
{
	int rc = maplist_parse(getenv(MAPLIST_VARIABLE), list_out);
	unsigned n = 0;
	for (unsigned i = 0; rc == 0 && i < list_out->n; i++)
		if (filename_same(path, list_out->entries[i].file))
			list_out->entries[n++] = list_out->entries[i];
	list_out->n = n;
	return rc;
}

static int
new_identity(struct call *c)
{
	uuid_generate(c->id);
	c->has_id = true;
	return mapid_save(c->file, c->id);
}

static int
find_identity(struct call *c)
{
	if (c->made)
		return new_identity(c);
	int rc = mapid_load(c->file, c->id);
	c->has_id = rc == 0;
	if (rc != MAPID_LOST)
		return rc;
	(void)snprintf(c->why_lost, sizeof(c->why_lost), "%s", err_msg());
	return 0;
}

/* ---- its copies ---- */

/* rpmem_open_owner_raw's message, with what only we know */
static int
explain(const struct call *c, const struct map_entry *e, int rc)
{
	char why[ERR_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	/* not EEXIST: a program would take that for the file's */
	if (c->made && rc == -EEXIST)
		return err_set(-ESTALE,
			"the file is made anew, but %s %s is there, the copy "
			"of an earlier one (%.500s): bring the file back from "
			"it, or remove it at the target",
			e->target, e->name, why);
	if (!c->has_id)
		return err_set(rc, "%.600s (%.300s)", why, c->why_lost);
	return rc;
}

static int
open_copy(struct call *c, const struct map_entry *e, struct remote_args *a,
	struct replica **r_out)
{
	a->target = e->target;
	a->desc = e->name;
	a->create = c->made;
	a->identity = c->has_id ? c->id : NULL;
	int rc = remote_open(a, r_out);
	if (rc == -ENOENT && !c->made) {
		rc = attach_missing(e->target, e->name, rc);
		if (rc == 0 && !c->has_id)
			rc = new_identity(c);
		a->create = true;
		a->identity = c->id;
		if (rc == 0)
			rc = remote_open(a, r_out);
	}
	return rc < 0 ? explain(c, e, rc) : 0;
}

/* a copy that is equal tells whose it is: that identity was not lost */
static int
learn_identity(struct call *c, const struct replica *r)
{
	if (c->has_id)
		return 0;
	int rc = remote_identity(r, c->id);
	c->has_id = true;
	return rc < 0 ? rc : mapid_save(c->file, c->id);
}

static int
open_copies(struct call *c, const struct maplist *list, struct chain *chain)
{
	struct remote_args a = {
		.addr = c->addr, .size = chain->size, .is_raw = true};
	int rc = find_identity(c);
	for (unsigned i = 0; rc == 0 && i < list->n; i++) {
		struct replica *r = NULL;
		rc = open_copy(c, &list->entries[i], &a, &r);
		if (rc < 0)
			return rc;
		rc = chain_add(chain, r);
		if (rc < 0)
			IGNORE(r->ops->close(r));
		if (rc == 0)
			rc = learn_identity(c, r);
	}
	return rc == 0 ? attach_equalise(chain) : rc;
}

static void
remember(struct mapping *m)
{
	mutex_lock(&lock);
	m->next = mappings;
	mappings = m;
	atomic_fetch_add(&nmappings, 1);
	mutex_unlock(&lock);
}

/* every copy or none */
static int
attach_file(struct call *c, const struct maplist *list)
{
	struct mapping *m = calloc(1, sizeof(*m));
	struct chain *chain = calloc(1, sizeof(*chain));
	int rc = 0;
	if (m == NULL || chain == NULL) {
		free(m);
		free(chain);
		return err_set(-ENOMEM, "no memory for a mapping");
	}
	/* the rest of the last page reads as zeros */
	chain->size = align_up(c->mapped_len, PAGE);
	chain->is_raw = true;
	rc = open_copies(c, list, chain);
	if (rc == 0)
		rc = ranges_add(c->addr, chain->size, chain);
	if (rc < 0) {
		char why[ERR_MAX];
		(void)snprintf(why, sizeof(why), "%s", err_msg());
		attach_discard(chain, c->made);
		free(m);
		return err_set(rc, "%s", why);
	}
	*m = (struct mapping){
		.base = c->addr, .size = chain->size, .chain = chain};
	LOG_INFO("'%s': %u replicas attached", c->path, chain->nreplicas);
	remember(m);
	return 0;
}

/* ---- mapping it ---- */

/* by O_EXCL, so that only who made the file takes it away again */
static void *
map_here(struct call *c)
{
	struct stat st;
	if ((c->flags & PMEM_FILE_CREATE) && stat(c->file, &st) != 0) {
		c->addr = real_map()(c->file, c->len, c->flags | PMEM_FILE_EXCL,
			c->mode, &c->mapped_len, c->is_pmem);
		c->made = c->addr != NULL;
		if (c->made || errno != EEXIST || (c->flags & PMEM_FILE_EXCL))
			return c->addr;
	}
	c->addr = real_map()(
		c->file, c->len, c->flags, c->mode, &c->mapped_len, c->is_pmem);
	return c->addr;
}

static void
undo(struct call *c)
{
	(void)real_unmap()(c->addr, c->mapped_len);
	if (!c->made)
		return;
	(void)unlink(c->file);
	mapid_remove(c->file);
}

static int
check_kind(struct call *c, unsigned ncopies)
{
	struct stat st;
	int rc = filename_resolve(c->path, c->file);
	if (rc < 0)
		return rc;
	if (ncopies > CHAIN_MAX)
		return err_set(-E2BIG, "%u copies: there can be %u", ncopies,
			CHAIN_MAX);
	if ((c->flags & PMEM_FILE_TMPFILE) ||
		(stat(c->file, &st) == 0 && !S_ISREG(st.st_mode)))
		return err_set(-ENOTSUP, "only a file with a name can have "
					 "copies, no device and no directory");
	return 0;
}

/* NULL and errno, and *rc_out: negative, with a message, if we say it */
static void *
map_with_copies(struct call *c, const struct maplist *list, int *rc_out)
{
	*rc_out = check_kind(c, list->n);
	if (*rc_out < 0 || map_here(c) == NULL)
		return NULL;
	*rc_out = attach_file(c, list);
	if (*rc_out == 0)
		return c->addr;
	char why[ERR_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	undo(c);
	(void)err_set(*rc_out, "%s", why);
	return NULL;
}

HOOK void *
pmem_map_file(const char *path, size_t len, int flags, mode_t mode,
	size_t *mapped_lenp, int *is_pmemp)
{
	NO_CANCEL;
	struct maplist list = {0};
	int rc = path != NULL ? find_entries(path, &list) : 0;
	if (rc < 0)
		return window_refuse(path, rc);
	if (list.n == 0) {
		maplist_free(&list);
		return real_map()(
			path, len, flags, mode, mapped_lenp, is_pmemp);
	}
	struct call c = {.path = path,
		.len = len,
		.flags = flags,
		.mode = mode,
		.is_pmem = is_pmemp};
	void *addr = map_with_copies(&c, &list, &rc);
	int saved = errno;
	maplist_free(&list);
	errno = saved;
	if (rc < 0)
		return window_refuse(path, rc);
	if (addr != NULL && mapped_lenp != NULL)
		*mapped_lenp = c.mapped_len;
	return addr;
}

/* ---- unmapping it ---- */

/* the mappings that overlap, out of the list */
static struct mapping *
take(uintptr_t from, uint64_t len)
{
	struct mapping *taken = NULL;
	mutex_lock(&lock);
	for (struct mapping **at = &mappings; *at != NULL;) {
		struct mapping *m = *at;
		uintptr_t base = (uintptr_t)m->base;
		if (base >= from + len || from >= base + m->size) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		m->next = taken;
		taken = m;
		atomic_fetch_sub(&nmappings, 1);
	}
	mutex_unlock(&lock);
	return taken;
}

static bool
is_whole(const struct mapping *m, uintptr_t from, uint64_t len)
{
	uintptr_t base = (uintptr_t)m->base;
	return from <= base && base + m->size <= align_up(from + len, PAGE);
}

void
mapfile_unmapped(const void *addr, uint64_t len)
{
	/* relaxed: whoever unmaps a file knows that it was mapped */
	if (atomic_load_explicit(&nmappings, memory_order_relaxed) == 0 ||
		len == 0)
		return;
	NO_CANCEL;
	int saved = errno;
	struct mapping *m = take((uintptr_t)addr, len);
	while (m != NULL) {
		struct mapping *next = m->next;
		if (!is_whole(m, (uintptr_t)addr, len))
			LOG_ERR("a part of a replicated file is unmapped: its "
				"copies stay what they are now, what is still "
				"mapped is not replicated any more");
		/* not under the lock: this waits for a network, and unmaps */
		attach_close(m->chain);
		free(m);
		m = next;
	}
	errno = saved;
}

/* libpmem's munmap comes by here by itself, unless it was loaded with
 * RTLD_DEEPBIND */
HOOK int
pmem_unmap(void *addr, size_t len)
{
	ranges_drop(addr, len);
	int rc = real_unmap()(addr, len);
	mapfile_unmapped(addr, len);
	return rc;
}
