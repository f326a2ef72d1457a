/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_record.c -- what a session changes in the record of an open copy
 *
 * Each change is durable before what it announces begins: the mark before the
 * first byte that it is about.
 *
 * Whose session it is becomes part of the record with the first of them, that
 * is before the session's first change of the pool, of its headers, or of a
 * journal that somebody else may have to apply.  So an owner whose last open
 * is the one on record knows that nobody has changed the copy since, and one
 * that finds another there knows that somebody may have.  A session that says
 * nothing of itself leaves nothing there, for the same reason.  Opening and
 * reading leave the record as it was.
 */
#include "rpmemd/copy.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "rpmemd/copy_internal.h"
#include "rpmemd/retire.h"

int
copy_save(struct copy *c)
{
	return state_differs(&c->state) ? state_write(&c->state) : 0;
}

int
copy_change_flags(struct copy *c, uint32_t set, uint32_t clear)
{
	struct state *s = &c->state.state;
	s->flags = (s->flags | set) & ~clear;
	return copy_save(c);
}

void
copy_claim(struct copy *c)
{
	struct state *s = &c->state.state;
	memcpy(s->owner_id, c->owner_id, UUID16_LEN);
	s->open_counter = c->open_counter;
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
	copy_claim(c);
	return copy_change_flags(c, STATE_F_RECORD, STATE_F_LENT);
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
	return copy_change_flags(c, 0,
		STATE_F_EQUALISING | STATE_F_SUSPECT | STATE_F_UNKNOWN |
			STATE_F_CHANGED |
			(c->was_created ? 0 : STATE_F_CREATING));
}

/* one that cannot be read decides nothing; the id of an older record is kept
 * from here on */
static int
look_at_lineage(struct copy *c) REQUIRES(&c->state_lock)
{
	bool is_lost = c->state.lineage.is == STATE_LINEAGE_LOST;
	if (is_lost && !(c->state.state.flags & STATE_F_UNKNOWN))
		LOG_WARN("'%s': its lineage is damaged: an owner gets it only "
			 "if every byte is equal",
			c->desc);
	return copy_change_flags(c, is_lost ? STATE_F_UNKNOWN : 0, 0);
}

/*
 * Behind redo: what a journal has made whole is clean, and what it could not
 * has kept the boot that it was stored in; what could not be written is
 * written, or went with the other boot.  Before everything else: whoever
 * touches the copy says that it is of this boot, and then nothing but the flag
 * knows.  A number that was mapped in another boot, or before a write was
 * refused, may be of records whose pages are gone: it must not count later.
 */
