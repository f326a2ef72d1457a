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
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/err.h"
#include "base/fault.h"
#include "pool/dirset.h"
#include "pool/stamp.h"
#include "rpmemd/apply.h"
#include "rpmemd/inband.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/recorder.h"
#include "rpmemd/redo.h"

_Static_assert(LINEAGE_SIZE_MAX == LINEAGE_PAYLOAD_MAX &&
		       LINEAGE_SIZE_MAX == OOB_LINEAGE_MAX,
	"any lineage travels");
_Static_assert(STATE_LINEAGE_NONE == (int)OOB_LINEAGE_NONE &&
		       STATE_LINEAGE_HAS == (int)OOB_LINEAGE_HAS &&
		       STATE_LINEAGE_LOST == (int)OOB_LINEAGE_LOST,
	"what is known of it travels as it is");

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

/* what is missing: the copy, or a place for it? */
static int
not_there(int dir, const char *base)
{
	if (faccessat(dir, base, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -ENOENT;
	return err_set(
		-ENOENT, "there is no copy '%s': " OOB_NO_SET_TEXT, base);
}

/* the parent is looked up as that of a pool is: never out of the directory */
static int
look(const struct rpmemd_cfg *cfg, const char *desc, struct state_view *v)
{
	const char *base = NULL;
	char name[OOB_DESC_MAX + 32];
	CLEANUP(closep)
	int dir = pooldir_parent(cfg->poolset_dirfd, desc, &base);
	if (dir < 0)
		return dir;
	int rc = pooldir_state_path(base, name, sizeof(name));
	if (rc == 0)
		rc = state_look(v, dir, name);
	return rc == -ENOENT ? not_there(dir, base) : rc;
}

/* of the parts; 0: it cannot be told */
static uint64_t
look_at_parts(const struct rpmemd_cfg *cfg, const char *desc)
{
	struct poolset *set = NULL;
	uint64_t stamp = 0;
	if (pooldir_load(cfg->poolset_dirfd, cfg->poolset_dir, desc, &set) ==
			0 &&
		dirset_resolve(set) == 0)
		stamp = stamp_look(&set->replicas[0]);
	poolset_free(set);
	return stamp;
}

int
copy_tell_lineage(const struct rpmemd_cfg *cfg, const char *desc,
	struct oob_lineage_reply *out)
{
	struct state_view v = {.mapped = 0};
	int rc = look(cfg, desc, &v);
	struct redo_end end = {0};
	uint64_t before = v.state.generation;
	uint64_t stamp = 0;
	if (rc == 0 && v.state.stamp != 0)
		stamp = look_at_parts(cfg, desc);
	if (rc == 0)
		end = redo_end(cfg->poolset_dirfd, desc, &v.state);
	/* again: a journal that has just gone has left its number there; and a
	 * session that stores into the parts has changed the record before */
	if (rc == 0)
		rc = look(cfg, desc, &v);
	if (rc < 0)
		return rc;
	struct state *s = &v.state;
	if (s->generation == before && copy_was_changed(s, stamp))
		copy_set_changed(s);
	uint64_t last = copy_last_seq(s, state_is_this_boot(s), v.mapped);
	*out = (struct oob_lineage_reply){.flags = s->flags,
		.copy_id = s->copy_id,
		.last_seq = MAX_OF(last, end.seq),
		.is = (uint8_t)v.lineage.is};
	if (v.is_promoting)
		out->flags |= OOB_LINEAGE_F_PROMOTING;
	const struct lineage *l = &v.lineage.lineage;
	if (end.id != 0 && end.id == v.lineage.pending) {
		l = &v.lineage.next;
		out->is = OOB_LINEAGE_HAS;
	}
	memcpy(out->primary_uuid, s->primary_uuid, UUID16_LEN);
	if (out->is == OOB_LINEAGE_HAS)
		out->lineage.len =
			(uint16_t)lineage_encode(l, out->lineage.bytes);
	return 0;
}
