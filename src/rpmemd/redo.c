/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * redo.c -- see redo.h; the argument is catchup.c's
 *
 * Nobody knows how much of a complete journal is in the pool, so it is applied
 * from its start, and only when pool and record are durable does it go.  What
 * cannot be read whole may be half applied: then the copy is no point of
 * anything, and its record says so before the journal goes.
 *
 * CLEAN says that all of the pool is on media.  That is so behind a redo, if
 * what was there before the journal is on media, too (JOURNAL_F_SYNCED);
 * otherwise only the boot in which it was stored tells, and a record of
 * another boot keeps it: the copy is suspect (copy_is_suspect), redo or not.
 */
#include "rpmemd/redo.h"

#include <errno.h>

#include "base/err.h"
#include "base/log.h"
#include "pool/grow.h"
#include "pool/rewrite.h"
#include "rpmemd/apply.h"
#include "rpmemd/journal.h"

/* a journal that an earlier copy under this name has left is not its */
static bool
is_ours(const struct state *s, const struct journal_begin *b)
{
	return uuid16_equal(s->poolset_uuid, b->poolset_uuid) &&
	       (!(s->flags & STATE_F_RECORD) ||
		       uuid16_equal(s->primary_uuid, b->primary_uuid));
}

static int
write_state(const struct redo *r, uint32_t set, uint32_t clear)
{
	struct state *s = &r->state->state;
	if (r->state->fd < 0)
		return 0;
	s->flags = (s->flags | set) & ~clear;
	return state_write(r->state);
}

/*
 * What the medium has refused to write is in memory only, looks the same as
 * the primary to a digest, and is clean to the kernel.  It goes to the medium
 * before anything is built on it; in another boot it is gone.  The flag stays
 * until whoever has opened the copy has made up its mind: pages may have been
 * dropped meanwhile (copy_is_suspect).
 */
static int
write_again(const struct redo *r)
{
	const struct state *s = &r->state->state;
	if (r->state->fd < 0 || !(s->flags & STATE_F_UNWRITTEN) ||
		!state_is_this_boot(s))
		return 0;
	int rc = pool_rewrite(r->pool);
	if (rc < 0)
		return err_wrap(rc,
			"'%s': its medium has refused a write and does so "
			"again: look at the disk; until this machine goes "
			"down, a copy of the parts on another one is better",
			r->desc);
	LOG_NOTICE("'%s': what its medium had refused is written", r->desc);
	return 0;
}

/* the pool is about to change */
static int
touch(const struct redo *r, const struct journal_begin *b)
{
	struct state *s = &r->state->state;
	if ((b->flags & JOURNAL_F_SYNCED) || (s->flags & STATE_F_CLEAN))
		state_boot_id(s->boot_id);
	s->stamp = 0;
	return write_state(r, 0, STATE_F_CLEAN);
}

/* the journal is in the pool, durably */
static int
settle(const struct redo *r, const struct journal_begin *b)
{
	bool on_media = (b->flags & JOURNAL_F_SYNCED) != 0;
	r->state->state.applied_seq = r->seq;
	if (r->state->fd >= 0 && state_is_this_boot(&r->state->state))
		state_set_applied(r->state, r->seq);
	return write_state(r, on_media ? STATE_F_CLEAN : 0,
		on_media ? STATE_F_UNWRITTEN : 0);
}

static int
put(const struct redo *r, const struct record *rec)
{
	int rc = record_check(rec, r->pool->size, 0);
	if (rc < 0)
		return err_wrap(-EBADMSG, "journal of '%s'", r->desc);
	if (rec->type == REC_GROW)
		return pool_grow(r->pool, rec->len);
	if (rec->type != REC_BARRIER)
		return apply_store(r->pool, rec);
	pool_fence(r->pool);
	return 0;
}

static int
put_all(struct redo *r, struct journal *j)
{
	struct record rec;
	int rc;
	r->seq = j->begin.seq;
	while ((rc = journal_next(j, &rec)) == 1) {
		rc = put(r, &rec);
		if (rc < 0)
			return rc;
		r->seq = rec.seq;
		journal_step();
	}
	return rc == 0 ? pool_sync(r->pool) : rc;
}

static int
damaged(struct redo *r, struct journal *j)
{
	LOG_ERR("'%s': the journal of catching up is damaged: the copy may be "
		"half of two points; open the pool with its program, which "
		"makes it equal",
		r->desc);
	r->result = REDO_DAMAGED;
	int rc = write_state(r, STATE_F_EQUALISING, STATE_F_CLEAN);
	return rc == 0 ? journal_remove(j) : rc;
}

static int
complete(struct redo *r, struct journal *j)
{
	int rc = touch(r, &j->begin);
	if (rc == 0)
		rc = put_all(r, j);
	if (rc == -EBADMSG) {
		LOG_ERR("%s", err_msg());
		return damaged(r, j);
	}
	if (rc == 0)
		rc = settle(r, &j->begin);
	/* while the journal is there, which is what it counts by */
	if (rc == 0 && r->state->fd >= 0)
		rc = state_lineage_settle(r->state, j->begin.id);
	if (rc == 0)
		rc = journal_remove(j);
	if (rc < 0)
		return err_wrap(rc,
			"'%s': the journal of catching up is complete and "
			"cannot be applied",
			r->desc);
	r->result = REDO_DONE;
	LOG_NOTICE("'%s': the journal of catching up was applied, it stands at "
		   "record %llu",
		r->desc, (unsigned long long)r->seq);
	return 0;
}

static int
incomplete(struct redo *r, struct journal *j)
{
	r->result = REDO_DROPPED;
	r->seq = j->begin.seq;
	LOG_NOTICE("'%s': catching up was cut short; the copy stands where it "
		   "was before, at record %llu",
		r->desc, (unsigned long long)r->seq);
	return journal_remove(j);
}

struct redo_end
redo_end(int dirfd, const char *desc, const struct state *s)
{
	struct journal j;
	enum journal_kind kind = JOURNAL_INCOMPLETE;
	struct redo_end end = {0};
	if (journal_open(&j, dirfd, desc, &kind) < 0)
		return end;
	if (kind == JOURNAL_COMPLETE && is_ours(s, &j.begin))
		end = (struct redo_end){.id = j.begin.id, .seq = j.end.seq};
	journal_close(&j);
	return end;
}

int
redo_run(struct redo *r)
{
	struct journal j;
	enum journal_kind kind = JOURNAL_INCOMPLETE;
	r->result = REDO_NONE;
	int rc = write_again(r);
	if (rc < 0)
		return rc;
	rc = journal_open(&j, r->dirfd, r->desc, &kind);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	/* a begin that cannot be read is nobody's, and its end is zeros */
	bool begun = j.begin.id != 0;
	bool has_state = r->state->fd >= 0;
	if (begun && has_state && !is_ours(&r->state->state, &j.begin)) {
		LOG_WARN("'%s': a journal of another copy is dropped", r->desc);
		rc = journal_remove(&j);
	} else if (kind == JOURNAL_DAMAGED) {
		rc = damaged(r, &j);
	} else if (kind == JOURNAL_COMPLETE) {
		rc = complete(r, &j);
	} else if (begun) {
		rc = incomplete(r, &j);
	} else {
		rc = journal_remove(&j);
	}
	journal_close(&j);
	return rc;
}
