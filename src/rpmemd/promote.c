/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote.c -- see promote.h
 *
 * The steps, each durable before the next, and what a death leaves behind it:
 *
 *   fence      no session begins; the next call goes on
 *   record     PROMOTED, no primary: refused to every owner, fence or not;
 *              what was wrong with the copy is not asked again
 *   lineage    (old, last record), and a new generation, which fences the old
 *              primary; once, however often it is tried
 *   headers    links to itself (pool/promote.c); a mixture is finished
 *   heir       what is written for the program that will open it
 *   no fence   done: only now does the next call say "already"
 *
 * The pool itself is synced before the record: what the record calls good is
 * on media.
 */
#include "rpmemd/promote.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fault.h"
#include "pool/promote.h"
#include "pool/stamp.h"
#include "rpmemd/copy.h"
#include "rpmemd/journal.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/promote_internal.h"
#include "wire/oob.h"

static bool
is_forced(const struct promotion *p)
{
	return (p->args->flags & PROMOTE_F_FORCE) != 0;
}

void
promote_step(void)
{
	if (FAULT("promote/step"))
		(void)raise(SIGKILL);
}

int
promote_judge(
	const struct promotion *p, const struct state *s, bool in_page_cache)
{
	char where[320] = "";
	char past[256];
	int rc = promote_may(
		s, s != NULL && state_is_this_boot(s), in_page_cache);
	if (rc == 0 || is_forced(p))
		return 0;
	lineage_describe(&p->state.lineage.lineage, past, sizeof(past));
	if (s != NULL)
		(void)snprintf(where, sizeof(where),
			" (last at record %llu, generation %s)",
			(unsigned long long)s->applied_seq, past);
	return err_wrap(rc, "'%s'%s is not promoted without --force",
		p->args->name, where);
}

/* the last record that the copy is known to have: the mapped number counts
 * within the boot that wrote it, and none does if pages may be missing */
static uint64_t
last_seq(const struct promotion *p)
{
	const struct state *s = &p->state.state;
	bool in_page_cache = copy_in_page_cache(p->pool);
	if (copy_is_suspect(s, state_is_this_boot(s), in_page_cache))
		return 0;
	if (!state_is_this_boot(s))
		return s->applied_seq;
	return MAX_OF(s->applied_seq, state_applied(&p->state));
}

/* forced, without a record that can be read */
static int
make_record(struct promotion *p)
{
	char path[OOB_DESC_MAX + 32];
	struct state s = {.flags = p->pool->nhdrs == 0 ? STATE_F_RAW : 0};
	state_boot_id(s.boot_id);
	int rc = pooldir_state_path(p->args->name, path, sizeof(path));
	return rc < 0 ? rc : state_create(&p->state, p->dirfd, path, &s);
}

/*
 * With headers: until they are done, which role.c recognises, the old primary
 * could attach only if it had exactly the same bytes.  Raw: nothing but the
 * record can tell a copy from a pool of its own, so it names nobody as the
 * primary, and copy_may_open refuses every owner.
 */
static int
forget_primary(struct promotion *p)
{
	struct state *s = &p->state.state;
	s->applied_seq = p->result->seq;
	state_set_applied(&p->state, s->applied_seq);
	state_boot_id(s->boot_id);
	memset(s->primary_uuid, 0, UUID16_LEN);
	memset(s->owner_id, 0, UUID16_LEN);
	s->open_counter = 0;
	s->flags &= ~(STATE_F_RECORD | STATE_F_LENT | STATE_F_CREATING |
		      STATE_F_EQUALISING | STATE_F_SUSPECT | STATE_F_UNWRITTEN |
		      STATE_F_UNKNOWN | STATE_F_CHANGED);
	s->stamp = 0;
	s->flags |= STATE_F_PROMOTED | STATE_F_CLEAN;
	if (p->pool->nhdrs == 0)
		s->flags |= STATE_F_RECORD;
	return state_write(&p->state);
}

