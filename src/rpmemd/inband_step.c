/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inband_step.c -- steps of attaching, which the out-of-band side takes
 *
 * What changes only the record is done where it is asked for.  The steps of
 * catching up change what the worker does with its next record, and may write
 * to the disk for a while: the worker takes them itself, between two frames,
 * and the thread that asked for them hears the initiator meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "rpmemd/inband.h"

#define SLICE_MS 100u

/* before anything of this session: what the copy has counts for nothing, so
 * numbers begin anew */
static int
discard(struct inband *ib, const uint8_t uuid[UUID16_LEN])
{
	if (ib->took)
		return err_set(-EPROTO, "a copy is discarded before the "
					"session's first change");
	int rc = copy_overwrite(ib->copy, uuid);
	if (rc < 0)
		return rc;
	ib->taken = 0;
	atomic_store(&ib->applied, 0);
	atomic_store(&ib->durable, 0);
	return 0;
}

void
inband_take_step(struct inband *ib)
{
	mutex_lock(&ib->step_lock);
	uint32_t step = ib->step;
	uint8_t uuid[UUID16_LEN];
	memcpy(uuid, ib->step_uuid, UUID16_LEN);
	mutex_unlock(&ib->step_lock);
	if (step == 0)
		return;
	/* without the lock: who waits for it ticks meanwhile */
	int rc = step == OOB_ATTACH_DISCARD ? discard(ib, uuid)
					    : catchup_step(ib, step);
	mutex_lock(&ib->step_lock);
	ib->step_rc = rc;
	(void)snprintf(ib->step_text, sizeof(ib->step_text), "%s",
		rc < 0 ? err_msg() : "");
	ib->step = 0;
	cond_wake_all(&ib->step_done);
	mutex_unlock(&ib->step_lock);
}

static int
have_taken(struct inband *ib, const struct oob_attach *a)
{
	int rc = 0;
	mutex_lock(&ib->step_lock);
	ib->step = a->step;
	memcpy(ib->step_uuid, a->primary_uuid, UUID16_LEN);
	mutex_unlock(&ib->step_lock);
	if (atomic_load(&ib->is_up))
		conn_wake(ib->conn);
	mutex_lock(&ib->step_lock);
	while (rc == 0 && ib->step != 0) {
		cond_wait(&ib->step_done, &ib->step_lock,
			deadline_in_ms(SLICE_MS));
		if (ib->step == 0)
			break;
		mutex_unlock(&ib->step_lock);
		rc = inband_tick(ib);
		if (rc == 0 && atomic_load(&ib->ended))
			rc = err_set(-ECONNRESET,
				"the in-band connection has ended");
		mutex_lock(&ib->step_lock);
	}
	if (rc == 0 && ib->step_rc < 0)
		rc = err_set(ib->step_rc, "%s", ib->step_text);
	mutex_unlock(&ib->step_lock);
	return rc;
}

/* may this step be taken behind those that were? */
static int
check_order(const struct inband *ib, uint32_t step)
{
	bool ends = step == OOB_ATTACH_CAUGHT_UP;
	bool discards = step == OOB_ATTACH_DISCARD;
	if (ib->is_behind && !ends && step != OOB_ATTACH_RECORD)
		return err_set(-EPROTO, "the copy is being caught up");
	if (discards && ib->has_stepped)
		return err_set(
			-EPROTO, "a copy is discarded before every other step");
	if (!discards && atomic_load(&ib->copy->must_discard))
		return err_set(-EPROTO, "the copy is not discarded yet");
	return 0;
}

int
inband_attach(struct inband *ib, const struct oob_attach *a)
{
	bool begins = a->step == OOB_ATTACH_CATCHING_UP;
	bool ends = a->step == OOB_ATTACH_CAUGHT_UP;
	int rc = check_order(ib, a->step);
	if (rc < 0)
		return rc;
	if (a->step == OOB_ATTACH_DISCARD)
		return have_taken(ib, a);
	ib->has_stepped = true;
	if (!begins && !ends)
		return copy_attach(ib->copy, a);
	rc = copy_check_attach(ib->copy, a);
	if (rc == 0)
		rc = have_taken(ib, a);
	if (rc == 0)
		ib->is_behind = begins;
	return rc;
}
