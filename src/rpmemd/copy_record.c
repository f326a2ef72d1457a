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

int
copy_attach(struct copy *c, const struct oob_attach *a)
{
	if (!c->is_owner)
		return err_set(-EPERM, "only an owner's session attaches");
	int rc = -EPROTO;
	mutex_lock(&c->state_lock);
	struct state *s = &c->state.state;
	bool recorded = (s->flags & STATE_F_RECORD) &&
			uuid16_equal(s->primary_uuid, a->primary_uuid);
	if (a->step == OOB_ATTACH_RECORD)
		rc = record_primary(c, a->primary_uuid);
	else if (!recorded)
		rc = err_set(-ESTALE, "the primary is not recorded");
	else if (a->step == OOB_ATTACH_EQUALISING)
		rc = change_flags(c, STATE_F_EQUALISING, STATE_F_CLEAN);
	else if (a->step == OOB_ATTACH_EQUALISED)
		/* in the session that created it the pool itself is still
		 * being made: complete at its first clean close */
		rc = change_flags(c, 0,
			STATE_F_EQUALISING |
				(c->was_created ? 0 : STATE_F_CREATING));
	bool is_good = copy_is_consistent(s);
	mutex_unlock(&c->state_lock);
	if (rc == 0 && is_good)
		retire_drop(c->cfg, c->desc);
	return rc;
}

int
copy_touch(struct copy *c)
{
	mutex_lock(&c->state_lock);
	state_boot_id(c->state.state.boot_id);
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
