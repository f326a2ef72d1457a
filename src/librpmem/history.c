/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * history.c -- see history.h
 *
 * The argument.  A durable call returns only when each copy that is a member
 * of the open generation has what it promises, or is none any more, on record
 * here and at each member.  So whatever happens, every copy whose own lineage
 * ends in the generation that is the last one anywhere has all that was
 * promised; and one that has less ends in a generation that is closed, here
 * and there, and is recognised.  In steps:
 *
 * 1. A copy goes (history_out): the new generation, without it, is durable
 *    here; then each remaining member gets it in its stream, before whatever
 *    is acknowledged there afterwards, and says that it is durable; then the
 *    call returns.  A crash in between leaves members at a point of the past of
 *    what is on record here, which may be brought forward.
 * 2. A copy comes: it is listed here first (history_list), then its target is
 *    told that it has everything, then it gets the lineage (history_in).  A
 *    crash in between makes the next open wait for a copy that it need not
 *    wait for.  The other order would let a primary serve alone beside a copy
 *    that was promoted as one that has everything.
 * 3. Each open closes the generation and begins one with those members that it
 *    has opened, which are told when each is equal; one that is not in the set
 *    any more, or was made anew and is another one now, does not follow.  After
 * an unclean end that tells what a copy got before it from what it got after
 * it; in any case a primary that was restored together with this file stands
 * before what its copies know.
 *
 * The end of a generation is the end of the reservation: no number that was
 * given out is higher, and those of the next one begin behind it.  A member
 * that has not confirmed yet may take some of them, and is listed here
 * (lineage_decide).  So no copy that only ever followed this primary has more
 * than the primary's lineage says.
 *
 * Entries are cut only when all members of the open generation have confirmed
 * it: before, one of them may still end in an older one.
 *
 * Locks: a stream's may be held when `lock` is taken (reserve), not the other
 * way round.
 */
#include "librpmem/history_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <uuid/uuid.h>

#include "base/checked.h"
#include "base/deadline.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/history_files.h"
#include "librpmem/sequencer.h"

#define LOOK_AGAIN_MS 50u

static atomic_bool is_parked;

/* tests: between the steps of a change */
static void
may_die(const char *point UNUSED)
{
	if (FAULT(point))
		(void)raise(SIGKILL);
}

static void
take_identity(struct history *y)
{
	struct lineagefile_record *r = &y->file.record;
	r->identity = history_identity(y->addr, y->size);
	r->pool_size = y->size;
	r->run_id = history_run_id(y->addr, y->size);
}

/* the lineage has changed: durably, and for everybody who follows */
static int
publish(struct history *y) REQUIRES(&y->lock)
{
	int rc = lineagefile_write(&y->file);
	if (rc == 0)
		y->epoch++;
	return rc;
}

/* ---- numbers ---- */

/* as many more; what was given out is below in any case */
static int
reserve(struct history *y, uint64_t number) REQUIRES(&y->lock)
{
	struct lineagefile_record *r = &y->file.record;
	r->last = max_u64(number, r->last) + HISTORY_RESERVE_BLOCK;
	int rc = lineagefile_write(&y->file);
	may_die("librpmem/die-reserved");
	return rc;
}

static void
more_numbers(void *arg, uint64_t number)
{
	struct history *y = arg;
	mutex_lock(&y->lock);
	if (number > y->file.record.last && reserve(y, number) < 0)
		/* after a crash this generation ends too early, and a copy
		 * that has more is refused: too careful, not too little */
		LOG_ERR("%s; numbers are not reserved", err_msg());
	sequencer_limit(y->numbers,
		max_u64(y->file.record.last,
			number + HISTORY_RESERVE_BLOCK / 2),
		more_numbers, y);
	mutex_unlock(&y->lock);
}

void
history_ran(struct history *y, uint64_t run_id)
{
	if (y != NULL)
		atomic_store(&y->ran, run_id);
}

/* it was durable here before it was told: see history_ran's callers */
static void
note_run(struct history *y) REQUIRES(&y->lock)
{
	struct lineagefile_record *r = &y->file.record;
	uint64_t ran = atomic_load(&y->ran);
	if (!history_kept(y) || !y->is_begun || ran <= r->run_id)
		return;
	r->run_id = ran;
	if (lineagefile_write(&y->file) < 0)
		LOG_WARN("%s; tried again later", err_msg());
}