int
copy_look(struct copy *c)
{
	int rc = 0;
	mutex_lock(&c->state_lock);
	struct state *s = &c->state.state;
	bool is_now = state_is_this_boot(s);
	bool is_new = !(s->flags & STATE_F_SUSPECT);
	bool refused = (s->flags & STATE_F_UNWRITTEN) != 0;
	if (copy_is_suspect(s, is_now, copy_in_page_cache(c->pool))) {
		s->applied_seq = 0;
		rc = copy_change_flags(c, STATE_F_SUSPECT, STATE_F_UNWRITTEN);
	}
	if (rc == 0 && (!is_now || (s->flags & STATE_F_SUSPECT)))
		state_set_applied(&c->state, s->applied_seq);
	is_new = is_new && (s->flags & STATE_F_SUSPECT);
	if (rc == 0)
		rc = look_at_lineage(c);
	mutex_unlock(&c->state_lock);
	if (is_new)
		LOG_WARN("'%s': %s: it is suspect until its primary has made "
			 "it equal",
			c->desc,
			refused ? "its medium has refused a write"
				: "this machine went down while it was in use");
	return rc;
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
	if (rc == 0)
		copy_claim(c);
	if (rc == 0 && a->step == OOB_ATTACH_EQUALISING)
		rc = copy_change_flags(c, STATE_F_EQUALISING, STATE_F_CLEAN);
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
	copy_claim(c);
	if (!copy_is_consistent(s)) {
		int rc =
			copy_change_flags(c, STATE_F_EQUALISING, STATE_F_CLEAN);
		return rc < 0 ? rc : COPY_NO_POINT;
	}
	bool on_media = c->pool->durability == POOL_DURABLE_MEDIA;
	*begin_out = (struct journal_begin){.seq = seq,
		.pool_size = c->pool->size,
		.flags = on_media ? JOURNAL_F_SYNCED : 0};
	memcpy(begin_out->poolset_uuid, s->poolset_uuid, UUID16_LEN);
	memcpy(begin_out->primary_uuid, s->primary_uuid, UUID16_LEN);
	if (!on_media || (s->flags & STATE_F_CLEAN))
		return copy_save(c);
	s->applied_seq = seq;
	state_boot_id(s->boot_id);
	return copy_change_flags(c, STATE_F_CLEAN, 0);
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
	int rc = copy_change_flags(c, STATE_F_EQUALISING, STATE_F_CLEAN);
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
copy_set_attr(struct copy *c, const uint8_t *attr)
{
	struct pool_attr a;
	if (atomic_load(&c->must_discard))
		return err_set(-EPROTO, "the copy is not discarded yet");
	attr_decode(attr, &a);
	mutex_lock(&c->state_lock);
	copy_claim(c);
	c->state.state.stamp = 0; /* headers are changed */
	int rc = copy_save(c);
	mutex_unlock(&c->state_lock);
	if (rc == 0)
		rc = pool_set_attr(c->pool, &a);
	if (rc < 0)
		return rc;
	c->attr = a;
	c->attr_was_set = true;
	mutex_lock(&c->state_lock);
	memcpy(c->state.state.poolset_uuid, a.poolset_uuid, UUID16_LEN);
	rc = copy_save(c);
	mutex_unlock(&c->state_lock);
	return rc;
}

/*
 * In three steps, each durable, of which every prefix is too careful:
 *
 *   1. it is no point, and nobody knows of what: what its lineage says is not
 *      to be believed, nobody promotes it without --force
 *   2. the lineage goes
 *   3. it is this primary's, and known again; it stays no point until it was
 *      made equal
 *
 * Killed before 3 it is discarded again: its record names whom it named, and a
 * promoted one stays promoted.  Its number goes with the first step: it is one
 * of a history that has ended.  With the last one it gets an id of its own, as
 * its files may be another copy's, or the pool's, that were copied here.
 */
static int
overwrite(struct copy *c, const uint8_t uuid[UUID16_LEN])
	REQUIRES(&c->state_lock)
{
	struct state *s = &c->state.state;
	s->applied_seq = 0;
	state_boot_id(s->boot_id);
	copy_claim(c);
	int rc = copy_change_flags(
		c, STATE_F_EQUALISING | STATE_F_UNKNOWN, STATE_F_CLEAN);
	if (rc < 0)
		return rc;
	state_set_applied(&c->state, 0);
	if (FAULT("rpmemd/die-discarding"))
		(void)raise(SIGKILL);
	rc = state_lineage_erase(&c->state);
	if (FAULT("rpmemd/die-discarding"))
		(void)raise(SIGKILL);
	if (rc == 0)
		rc = state_renew_id(&c->state);
	if (rc < 0)
		return rc;
	memcpy(s->primary_uuid, uuid, UUID16_LEN);
	return copy_change_flags(c, STATE_F_RECORD,
		STATE_F_UNKNOWN | STATE_F_PROMOTED | STATE_F_LENT |
			STATE_F_REBUILT);
}

int
copy_overwrite(struct copy *c, const uint8_t uuid[UUID16_LEN])
{
	int rc = check_owner(c);
	if (rc < 0)
		return rc;
	mutex_lock(&c->state_lock);
	rc = overwrite(c, uuid);
	mutex_unlock(&c->state_lock);
	if (rc < 0)
		return rc;
	atomic_store(&c->must_discard, false);
	LOG_NOTICE("'%s': it is discarded: what it held is overwritten by a "
		   "primary",
		c->desc);
	return 0;
}

void
copy_unwritten(struct copy *c)
{
	char text[ERR_MAX];
	int rc = 0;
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	mutex_lock(&c->state_lock);
	c->state.state.stamp = 0; /* the next open stores all of it again */
	if (c->state.fd >= 0)
		rc = copy_change_flags(c, STATE_F_UNWRITTEN, STATE_F_CLEAN);
	mutex_unlock(&c->state_lock);
	if (rc < 0)
		LOG_ERR("'%s': the medium refused a write, and the record "
			"cannot say so: %s; do not use the copy before its "
			"primary has made it equal",
			c->desc, err_msg());
	(void)err_set(0, "%s", text);
}

int
copy_touch(struct copy *c)
{
	mutex_lock(&c->state_lock);
	state_boot_id(c->state.state.boot_id);
	c->state.state.stamp = 0;
	copy_claim(c);
	int rc = copy_change_flags(c, 0, STATE_F_CLEAN);
	mutex_unlock(&c->state_lock);
	return rc;
}

int
copy_lend(struct copy *c)
{
	mutex_lock(&c->state_lock);
	int rc = 0;
	if (!c->is_owner && !(c->state.state.flags & STATE_F_RAW))
		rc = copy_change_flags(c, STATE_F_LENT, 0);
	mutex_unlock(&c->state_lock);
	return rc;
}
