/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * history.h -- the lineage of a pool that this process writes
 *
 * One for each primary, shared by the handles of its copies: stock libpmemobj
 * opens one for each REPLICA line.  It says which copies follow, and reserves
 * the numbers of records.  history.c has the argument.
 *
 * NULL is a history of nobody: only what says so takes it.  Thread-safe; where
 * a function writes to the lineage file it takes a sync.
 */
#ifndef RPMEM_LIBRPMEM_HISTORY_H
#define RPMEM_LIBRPMEM_HISTORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"
#include "lineage/lineage.h"

struct history;
struct sequencer;

/* one copy's part in it; the handle's, zero at first */
struct history_part {
	struct history_part *next;
	uint64_t id;	    /* the copy's; 0: not known */
	bool is_told;	    /* by its target, not from memory */
	bool is_active;	    /* follows, and hears of changes in its stream */
	uint64_t confirmed; /* it has the lineage of this epoch */
	/* how often it has come (back) */
	atomic_uint_fast64_t comings;
	/* calls may return without the copy: it is on record as one that does
	 * not follow, and whoever follows knows */
	atomic_bool is_out;
};

struct history_key {
	const void *addr; /* of the pool in this process */
	uint64_t size;
	const uint8_t *poolset_uuid;
	const uint8_t *primary_uuid;
	bool has_begun; /* libpmemobj has counted this run in memory already */
};

/*
 * history_enter -- the history of a primary, as its file has it
 *
 * Without a file (its directory cannot be used) there is no lineage, and the
 * copies' are left alone; that is said once.
 *
 * Returns 0; -EBUSY: another program has the pool open with its copies;
 * -EINVAL: RPMEM_STATE_DIR; -ENOMEM; with a message
 */
NODISCARD int history_enter(const struct history_key *key,
	struct history_part *part, struct history **out);

/*
 * history_leave -- the handle is closed; NULL is fine
 *
 *   last       last number given out
 *   in_order   no record is under way
 *
 * The last one to leave closes the file, as clean if all left in order.
 */
void history_leave(struct history *y, struct history_part *part, uint64_t last,
	bool in_order);

/* is there a file to write to? */
bool history_is_kept(const struct history *y);

/* the lineage, n 0 if none is known; the highest number that may have been
 * given out; the epoch, which counts changes */
uint64_t history_get(
	struct history *y, struct lineage *l_out, uint64_t *last_out);

/* does the last generation name the copy as one that follows?  Also if
 * nothing is known. */
bool history_expects(struct history *y, uint64_t id);

/*
 * history_adopt -- nothing is known of ours, and a copy has one that is ours
 *
 *   last      its last number
 *   is_made   this pool was made from it; else it is equal, and what was
 *             reserved beyond its number is not known any more
 */
NODISCARD int history_adopt(struct history *y, const struct lineage *theirs,
	uint64_t last, bool is_made);

/* is there nothing of this pool in the state directory? */
bool history_is_new(struct history *y);

/*
 * history_meet -- a copy's target has told its id, which part->id is then
 *
 * Members of a generation are told apart by their ids alone.  A copy whose
 * files are those of another one, its record among them, has the same: what is
 * on record of the one would be taken for the other's.
 *
 * Returns false: another copy of the pool has this id, or the pool itself
 */
NODISCARD bool history_meet(
	struct history *y, struct history_part *part, uint64_t id);

/*
 * history_is_adopted -- did we get our lineage from a copy, which ended in the
 * same generation as this one?
 *
 * What was lost here would have told them apart, so each of them has to be
 * equal, and not only the first.
 */
bool history_is_adopted(struct history *y, const struct lineage *theirs);

/*
 * history_begin -- before the first record of this open; once for all handles
 *
 * The old generation is closed, at the last number that may have been given
 * out, and a new one begins with those members that have entered.  From here on
 * the numbers of `numbers` are reserved.
 *
 * Returns 0 or -errno with a message: nothing may be sent; it is made up for by
 * the next function that a copy goes or comes with, or that one fails, too
 */
NODISCARD int history_begin(struct history *y, struct sequencer *numbers);

/*
 * history_out -- a call is about to return without the copy
 *
 *   comings   part->comings, read before the copy was found not to have what
 *             the call is about: if it has come since, it has that, and
 *             nothing is done
 *
 * If it followed, the generation ends here, durably.  part->is_out is set once
 * every copy that follows has the new lineage, too, or does not follow any
 * more; waits for that, not longer than the limits of their streams.
 *
 * Returns 0 or -errno with a message: the call must not return success
 */
NODISCARD int history_out(
	struct history *y, struct history_part *part, uint64_t comings);

/*
 * history_drop -- the copy is given up until the next open
 *
 * As history_out, but nobody is told, since nobody is there to tell.  Whoever
 * follows ends in a generation of the past then, and is brought forward.
 */
NODISCARD int history_drop(struct history *y, struct history_part *part);

/* the copy is lost: nobody waits for it; its calls still do, for history_out;
 * NULL is fine */
void history_lost(struct history *y, struct history_part *part);

/*
 * history_list -- the copy is about to have everything
 *
 * From here on an open waits for it, and the numbers that it has are ours.
 */
NODISCARD int history_list(struct history *y, struct history_part *part);

/*
 * history_in -- the copy has everything: it follows from here on
 *
 *   l_out       to be sent to it
 *   epoch_out   for history_confirm, once it has it durably
 */
NODISCARD int history_in(struct history *y, struct history_part *part,
	struct lineage *l_out, uint64_t *epoch_out);
void history_confirm(
	struct history *y, struct history_part *part, uint64_t epoch);

/* must a copy that follows be told?  Fills in what, as history_in. */
bool history_has_news(struct history *y, const struct history_part *part,
	struct lineage *l_out, uint64_t *epoch_out);

/*
 * history_ran -- the program has counted a run of its pool, and flushed it
 *
 * Whatever the pool holds later counts as many or more, or it was set back.  On
 * record with the next history_top_up, or at the end.  NULL is fine.
 */
void history_ran(struct history *y, uint64_t run_id);

/* reserve more numbers if few are left, and note the run; now and then; NULL is
 * fine */
void history_top_up(struct history *y);

/* the process exits, and nobody tells copies any more: history_out is
 * -ECANCELED where it would wait for that */
void history_park(void);

/* until when an open may wait for copies; all handles together */
uint64_t history_wait_until(struct history *y, uint64_t ms);

#endif