void
history_top_up(struct history *y)
{
	if (y == NULL)
		return;
	mutex_lock(&y->lock);
	note_run(y);
	bool is_low = history_kept(y) && y->is_begun &&
		      sequencer_last(y->numbers) + HISTORY_RESERVE_BLOCK / 2 >
			      y->file.record.last;
	uint64_t last = y->is_begun ? sequencer_last(y->numbers) : 0;
	mutex_unlock(&y->lock);
	if (is_low)
		more_numbers(y, last + HISTORY_RESERVE_BLOCK / 2 + 1);
}

/* ---- generations ---- */

/* what no copy ends in any more */
static void
cut(struct history *y) REQUIRES(&y->lock)
{
	struct lineage *l = &y->file.record.lineage;
	const struct lineage_entry *open = lineage_last(l);
	unsigned confirmed = 1; /* the writer */
	for (const struct history_part *p = y->parts; p != NULL; p = p->next)
		confirmed += p->is_active && p->confirmed == y->epoch;
	uint32_t before = l->n;
	if (open == NULL || confirmed < open->nmembers)
		return;
	lineage_settle(l);
	if (l->n != before && lineagefile_write(&y->file) < 0)
		LOG_WARN("%s; tried again later", err_msg());
}

static bool
is_open(const struct history *y, uint64_t id) REQUIRES(&y->lock)
{
	for (const struct history_part *p = y->parts; p != NULL; p = p->next)
		if (p->id == id)
			return true;
	return false;
}

static void
first_members(const struct history *y, struct lineage_entry *next)
	REQUIRES(&y->lock)
{
	const struct lineage_entry *last =
		lineage_last(&y->file.record.lineage);
	*next = (struct lineage_entry){
		.kind = last == NULL ? LINEAGE_FIRST : LINEAGE_RESTART,
		.nmembers = 1};
	next->members[0] = y->file.record.writer;
	for (unsigned i = 1; last != NULL && i < last->nmembers; i++)
		if (is_open(y, last->members[i]))
			next->members[next->nmembers++] = last->members[i];
}

static int
begin(struct history *y) REQUIRES(&y->lock)
{
	struct lineagefile_record *r = &y->file.record;
	struct lineage_entry next;
	first_members(y, &next);
	uuid_generate(next.generation);
	lineage_begin(&r->lineage, r->last, &next);
	uint64_t end = max_u64(r->last, sequencer_last(y->numbers));
	r->flags = 0;
	take_identity(y);
	y->run_at_begin = r->run_id;
	/* it may have been counted already, and not be on media yet */
	if (r->run_id >= HISTORY_RUN_STEP)
		r->run_id -= HISTORY_RUN_STEP;
	sequencer_raise(y->numbers, end);
	return reserve(y, end);
}

/* also what an open could not write: no copy goes or comes before that */
static int
be_begun(struct history *y) REQUIRES(&y->lock)
{
	if (!history_kept(y) || y->is_begun || y->numbers == NULL)
		return 0;
	int rc = begin(y);
	if (rc < 0)
		return rc;
	y->is_begun = true;
	y->epoch++;
	sequencer_limit(y->numbers, y->file.record.last, more_numbers, y);
	cut(y);
	return 0;
}

int
history_begin(struct history *y, struct sequencer *numbers)
{
	mutex_lock(&y->lock);
	if (y->numbers == NULL)
		y->numbers = sequencer_hold(numbers);
	int rc = be_begun(y);
	mutex_unlock(&y->lock);
	return rc;
}

/* has everybody who follows been told? */
static bool
is_settled(const struct history *y, const struct history_part *but,
	uint64_t epoch) REQUIRES(&y->lock)
{
	for (const struct history_part *p = y->parts; p != NULL; p = p->next)
		if (p != but && p->is_active && p->confirmed < epoch)
			return false;
	return true;
}