/*
 * What a session stored and did not live to sync is in the page cache: it looks
 * right, and would be gone after a power failure, in no order.  It takes no
 * reading to write it.
 *
 * Linux reports a page that it could not write once, and calls it clean: so the
 * record says it, or the next call would promote what is not there.
 */
static int
sync_pool(struct promotion *p)
{
	bool is_clean =
		p->state.fd >= 0 && (p->state.state.flags & STATE_F_CLEAN);
	int rc = is_clean ? pool_sync(p->pool)
			  : pool_deep(p->pool, 0, p->pool->size);
	if (rc == 0 || p->state.fd < 0)
		return rc;
	char text[ERR_MAX];
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	p->state.state.stamp = 0;
	p->state.state.flags |= STATE_F_UNWRITTEN;
	p->state.state.flags &= ~STATE_F_CLEAN;
	bool is_said = state_write(&p->state) == 0;
	return err_set(rc, "'%s': %s%s", p->args->name, text,
		is_said ? "" : "; nor can its record say so: do not use it");
}

/* A raw pool's identity as a primary is made by the program that maps it. */
static int
hand_over(struct promotion *p)
{
	const struct lineage *l = &p->result->lineage;
	struct pool_attr attr;
	if (p->args->hand_over == NULL || p->pool->nhdrs == 0)
		return 0;
	int rc = pool_first_attr(p->pool, &attr);
	if (rc < 0)
		return rc;
	struct promote_heir heir = {.pool_size = p->pool->size,
		.writer = p->state.state.copy_id,
		.last = p->result->seq,
		.lineage = l,
		.is_late = p->result->was_done};
	/* numbers go on behind the end of what was before */
	if (l->n > 1)
		heir.last = MAX_OF(heir.last, l->entry[l->n - 2].end);
	memcpy(heir.poolset_uuid, attr.poolset_uuid, UUID16_LEN);
	memcpy(heir.primary_uuid, attr.uuid, UUID16_LEN);
	rc = p->args->hand_over(p->args->hand_over_arg, &heir);
	return rc < 0 ? err_wrap(rc, "'%s' is promoted, but not handed over",
				p->args->name)
		      : 0;
}

static int
stand_alone(struct promotion *p)
{
	int rc = state_promote_begin(&p->state);
	promote_step();
	if (rc == 0 && !(p->state.state.flags & STATE_F_PROMOTED))
		rc = forget_primary(p);
	promote_step();
	if (rc == 0)
		rc = promote_lineage(p);
	promote_step();
	if (rc == 0)
		rc = pool_promote(p->pool);
	promote_step();
	if (rc == 0)
		rc = hand_over(p);
	promote_step();
	return rc < 0 ? rc : state_promote_end(&p->state);
}

static int
redo(struct promotion *p)
{
	struct redo r = {.dirfd = p->dirfd,
		.desc = p->args->name,
		.pool = p->pool,
		.state = &p->state};
	int rc = redo_run(&r);
	p->result->journal = r.result;
	return rc;
}

/* what was not found out before the session ended */
static int
refuse(struct promotion *p, int rc)
{
	char text[ERR_MAX];
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	if (state_is_promoting(&p->state) && state_promote_end(&p->state) < 0)
		return err_set(rc,
			"%s; and no session gets it until it is promoted: %s",
			text, err_msg());
	return err_set(rc, "%s", text);
}

/* has its record been changed?  Then what follows is only to be finished, if
 * the fence is still there. */
static bool
is_marked(const struct promotion *p)
{
	if (!(p->state.state.flags & STATE_F_PROMOTED))
		return false;
	p->result->seq = p->state.state.applied_seq;
	p->result->was_done = !state_is_promoting(&p->state);
	return true;
}

