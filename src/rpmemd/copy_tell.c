/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_tell.c -- what is on record of a copy, for whoever asks
 *
 * Nothing is locked: somebody else may hold the copy, and change it meanwhile.
 * So the record is looked at twice, with what lies beside it in between, and
 * what contradicts a record counts only if that is still the same.
 */
#include "rpmemd/copy_lineage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "pool/dirset.h"
#include "pool/stamp.h"
#include "rpmemd/copy.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/redo.h"

_Static_assert(STATE_LINEAGE_NONE == (int)OOB_LINEAGE_NONE &&
		       STATE_LINEAGE_HAS == (int)OOB_LINEAGE_HAS &&
		       STATE_LINEAGE_LOST == (int)OOB_LINEAGE_LOST,
	"what is known of it travels as it is");

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