static int
shrink(struct history *y, struct history_part *part) REQUIRES(&y->lock)
{
	struct lineagefile_record *r = &y->file.record;
	struct lineage_entry next;
	if (part->id == 0 || !lineage_has_member(&r->lineage, part->id))
		return 0;
	lineage_without(&r->lineage, part->id, &next);
	next.kind = LINEAGE_SHRUNK;
	uuid_generate(next.generation);
	uint64_t end = max_u64(r->last, sequencer_last(y->numbers));
	lineage_begin(&r->lineage, end, &next);
	r->last = end + HISTORY_RESERVE_BLOCK;
	int rc = publish(y);
	if (rc < 0)
		return rc;
	may_die("librpmem/die-shrunk");
	sequencer_raise(y->numbers, end);
	sequencer_limit(y->numbers, r->last, more_numbers, y);
	cut(y);
	return 0;
}

int
history_out(struct history *y, struct history_part *part, uint64_t comings)
{
	int rc = 0;
	mutex_lock(&y->lock);
	if (atomic_load(&part->is_out) || part->comings != comings) {
		mutex_unlock(&y->lock);
		return 0;
	}
	part->is_active = false;
	rc = be_begun(y);
	if (rc == 0 && history_kept(y) && y->is_begun &&
		!FAULT("librpmem/forgets-alone"))
		rc = shrink(y, part);
	uint64_t epoch = y->epoch;
	while (rc == 0 && !is_settled(y, part, epoch)) {
		if (atomic_load(&is_parked))
			rc = err_set(-ECANCELED,
				"a copy was lost while this process exits");
		cond_wait(&y->changed, &y->lock, deadline_in_ms(LOOK_AGAIN_MS));
	}
	/* or it has come back meanwhile, with everything */
	if (rc == 0 && part->comings == comings)
		atomic_store(&part->is_out, true);
	mutex_unlock(&y->lock);
	return rc;
}

int
history_drop(struct history *y, struct history_part *part)
{
	mutex_lock(&y->lock);
	part->is_active = false;
	int rc = be_begun(y);
	if (rc == 0 && history_kept(y) && y->is_begun)
		rc = shrink(y, part);
	if (rc == 0)
		atomic_store(&part->is_out, true);
	cond_wake_all(&y->changed);
	mutex_unlock(&y->lock);
	return rc;
}

void
history_lost(struct history *y, struct history_part *part)
{
	if (y == NULL)
		return;
	mutex_lock(&y->lock);
	part->is_active = false;
	cond_wake_all(&y->changed);
	mutex_unlock(&y->lock);
}

static int
list(struct history *y, struct history_part *part) REQUIRES(&y->lock)
{
	struct lineage *l = &y->file.record.lineage;
	int rc = be_begun(y);
	if (rc < 0 || !history_kept(y) || part->id == 0 ||
		lineage_has_member(l, part->id))
		return rc;
	if (!lineage_join(l, part->id))
		return err_set(-E2BIG,
			"a pool has at most %u copies with a lineage",
			LINEAGE_MEMBERS_MAX - 1);
	rc = publish(y);
	may_die("librpmem/die-listed");
	return rc;
}

int
history_list(struct history *y, struct history_part *part)
{
	mutex_lock(&y->lock);
	int rc = list(y, part);
	mutex_unlock(&y->lock);
	return rc;
}

int
history_in(struct history *y, struct history_part *part, struct lineage *l_out,
	uint64_t *epoch_out)
{
	mutex_lock(&y->lock);
	/* before it is listed: a call that finds it lost from here on puts it
	 * out again */
	atomic_store(&part->is_out, false);
	atomic_fetch_add(&part->comings, 1);
	int rc = list(y, part);
	*l_out = y->file.record.lineage;
	*epoch_out = y->epoch;
	mutex_unlock(&y->lock);
	return rc;
}

void
history_confirm(struct history *y, struct history_part *part, uint64_t epoch)
{
	mutex_lock(&y->lock);
	part->is_active = true;
	part->confirmed = epoch;
	if (history_kept(y) && epoch == y->epoch)
		cut(y);
	cond_wake_all(&y->changed);
	mutex_unlock(&y->lock);
}

bool
history_has_news(struct history *y, const struct history_part *part,
	struct lineage *l_out, uint64_t *epoch_out)
{
	mutex_lock(&y->lock);
	bool has = history_kept(y) && part->is_active &&
		   part->confirmed != y->epoch;
	if (has) {
		*l_out = y->file.record.lineage;
		*epoch_out = y->epoch;
	}
	mutex_unlock(&y->lock);
	return has;
}

void
history_park(void)
{
	atomic_store(&is_parked, true);
}
