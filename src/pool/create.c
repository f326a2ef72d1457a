/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * create.c -- pool_create and what undoes it
 *
 * Two halves with a point of no return between them.  Before it files are
 * created, locked, mapped and looked at, and a failure leaves the machine as
 * it was.  After it the parts that were there are zeroed and headers are
 * written; a failure then still unlinks what was created and leaves files
 * that were there blank, so that the same set can be tried again.
 */
#include "pool/pool.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "pool/hooked.h"
#include "pool/part.h"
#include "pool/pool_internal.h"

/* do the set's options and the attributes mean the same kind of pool? */
static int
check_kind(const struct poolset *set, const struct pool_attr *attr)
{
	bool is_raw = attr_is_zero(attr);
	bool wants_single = (attr->incompat & HDR_INCOMPAT_SINGLEHDR) != 0;
	bool is_single = (set->options & POOLSET_F_SINGLEHDR) != 0;
	bool no_hdrs = (set->options & POOLSET_F_NOHDRS) != 0;
	if (is_single && no_hdrs)
		return err_set(-EINVAL,
			"the pool set has both OPTION SINGLEHDR and NOHDRS");
	if (is_raw && !no_hdrs)
		return err_set(-EINVAL,
			"a pool without attributes needs OPTION NOHDRS in its "
			"target set");
	if (!is_raw && no_hdrs)
		return err_set(-EINVAL,
			"the target set has OPTION NOHDRS, but the pool has "
			"attributes, which need a header");
	if (wants_single != is_single)
		return err_set(-EINVAL,
			"the pool is %s SINGLEHDR, its target set is %s; both "
			"sets need the same OPTION",
			wants_single ? "with" : "without",
			is_single ? "with" : "without");
	return 0;
}

/* where the first page of a part's file is mapped */
static uint8_t *
first_page(const struct pool *pool, const struct pool_part *p)
{
	return p->skip != 0 ? p->hdr : pool->base + p->off;
}

static int
check_blank(const struct pool *pool)
{
	static const uint8_t zero[POOL_PAGE];
	for (unsigned i = 0; i < pool->nparts; i++) {
		const struct pool_part *p = &pool->parts[i];
		uint8_t page[POOL_PAGE];
		if (p->created)
			continue;
		int rc = part_read_page(p, first_page(pool, p), page);
		if (rc != 0)
			return rc;
		if (memcmp(page, zero, sizeof(page)) != 0)
			return err_set(-EEXIST,
				"pool part '%s': its first page is not empty; "
				"remove it if what it holds is not needed",
				p->path);
	}
	return 0;
}

static int
prepare(struct pool *pool, const struct poolset *set)
{
	const struct poolset_replica *rep = &set->replicas[0];
	int rc = pool_take_dirs(pool, rep);
	for (unsigned i = 0; rc == 0 && i < pool->nparts; i++)
		rc = part_create(&pool->parts[i], &rep->parts[i]);
	if (rc == 0)
		rc = pool_map(pool, set->options);
	if (rc == 0)
		rc = check_blank(pool);
	return rc;
}

static int
build(struct pool *pool, const struct pool_attr *attr,
	const struct pool_hook *hook)
{
	int rc = 0;
	pool->made = true;
	for (unsigned i = 0; rc == 0 && i < pool->nparts; i++) {
		struct pool_part *p = &pool->parts[i];
		if (!p->created)
			rc = part_zero(p, pool->base + p->off);
	}
	/* sizes first: a header that is found says that its part is whole */
	for (unsigned i = 0; rc == 0 && i < pool->nparts; i++)
		rc = part_sync_file(&pool->parts[i]);
	if (rc == 0 && hook != NULL)
		rc = hook->fn(hook->arg);
	if (rc == 0)
		rc = pool_write_hdrs(pool, attr);
	return rc;
}

int
pool_create_hooked(const struct poolset *set, const struct pool_attr *attr,
	enum pool_durability durability, const struct pool_hook *hook,
	struct pool **pool_out)
{
	*pool_out = NULL;
	int rc = pool_check_sizes(set);
	if (rc == 0)
		rc = check_kind(set, attr);
	if (rc != 0)
		return rc;
	struct pool *pool = pool_new(set->replicas[0].nparts, durability);
	if (pool == NULL)
		return err_sys(-ENOMEM, "pool");
	rc = prepare(pool, set);
	if (rc == 0)
		rc = build(pool, attr, hook);
	if (rc != 0) {
		pool_discard(pool);
		return rc;
	}
	*pool_out = pool;
	return 0;
}

int
pool_create(const struct poolset *set, const struct pool_attr *attr,
	enum pool_durability durability, struct pool **pool_out)
{
	return pool_create_hooked(set, attr, durability, NULL, pool_out);
}

/* keeps the message of the failure that led here */
static void
blank(const struct pool *pool, const struct pool_part *p)
{
	static const uint8_t zero[POOL_PAGE];
	char why[ERR_MAX];
	size_t len = strlen(err_msg());
	memcpy(why, err_msg(), len + 1);
	/* best effort: the medium may be what failed */
	IGNORE(part_write_page(p, first_page(pool, p), zero));
	(void)err_set(0, "%s", why);
}

void
pool_discard(struct pool *pool)
{
	if (pool == NULL)
		return;
	for (unsigned i = 0; i < pool->nparts; i++) {
		const struct pool_part *p = &pool->parts[i];
		/* before the lock goes: nobody else can have it yet */
		if (p->created)
			part_unlink(p);
		else if (pool->made)
			blank(pool, p);
	}
	pool_free(pool);
}
