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
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/deadline.h"
#include "base/err.h"
#include "pool/grow.h"
#include "pool/state_hold.h"
#include "rpmemd/copy_internal.h"
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

int
copy_open_record(struct copy *c, const struct rpmemd_cfg *cfg)
{
	char path[OOB_DESC_MAX + 32];
	int rc = pooldir_state_path(c->desc, path, sizeof(path));
	if (rc < 0)
		return rc;
	return state_open(&c->state, cfg->poolset_dirfd, path);
}

int
copy_make_record(struct copy *c, const struct rpmemd_cfg *cfg, uint32_t flags)
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

void
copy_start(struct copy *c, const struct rpmemd_cfg *cfg,
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

void
copy_stop(struct copy *c)
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
int
copy_check_size(const struct copy *c, const struct oob_pool_req *req)
{
	uint64_t most = c->is_owner ? pool_limit(c->pool) : c->pool->size;
	if (req->pool_size <= most)
		return 0;
	return err_set(-EFBIG,
		"pool set '%s' has %llu bytes, the initiator's pool %llu",
		c->desc, (unsigned long long)most,
		(unsigned long long)req->pool_size);
}

int
copy_check_promoting(const struct copy *c)
{
	if (c->state.fd < 0 || !state_is_promoting(&c->state))
		return 0;
	return err_set(-ESTALE,
		"'%s' is being promoted, and that was cut short: run rpmem "
		"promote again on the target's machine",
		c->desc);
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
	return copy_make_record(c, cfg,
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
	rc = copy_open_record(c, cfg);
	if (rc == -ENOENT)
		rc = adopt(c, cfg);
	if (rc == 0)
		rc = copy_check_promoting(c);
	if (rc == 0)
		rc = copy_check_stamp(c);
	/* it may make the pool larger, and changes the parts */
	if (rc == 0)
		rc = redo(c, cfg);
	if (rc == 0)
		rc = copy_look(c);
	if (rc == 0)
		rc = copy_check_size(c, req);
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
	copy_start(c, cfg, req);
	int rc = pooldir_load(
		cfg->poolset_dirfd, cfg->poolset_dir, c->desc, &set);
	if (rc == 0)
		rc = open_in(c, cfg, req, set);
	uint64_t until =
		deadline_in_ms(MIN_OF(cfg->timeout_ms / 2, TAKEOVER_MAX_MS));
	while (rc == -EBUSY && takeover_wait(c, until)) {
		copy_stop(c);
		rc = open_in(c, cfg, req, set);
	}
	poolset_free(set);
	if (rc < 0)
		copy_stop(c);
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
