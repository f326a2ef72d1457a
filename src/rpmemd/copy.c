/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy.c -- see copy.h
 *
 * The record says what the bytes cannot: which primary the copy belongs to,
 * whether it was ever finished, whether it is being changed right now in a
 * way that is no prefix of the primary's history, whether a primary is being
 * rebuilt from it.  Every change of the record is durable before what it
 * announces begins, and is taken back only after it has ended, so a crash at
 * any point leaves a record that is too careful, never one that promises too
 * much.
 */
#include "rpmemd/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/deadline.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "pool/dirset.h"
#include "pool/grow.h"
#include "pool/hooked.h"
#include "pool/state_hold.h"
#include "rpmemd/journal.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/redo.h"
#include "rpmemd/retire.h"
#include "rpmemd/takeover.h"

_Static_assert(STATE_F_ALL == OOB_COPY_F_ALL &&
		       STATE_F_CREATING == OOB_COPY_F_CREATING &&
		       STATE_F_CLEAN == OOB_COPY_F_CLEAN &&
		       STATE_F_LENT == OOB_COPY_F_LENT &&
		       STATE_F_EQUALISING == OOB_COPY_F_EQUALISING &&
		       STATE_F_RECORD == OOB_COPY_F_RECORD &&
		       STATE_F_SUSPECT == OOB_COPY_F_SUSPECT &&
		       STATE_F_UNWRITTEN == OOB_COPY_F_UNWRITTEN &&
		       STATE_F_PROMOTED == OOB_COPY_F_PROMOTED &&
		       STATE_F_UNKNOWN == OOB_COPY_F_UNKNOWN &&
		       STATE_F_REBUILT == OOB_COPY_F_REBUILT &&
		       STATE_F_CHANGED == OOB_COPY_F_CHANGED &&
		       STATE_F_RAW == OOB_COPY_F_RAW,
	"state flags travel as they are stored");

#define DESCRIPTOR_OFF 4096u
#define DESCRIPTOR_LEN 2048u

static int
open_state(struct copy *c, const struct rpmemd_cfg *cfg)
{
	char path[OOB_DESC_MAX + 32];
	int rc = pooldir_state_path(c->desc, path, sizeof(path));
	if (rc < 0)
		return rc;
	return state_open(&c->state, cfg->poolset_dirfd, path);
}

static int
make_state(struct copy *c, const struct rpmemd_cfg *cfg, uint32_t flags)
{
	const char *base = NULL;
	char name[OOB_DESC_MAX + 32];
	struct state first = {.flags = flags};
	if (attr_is_zero(&c->attr))
		first.flags |= STATE_F_RAW;
	memcpy(first.poolset_uuid, c->attr.poolset_uuid, UUID16_LEN);
	state_boot_id(first.boot_id);
	CLEANUP(closep)
	int dir = pooldir_parent(cfg->poolset_dirfd, c->desc, &base);
	if (dir < 0)
		return dir;
	int rc = pooldir_state_path(base, name, sizeof(name));
	return rc < 0 ? rc : state_create(&c->state, dir, name, &first);
}

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
	return rc < 0 ? rc : make_state(job->copy, job->cfg, STATE_F_CREATING);
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

static void
start(struct copy *c, const struct rpmemd_cfg *cfg,
	const struct oob_pool_req *req)
{
	*c = (struct copy){.cfg = cfg, .state = {.fd = -1}};
	mutex_init(&c->state_lock);
	memcpy(c->desc, req->desc, sizeof(c->desc));
	c->is_owner = (req->flags & OOB_OPEN_F_OWNER) != 0;
	c->as_is = (req->flags & OOB_OPEN_F_AS_IS) != 0;
	memcpy(c->owner_id, req->owner_id, UUID16_LEN);
	c->open_counter = req->open_counter;
	atomic_init(&c->must_discard, (req->flags & OOB_OPEN_F_DISCARD) != 0);
}

