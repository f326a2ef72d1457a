/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_create.c -- making a copy, and undoing that
 *
 * The record comes before the first header, with the parts locked and blank,
 * and says CREATING: whatever is cut short is a copy that was never finished,
 * which the next create takes away, and nobody else uses.
 */
#include "rpmemd/copy.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "pool/descriptor.h"
#include "pool/dirset.h"
#include "pool/hooked.h"
#include "rpmemd/copy_internal.h"
#include "rpmemd/journal.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/retire.h"
#include "rpmemd/takeover.h"

/* what the hook of creating needs */
struct record_job {
	struct copy *copy;
	const struct rpmemd_cfg *cfg;
};

/* create: the parts are locked and blank, no header is written yet */
static int
record_first(void *arg)
{
	struct record_job *job = arg;
	/* what a copy that is no more has missed */
	int rc = journal_forget(job->cfg->poolset_dirfd, job->copy->desc);
	return rc < 0 ? rc
		      : copy_make_record(job->copy, job->cfg, STATE_F_CREATING);
}

/* after a create that failed: the record is ours unless somebody, the parts
 * being unlocked again, has made another */
static void
forget_record(struct copy *c, const struct rpmemd_cfg *cfg)
{
	char path[OOB_DESC_MAX + 32];
	struct stat ours, there;
	bool is_ours = c->state.fd >= 0 && fstat(c->state.fd, &ours) == 0 &&
		       pooldir_state_path(c->desc, path, sizeof(path)) == 0 &&
		       fstatat(cfg->poolset_dirfd, path, &there, 0) == 0 &&
		       ours.st_dev == there.st_dev &&
		       ours.st_ino == there.st_ino;
	if (is_ours && pooldir_unlink_state(cfg->poolset_dirfd, c->desc) < 0)
		LOG_WARN("%s", err_msg());
	state_close(&c->state);
}

/* does the pool hold a descriptor, i.e. did its creation get that far? */
static bool
has_descriptor(struct pool *pool)
{
	uint8_t d[OBJ_PERSISTENT_LEN];
	if (pool->size < DESC_OFF + OBJ_PERSISTENT_LEN ||
		pool_read(pool, DESC_OFF, d, sizeof(d)) < 0)
		return true; /* cannot tell: keep it */
	for (size_t i = 0; i < sizeof(d); i++)
		if (d[i] != 0)
			return true;
	return false;
}

/* remove an unfinished copy of this name; 0 if there is none any more;
 * -EEXIST: one that a look at its first page would not find */
static int
replace_unfinished(
	struct copy *c, const struct rpmemd_cfg *cfg, const struct poolset *set)
{
	struct pool_attr old;
	if (copy_open_record(c, cfg) < 0)
		return 0; /* no record: pool_create looks at the parts */
	struct state s = c->state.state;
	int rc = copy_check_promoting(c);
	state_close(&c->state);
	if (rc < 0)
		return rc;
	/* its parts may only not be mounted */
	if (s.flags & STATE_F_PROMOTED)
		return err_set(-EEXIST,
			"pool set '%s' holds a copy that was promoted; remove "
			"it if it is not needed (rpmemd --remove, or rpmem "
			"rm), or mount its file system",
			c->desc);
	bool is_owned = copy_is_owned_raw(&s);
	if ((!is_owned && !(s.flags & STATE_F_CREATING)) ||
		pool_open(set, cfg->durability, &old, &c->pool) < 0)
		return 0;
	bool may = copy_may_replace(&s, has_descriptor(c->pool));
	copy_stop(c);
	if (is_owned)
		return err_set(-EEXIST,
			"pool set '%s' holds a copy already; remove it if it "
			"is not needed",
			c->desc);
	if (!may)
		return 0;
	LOG_NOTICE("'%s': replacing a copy that was never finished", c->desc);
	return pool_remove(set, POOL_REMOVE_F_FORCE);
}

static int
create_in(struct copy *c, const struct rpmemd_cfg *cfg,
	const struct oob_pool_req *req, struct poolset *set)
{
	struct record_job job = {.copy = c, .cfg = cfg};
	struct pool_hook hook = {.fn = record_first, .arg = &job};
	attr_decode(req->attr, &c->attr);
	int rc = replace_unfinished(c, cfg, set);
	if (rc < 0)
		return rc;
	rc = dirset_resolve(set);
	if (rc == 0)
		rc = dirset_begin(&set->replicas[0], req->pool_size);
	if (rc < 0)
		return rc;
	rc = pool_create_hooked(
		set, &c->attr, cfg->durability, &hook, &c->pool);
	if (FAULT("rpmemd/die-after-headers"))
		(void)raise(SIGKILL);
	if (rc == 0)
		rc = copy_check_size(c, req);
	if (rc == 0)
		rc = takeover_hold(c);
	if (rc < 0) {
		copy_discard(c, cfg);
		return retire_hint(cfg, c->desc, rc);
	}
	c->was_created = true;
	return 0;
}

int
copy_create(struct copy *c, const struct rpmemd_cfg *cfg,
	const struct oob_pool_req *req)
{
	struct poolset *set = NULL;
	copy_start(c, cfg, req);
	int rc = pooldir_load(
		cfg->poolset_dirfd, cfg->poolset_dir, c->desc, &set);
	if (rc == 0)
		rc = create_in(c, cfg, req, set);
	poolset_free(set);
	return rc;
}

void
copy_discard(struct copy *c, const struct rpmemd_cfg *cfg)
{
	char text[ERR_MAX];
	/* the error that led here is the one to report */
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	/* the parts first: a record without parts is harmless */
	pool_discard(c->pool);
	c->pool = NULL;
	forget_record(c, cfg);
	(void)err_set(0, "%s", text);
}
