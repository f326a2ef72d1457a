/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_lineage.c -- see copy_lineage.h
 *
 * The argument.  A lineage is a change in stream order: it begins a
 * generation, or lists a copy that has joined it.  Whoever decides later by
 * what is on record wants two things to be true at every instant:
 *
 *   - a copy that calls a generation ended has all of it.  So what was before
 *     the lineage is durable before the lineage is.
 *   - a copy has no record of a generation that it does not call its own:
 *     its number would be behind the end of the generation that it knows, as
 *     if it had forked.  So what is behind the lineage is applied, and its own
 *     number counts, after it is durable.
 *
 * Hence here, at once, and not together with the next ack: changes of a
 * generation are rare, and each waits for all members anyway.
 *
 * Behind a journal that counts, "durable" is the journal, and the lineage's
 * number goes into it as a barrier.  In a journal that does not count yet, it
 * waits for the same word that makes all of the journal count: so a copy never
 * has what a primary has sent and calls itself a member of an older
 * generation, which another pool of that generation would take for its own.
 * A copy that is marked as no point meanwhile gets its lineage at once: whoever
 * finds the mark believes nothing else of it.
 */
#include "rpmemd/copy_lineage.h"

#include <errno.h>
#include <signal.h>

#include "base/err.h"
#include "base/fault.h"
#include "rpmemd/apply.h"
#include "rpmemd/copy_internal.h"
#include "rpmemd/inband.h"
#include "rpmemd/recorder.h"

_Static_assert(LINEAGE_SIZE_MAX == LINEAGE_PAYLOAD_MAX &&
		       LINEAGE_SIZE_MAX == OOB_LINEAGE_MAX,
	"any lineage travels");

int
copy_check_lineage(
	struct copy *c, const uint8_t *in, uint32_t len, struct lineage *l_out)
{
	mutex_lock(&c->state_lock);
	const struct state *s = &c->state.state;
	uint64_t id = s->copy_id;
	bool is_recorded =
		(s->flags & STATE_F_RECORD) && !uuid16_is_zero(s->primary_uuid);
	mutex_unlock(&c->state_lock);
	if (!c->is_owner || !is_recorded)
		return err_set(-EPROTO,
			"a lineage from %s: only the owner that is recorded as "
			"its primary gives a copy one",
			c->is_owner ? "a session that has not recorded its "
				      "primary"
				    : "a passive session");
	if (lineage_decode(in, len, l_out) < 0)
		return err_set(-EPROTO, "a lineage that cannot be read");
	if (lineage_has_member(l_out, id))
		return 0;
	return err_set(-EPROTO,
		"a lineage whose last generation does not have this copy "
		"(%016llx) as a member: it is another copy's",
		(unsigned long long)id);
}

/*
 * The lineage first, then that it is known: a death in between leaves a copy
 * that is compared once more than needed.
 */
int
copy_take_lineage(struct copy *c, const struct lineage *l)
{
	mutex_lock(&c->state_lock);
	int rc = state_lineage_write(&c->state, l);
	if (FAULT("rpmemd/die-behind-lineage"))
		(void)raise(SIGKILL);
	if (rc == 0) {
		copy_claim(c);
		rc = copy_change_flags(c, 0, STATE_F_UNKNOWN | STATE_F_REBUILT);
	}
	mutex_unlock(&c->state_lock);
	return rc;
}

int
copy_expect_lineage(struct copy *c, const struct lineage *l, uint64_t journal)
{
	mutex_lock(&c->state_lock);
	int rc = state_lineage_expect(&c->state, l, journal);
	mutex_unlock(&c->state_lock);
	return rc;
}

int
copy_settle_lineage(struct copy *c, uint64_t journal)
{
	mutex_lock(&c->state_lock);
	int rc = state_lineage_settle(&c->state, journal);
	mutex_unlock(&c->state_lock);
	return rc;
}

/* it is on record, or media_error is set */
static void
put(struct inband *ib, const struct lineage *l)
{
	bool waits = ib->catchup.mode == CATCHUP_JOURNALLING;
	if (!waits && apply_make_durable(ib) < 0)
		return;
	if (FAULT("rpmemd/die-before-lineage"))
		(void)raise(SIGKILL);
	inband_busy(ib, true);
	int rc = waits ? copy_expect_lineage(
				 ib->copy, l, ib->catchup.journal.begin.id)
		       : copy_take_lineage(ib->copy, l);
	inband_busy(ib, false);
	if (rc < 0)
		apply_failed(ib, rc, "writing the lineage");
	if (FAULT("rpmemd/die-after-lineage"))
		(void)raise(SIGKILL);
}

int
apply_lineage(struct inband *ib, const struct record *rec)
{
	struct lineage l;
	struct record barrier = {.type = REC_BARRIER, .seq = rec->seq};
	int rc = copy_check_lineage(
		ib->copy, rec->payload, (uint32_t)rec->len, &l);
	if (rc < 0)
		return rc;
	put(ib, &l);
	if (ib->media_error != 0)
		return 0;
	record(&barrier);
	apply_take(ib, &barrier);
	return 0;
}