/* a dry run: what redo would find */
static int
foresee(struct promotion *p)
{
	struct journal j;
	enum journal_kind kind;
	struct state s = p->state.state;
	if (is_marked(p))
		return 0;
	p->result->seq = last_seq(p);
	int rc = journal_open(&j, p->dirfd, p->args->name, &kind);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (rc == 0 && kind == JOURNAL_COMPLETE) {
		p->result->journal = REDO_DONE;
		p->result->seq = j.end.seq;
		if (j.begin.flags & JOURNAL_F_SYNCED)
			s.flags =
				(s.flags | STATE_F_CLEAN) & ~STATE_F_UNWRITTEN;
	} else if (rc == 0 && kind == JOURNAL_DAMAGED) {
		p->result->journal = REDO_DAMAGED;
		s.flags |= STATE_F_EQUALISING;
	} else if (rc == 0) {
		p->result->journal = REDO_DROPPED;
	}
	if (rc == 0)
		journal_close(&j);
	return promote_judge(p, &s, copy_in_page_cache(p->pool));
}

static int
with_record(struct promotion *p)
{
	if (is_marked(p))
		return p->result->was_done ? hand_over(p) : stand_alone(p);
	int rc = redo(p);
	if (rc < 0)
		return rc;
	p->result->seq = last_seq(p);
	rc = promote_judge(p, &p->state.state, copy_in_page_cache(p->pool));
	if (rc < 0)
		return refuse(p, rc);
	rc = sync_pool(p);
	return rc < 0 ? rc : stand_alone(p);
}

static int
without_record(struct promotion *p)
{
	int rc = promote_judge(p, NULL, false);
	if (rc == 0 && (p->args->flags & PROMOTE_F_DRY_RUN))
		return 0;
	/* nobody knows what a journal was for, but forced is forced */
	if (rc == 0)
		rc = redo(p);
	if (rc == 0)
		rc = sync_pool(p);
	if (rc == 0)
		rc = make_record(p);
	return rc < 0 ? rc : stand_alone(p);
}

/* parts that were put where promoted ones had been: their links are a copy's */
static bool
is_of_other_parts(const struct promotion *p)
{
	struct pool_attr attr;
	return (p->state.state.flags & STATE_F_PROMOTED) &&
	       !state_is_promoting(&p->state) && p->pool->nhdrs != 0 &&
	       pool_first_attr(p->pool, &attr) == 0 &&
	       !uuid16_equal(attr.uuid, attr.next_uuid);
}

static int
promote_locked(struct promotion *p)
{
	int rc = promote_read_state(p);
	bool is_dry = (p->args->flags & PROMOTE_F_DRY_RUN) != 0;
	p->result->size = p->pool->size;
	p->result->is_raw = p->pool->nhdrs == 0;
	p->result->lineage = p->state.lineage.lineage;
	p->result->was_closed =
		rc == 0 && (p->state.state.flags & STATE_F_CLEAN) != 0;
	/* one that cannot be read is as good as none */
	if (rc == -ENOENT || rc == -EUCLEAN)
		return without_record(p);
	if (rc < 0)
		return rc;
	if (is_of_other_parts(p)) {
		state_close(&p->state);
		p->result->lineage = (struct lineage){.n = 0};
		return without_record(p);
	}
	if (copy_was_changed(&p->state.state, stamp_of(p->pool)))
		copy_set_changed(&p->state.state);
	return is_dry ? foresee(p) : with_record(p);
}

/* an error that was there before is the one to report */
int
promote_close_pool(struct promotion *p, int rc)
{
	char text[ERR_MAX];
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	int closed = pool_close(p->pool);
	return rc < 0 ? err_set(rc, "%s", text) : closed;
}

int
promote_run(const struct promote_args *args, struct promote_result *result_out)
{
	struct promotion p = {.args = args,
		.result = result_out,
		.state = {.fd = -1},
		.dirfd = pooldir_open(args->dir)};
	*result_out = (struct promote_result){0};
	if (p.dirfd < 0)
		return p.dirfd;
	int rc = promote_bring_back(&p);
	if (rc == 0)
		rc = promote_lock(&p);
	if (rc == 0)
		rc = promote_close_pool(&p, promote_locked(&p));
	state_close(&p.state);
	closep(&p.dirfd);
	return MIN_OF(rc, 0);
}