static void
stop(struct copy *c)
{
	char text[ERR_MAX];
	/* the error that led here, if one did, is the one to report */
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	IGNORE(pool_close(c->pool)); /* nothing was changed */
	c->pool = NULL;
	state_close(&c->state);
	(void)err_set(0, "%s", text);
}

/* an owner makes it grow before it is compared */
static int
check_size(const struct copy *c, const struct oob_pool_req *req)
{
	uint64_t most = c->is_owner ? pool_limit(c->pool) : c->pool->size;
	if (req->pool_size <= most)
		return 0;
	return err_set(-EFBIG,
		"pool set '%s' has %llu bytes, the initiator's pool %llu",
		c->desc, (unsigned long long)most,
		(unsigned long long)req->pool_size);
}

/* does the pool hold a descriptor, i.e. did its creation get that far? */
static bool
has_descriptor(struct pool *pool)
{
	uint8_t d[DESCRIPTOR_LEN];
	if (pool->size < DESCRIPTOR_OFF + DESCRIPTOR_LEN ||
		pool_read(pool, DESCRIPTOR_OFF, d, sizeof(d)) < 0)
		return true; /* cannot tell: keep it */
	for (size_t i = 0; i < sizeof(d); i++)
		if (d[i] != 0)
			return true;
	return false;
}

/* what a promotion has begun, only a promotion ends */
static int
check_promoting(const struct copy *c)
{
	if (c->state.fd < 0 || !state_is_promoting(&c->state))
		return 0;
	return err_set(-ESTALE,
		"'%s' is being promoted, and that was cut short: run rpmem "
		"promote again on the target's machine",
		c->desc);
}

/* remove an unfinished copy of this name; 0 if there is none any more;
 * -EEXIST: one that a look at its first page would not find */
static int
replace_unfinished(
	struct copy *c, const struct rpmemd_cfg *cfg, const struct poolset *set)
{
	struct pool_attr old;
	if (open_state(c, cfg) < 0)
		return 0; /* no record: pool_create looks at the parts */
	struct state s = c->state.state;
	int rc = check_promoting(c);
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
	stop(c);
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
		rc = check_size(c, req);
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
	start(c, cfg, req);
	int rc = pooldir_load(
		cfg->poolset_dirfd, cfg->poolset_dir, c->desc, &set);
	if (rc == 0)
		rc = create_in(c, cfg, req, set);
	poolset_free(set);
	return rc;
}

/*
 * A copy without a record: an older target made it, or the record was lost.
 * Nobody can say which, whose it is, or what it has lived through.  With a
 * journal beside it, it is one whose record is lost, or whose removal
 * was cut off: the journal may be in it in part.
 */
static int
adopt(struct copy *c, const struct rpmemd_cfg *cfg)
{
	bool may_be_half = journal_exists(cfg->poolset_dirfd, c->desc);
	return make_state(c, cfg,
		STATE_F_UNKNOWN | (may_be_half ? STATE_F_EQUALISING : 0));
}

static int
redo(struct copy *c, const struct rpmemd_cfg *cfg)
{
	struct redo r = {.dirfd = cfg->poolset_dirfd,
		.desc = c->desc,
		.pool = c->pool,
		.state = &c->state};
	return redo_run(&r);
}

/*
 * What an earlier session stored and did not live to sync is in the page
 * cache or in caches, looks the same as the primary, and no range of this
 * session covers it.  It goes to the medium before anybody builds on it.
 */
static int
settle(struct copy *c)
{
	if ((c->state.state.flags & STATE_F_CLEAN) ||
		c->pool->durability == POOL_DURABLE_MEMORY)
		return 0;
	int rc = pool_deep(c->pool, 0, c->pool->size);
	if (rc < 0)
		copy_unwritten(c);
	return rc;
}

static int
may_open(const struct copy *c)
{
	if (!c->is_owner && c->as_is && copy_may_read_as_is(&c->state.state))
		return 0;
	if (!atomic_load(&c->must_discard))
		return copy_may_open(
			&c->state.state, c->is_owner, c->attr.signature);
	if (c->is_owner)
		return 0;
	return err_set(-EPERM, "only an owner's session discards a copy");
}

