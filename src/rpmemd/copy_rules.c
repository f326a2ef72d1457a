/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_rules.c -- who may open or replace a copy, and what a close means
 *
 * Pure: flags and facts in, a verdict out.  copy.c does what they say.
 */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "rpmemd/copy.h"

/*
 * Nobody's copy: a caller of librpmem has put there what it likes, and knows
 * itself what a call has told it.  There is no primary to make it equal.
 */
static bool
is_callers_own(const struct state *s, const uint8_t signature[8])
{
	return !(s->flags & STATE_F_RECORD) &&
	       memcmp(signature, "PMEM", 4) != 0;
}

/* what a promote of a raw copy has left, of an older target alone */
static bool
is_nobodys(const struct state *s)
{
	return (s->flags & STATE_F_RECORD) && uuid16_is_zero(s->primary_uuid);
}

int
copy_may_open(const struct state *s, bool is_owner, const uint8_t signature[8])
{
	bool is_raw = (s->flags & STATE_F_RAW) != 0;
	/* a raw one has no header that a tool could take for a copy's */
	if (((s->flags & STATE_F_PROMOTED) && (is_owner || !is_raw)) ||
		(is_owner && is_nobodys(s)))
		return err_set(-ESTALE,
			"it is no copy any more: it was promoted, and is a "
			"primary. Use it where it is; if the old primary is "
			"the right one all the same, remove the pool here "
			"(rpmemd --remove NAME) and make the copy anew (rpmem "
			"run --make-copies)");
	if (is_owner)
		return 0;
	if (s->flags & STATE_F_EQUALISING)
		return err_set(-ESTALE,
			"the copy was being made equal when its session ended: "
			"it is not consistent; open the pool with its program, "
			"which finishes that");
	if ((s->flags & STATE_F_CHANGED) && !is_callers_own(s, signature))
		return err_set(-ESTALE,
			"its parts were written to by something else than "
			"rpmemd since its last session ended (restored from a "
			"backup?), so nobody knows what it holds; open the "
			"pool with its program, which makes it equal. If the "
			"primary is lost: rpmem sync SET --from \"TARGET "
			"NAME\" takes it as it is");
	if ((s->flags & STATE_F_SUSPECT) && !is_callers_own(s, signature))
		return err_set(-ESTALE,
			"the copy is suspect: the target's machine went down "
			"while it was in use, or its medium refused a write, "
			"so pages may be missing in it; open the pool with its "
			"program, which makes it equal, "
			"or make a copy of the parts and try rpmem promote "
			"--force if the primary is lost");
	/* what only pmempool fills is finished when pmempool says so; what
	 * a program's library fills is a prefix at any time */
	if ((s->flags & STATE_F_CREATING) && !(s->flags & STATE_F_RECORD) &&
		memcmp(signature, "PMEM", 4) == 0)
		return err_set(-ESTALE,
			"the copy was never finished; pmempool sync makes it "
			"anew");
	return 0;
}

bool
copy_may_replace(const struct state *s, bool has_descriptor)
{
	if (!(s->flags & STATE_F_CREATING))
		return false;
	/* a raw pool holds what its caller was told is durable */
	if (s->flags & STATE_F_RAW)
		return false;
	return !(s->flags & STATE_F_RECORD) || !has_descriptor;
}

bool
copy_is_owned_raw(const struct state *s)
{
	return (s->flags & STATE_F_RAW) && (s->flags & STATE_F_RECORD);
}

bool
copy_is_consistent(const struct state *s)
{
	return !(s->flags & (STATE_F_CREATING | STATE_F_EQUALISING |
				    STATE_F_SUSPECT | STATE_F_UNWRITTEN));
}

bool
copy_is_worth_keeping(const struct state *s)
{
	return !(s->flags & (STATE_F_CREATING | STATE_F_EQUALISING));
}

bool
copy_is_suspect(const struct state *s, bool is_this_boot, bool in_page_cache)
{
	if (s->flags & (STATE_F_SUSPECT | STATE_F_UNWRITTEN))
		return true;
	return !(s->flags & STATE_F_CLEAN) && !is_this_boot && in_page_cache;
}

bool
copy_was_changed(const struct state *s, uint64_t now)
{
	/* a primary is its program's, which stores into it as it likes */
	return s->stamp != 0 && now != 0 && now != s->stamp &&
	       !(s->flags & STATE_F_PROMOTED);
}

/* SUSPECT, since its pages may be any; not CLEAN, since they may lie in the
 * page cache */
void
copy_set_changed(struct state *s)
{
	s->flags |= STATE_F_CHANGED | STATE_F_SUSPECT;
	s->flags &= ~STATE_F_CLEAN;
	s->applied_seq = 0;
	s->stamp = 0;
}

bool
copy_may_read_as_is(const struct state *s)
{
	return (s->flags & STATE_F_CHANGED) &&
	       !(s->flags & (STATE_F_PROMOTED | STATE_F_EQUALISING |
				    STATE_F_CREATING | STATE_F_UNWRITTEN));
}

uint64_t
copy_last_seq(const struct state *s, bool is_this_boot, uint64_t mapped)
{
	if (s->flags & STATE_F_SUSPECT)
		return 0;
	return is_this_boot ? MAX_OF(mapped, s->applied_seq) : s->applied_seq;
}

bool
copy_in_page_cache(const struct pool *pool)
{
	for (unsigned i = 0; i < pool->nparts; i++)
		if (pool->parts[i].media == POOL_MEDIA_PAGECACHE)
			return true;
	return false;
}

uint32_t
copy_closed_flags(uint32_t flags, const struct copy *c)
{
	uint32_t clear = 0;
	/* Who made it says that it is finished; an owner's attaching clears
	 * it otherwise.  A session that only looked says nothing. */
	if (c->was_created || memcmp(c->attr.signature, "PMEM", 4) != 0)
		clear |= STATE_F_CREATING;
	/* what was there is on the medium since the open, the rest is now */
	struct state s = {.flags = flags};
	if (is_callers_own(&s, c->attr.signature))
		clear |= STATE_F_SUSPECT | STATE_F_CHANGED;
	uint32_t set = STATE_F_CLEAN;
	if (c->attr_was_set && (flags & STATE_F_LENT)) {
		/* a finished rebuild: whoever ran it says that what there is
		 * now is this pool, whatever lineage it had */
		clear |= STATE_F_LENT;
		set |= STATE_F_REBUILT;
	}
	return (flags | set) & ~clear;
}
