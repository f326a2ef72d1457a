/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_record.c -- what a session changes in the record of an open copy
 *
 * Each change is durable before what it announces begins: the mark before the
 * first byte that it is about.
 */
#include "rpmemd/copy.h"

#include <errno.h>
#include <string.h>

#include "base/bootid.h"
#include "base/err.h"
#include "rpmemd/retire.h"

/* set and clear flags of the record; writes only if something changes */
static int
change_flags(struct copy *c, uint32_t set, uint32_t clear)
	REQUIRES(&c->state_lock)
{
	struct state *s = &c->state.state;
	uint32_t flags = (s->flags | set) & ~clear;
	if (flags == s->flags)
		return 0;
	s->flags = flags;
	return state_write(&c->state);
}

static int
record_primary(struct copy *c, const uint8_t uuid[UUID16_LEN])
	REQUIRES(&c->state_lock)
{
	struct state *s = &c->state.state;
	if ((s->flags & STATE_F_RECORD) && !uuid16_equal(s->primary_uuid, uuid))
		return err_set(
			-ESTALE, "the copy belongs to another primary already");
	memcpy(s->primary_uuid, uuid, UUID16_LEN);
	return change_flags(c, STATE_F_RECORD, STATE_F_LENT);
}

static int
check_recorded(const struct copy *c, const uint8_t uuid[UUID16_LEN])
	REQUIRES(&c->state_lock)
{
	const struct state *s = &c->state.state;
	if ((s->flags & STATE_F_RECORD) && uuid16_equal(s->primary_uuid, uuid))
		return 0;
	return err_set(-ESTALE, "the primary is not recorded");
}

static int
check_owner(const struct copy *c)
{
	if (c->is_owner)
		return 0;
	return err_set(-EPERM, "only an owner's session attaches");
}

int
copy_check_attach(struct copy *c, const struct oob_attach *a)
{
	int rc = check_owner(c);
	if (rc < 0)
		return rc;
	mutex_lock(&c->state_lock);
	rc = check_recorded(c, a->primary_uuid);
	mutex_unlock(&c->state_lock);
	return rc;
}

/* it is a point of its primary's history now */
static int
unmark(struct copy *c) REQUIRES(&c->state_lock)
{
	/* in the session that created it the pool itself is still being made:
	 * complete at its first clean close */
	return change_flags(c, 0,
		STATE_F_EQUALISING | (c->was_created ? 0 : STATE_F_CREATING));
}

int
copy_attach(struct copy *c, const struct oob_attach *a)
{
	int rc = check_owner(c);
	if (rc < 0)
		return rc;
	mutex_lock(&c->state_lock);
	if (a->step == OOB_ATTACH_RECORD)
		rc = record_primary(c, a->primary_uuid);
	else
		rc = check_recorded(c, a->primary_uuid);
	if (rc == 0 && a->step == OOB_ATTACH_EQUALISING)
		rc = change_flags(c, STATE_F_EQUALISING, STATE_F_CLEAN);
	else if (rc == 0 && a->step == OOB_ATTACH_EQUALISED)
		rc = unmark(c);
	bool is_good = copy_is_consistent(&c->state.state);
	mutex_unlock(&c->state_lock);
	if (rc == 0 && is_good)
		retire_drop(c->cfg, c->desc);
	return rc;
}

/*
 * What is not consistent has no point to keep.  What is, lies on media with
 * `media` (settle in copy.c), and nothing of it changes before copy_touch: so
 * it is clean from here on, and no reboot makes it suspect.
 */
static int
begin_catchup(struct copy *c, uint64_t seq, struct journal_begin *begin_out)
	REQUIRES(&c->state_lock)
{
	struct state *s = &c->state.state;
	if (c->was_created)
		return err_set(-EPROTO, "a copy that was just made missed "
					"nothing");
	if (s->flags & STATE_F_LENT)
		return err_set(-ESTALE,
			"a rebuild of the primary from this copy was cut "
			"short");
	if (!copy_is_consistent(s)) {
		int rc = change_flags(c, STATE_F_EQUALISING, STATE_F_CLEAN);
		return rc < 0 ? rc : COPY_NO_POINT;
	}
	bool on_media = c->pool->durability == POOL_DURABLE_MEDIA;
	*begin_out = (struct journal_begin){.seq = seq,
		.pool_size = c->pool->size,
		.flags = on_media ? JOURNAL_F_SYNCED : 0};
	memcpy(begin_out->poolset_uuid, s->poolset_uuid, UUID16_LEN);
	memcpy(begin_out->primary_uuid, s->primary_uuid, UUID16_LEN);
	if (!on_media || (s->flags & STATE_F_CLEAN))
		return 0;
	s->applied_seq = seq;
	boot_id(s->boot_id);
	return change_flags(c, STATE_F_CLEAN, 0);
}

int
copy_begin_catchup(
	struct copy *c, uint64_t seq, struct journal_begin *begin_out)
{
	mutex_lock(&c->state_lock);
	int rc = begin_catchup(c, seq, begin_out);
	mutex_unlock(&c->state_lock);
	return rc;
}

int
copy_mark(struct copy *c)
{
	mutex_lock(&c->state_lock);
	int rc = change_flags(c, STATE_F_EQUALISING, STATE_F_CLEAN);
	mutex_unlock(&c->state_lock);
	return rc;
}

int
copy_unmark(struct copy *c)
{
	mutex_lock(&c->state_lock);
	int rc = unmark(c);
	mutex_unlock(&c->state_lock);
	if (rc == 0)
		retire_drop(c->cfg, c->desc);
	return rc;
}

int
copy_touch(struct copy *c)
{
	mutex_lock(&c->state_lock);
	boot_id(c->state.state.boot_id);
	int rc = change_flags(c, 0, STATE_F_CLEAN);
	mutex_unlock(&c->state_lock);
	return rc;
}

int
copy_lend(struct copy *c)
{
	mutex_lock(&c->state_lock);
	int rc = 0;
	if (!c->is_owner && !(c->state.state.flags & STATE_F_RAW))
		rc = change_flags(c, STATE_F_LENT, 0);
	mutex_unlock(&c->state_lock);
	return rc;
}