static int
open_in(struct copy *c, const struct rpmemd_cfg *cfg,
	const struct oob_pool_req *req, const struct poolset *set)
{
	int rc = pool_open(set, cfg->durability, &c->attr, &c->pool);
	if (rc < 0)
		return rc;
	rc = open_state(c, cfg);
	if (rc == -ENOENT)
		rc = adopt(c, cfg);
	if (rc == 0)
		rc = check_promoting(c);
	if (rc == 0)
		rc = copy_check_stamp(c);
	/* it may make the pool larger, and changes the parts */
	if (rc == 0)
		rc = redo(c, cfg);
	if (rc == 0)
		rc = copy_look(c);
	if (rc == 0)
		rc = check_size(c, req);
	if (rc == 0)
		rc = may_open(c);
	if (rc == 0)
		rc = settle(c);
	return rc < 0 ? rc : takeover_hold(c);
}

int
copy_open(struct copy *c, const struct rpmemd_cfg *cfg,
	const struct oob_pool_req *req)
{
	struct poolset *set = NULL;
	start(c, cfg, req);
	int rc = pooldir_load(
		cfg->poolset_dirfd, cfg->poolset_dir, c->desc, &set);
	if (rc == 0)
		rc = open_in(c, cfg, req, set);
	uint64_t until =
		deadline_in_ms(MIN_OF(cfg->timeout_ms / 2, TAKEOVER_MAX_MS));
	while (rc == -EBUSY && takeover_wait(c, until)) {
		stop(c);
		rc = open_in(c, cfg, req, set);
	}
	poolset_free(set);
	if (rc < 0)
		stop(c);
	return rc;
}

void
copy_facts(struct copy *c, struct oob_copy *facts_out)
{
	struct oob_copy f = {.durability = (uint8_t)c->pool->durability};
	attr_encode(&c->attr, f.attr);
	mutex_lock(&c->state_lock);
	f.pool_size = c->pool->size;
	f.media = (uint8_t)pool_media(c->pool);
	const struct state *s = &c->state.state;
	f.flags = s->flags;
	memcpy(f.primary_uuid, s->primary_uuid, UUID16_LEN);
	memcpy(f.boot_id, s->boot_id, UUID16_LEN);
	memcpy(f.owner_id, s->owner_id, UUID16_LEN);
	f.open_counter = s->open_counter;
	f.applied_seq = copy_last_seq(
		s, state_is_this_boot(s), state_applied(&c->state));
	mutex_unlock(&c->state_lock);
	*facts_out = f;
}

int
copy_grow(struct copy *c, uint64_t size)
{
	/* the other thread may be looking at the pool's size */
	mutex_lock(&c->state_lock);
	int rc = pool_grow(c->pool, size);
	mutex_unlock(&c->state_lock);
	return rc;
}

int
copy_close(struct copy *c, bool is_clean, uint64_t applied_seq)
{
	/* a sync that failed is no clean end */
	int rc = pool_sync(c->pool);
	bool is_good = false;
	if (rc == 0)
		rc = copy_put_stamp(c);
	if (rc < 0)
		copy_unwritten(c);
	mutex_lock(&c->state_lock);
	struct state *s = &c->state.state;
	if (rc == 0 && is_clean) {
		s->flags = copy_closed_flags(s->flags, c);
		s->applied_seq = applied_seq;
		state_boot_id(s->boot_id);
		rc = state_write(&c->state);
		is_good = rc == 0 && copy_is_consistent(s);
	} else if (c->state.fd >= 0) {
		if (rc == 0 && state_differs(&c->state))
			rc = state_write(&c->state);
		/* how long ago this session ended, for retire.c */
		(void)futimens(c->state.fd, NULL);
	}
	state_close(&c->state);
	mutex_unlock(&c->state_lock);
	if (is_good)
		retire_drop(c->cfg, c->desc);
	/* last: whoever gets the lock finds the record finished */
	int closed = pool_close(c->pool);
	c->pool = NULL;
	return rc < 0 ? rc : closed;
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
