/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_stamp.c -- what tells that nobody else has written to a copy
 *
 * A copy has a record of what it holds, and parts that hold it; a part that is
 * restored from a backup, in place, leaves the record behind.  So the record
 * of a copy that no session changes has a stamp of its parts (pool/stamp.h),
 * put there when the last session that changed it ends, in order or not: all
 * is on media, then the times, then the record.  It is taken back, durably,
 * before the first store of the next one (copy_touch) and of all else that
 * stores into parts: a header, a journal.  So as long as a record has a stamp,
 * the parts are as they were when it was made, or somebody else has changed
 * them.
 *
 * A target that is killed in a session leaves no stamp, and nothing is known,
 * as of a copy that an older rpmemd has left.  A copy without a stamp is
 * believed.
 */
#include "rpmemd/copy.h"

#include "base/err.h"
#include "base/log.h"
#include "pool/stamp.h"

int
copy_check_stamp(struct copy *c)
{
	int rc = 0;
	mutex_lock(&c->state_lock);
	struct state *s = &c->state.state;
	bool is_new =
		c->state.fd >= 0 && copy_was_changed(s, stamp_of(c->pool));
	if (is_new) {
		copy_set_changed(s);
		rc = state_write(&c->state);
	}
	mutex_unlock(&c->state_lock);
	if (is_new)
		LOG_WARN("'%s': its parts were written to by something else "
			 "since its last session ended (restored from a "
			 "backup?): nobody knows what it holds until its "
			 "primary has made it equal",
			c->desc);
	return rc;
}

int
copy_put_stamp(struct copy *c)
{
	int rc = 0;
	mutex_lock(&c->state_lock);
	struct state *s = &c->state.state;
	if (c->state.fd >= 0 && s->stamp == 0)
		rc = stamp_set(c->pool, &s->stamp);
	mutex_unlock(&c->state_lock);
	return rc;
}
