/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy.h -- a copy as a session has it open: its parts and its state record
 *
 * The session's threads share the state record under state_lock.  Who may open,
 * create over, or attach to a copy is copy_rules.h's.
 */
#ifndef RPMEM_RPMEMD_COPY_H
#define RPMEM_RPMEMD_COPY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mutex.h"
#include "pool/pool.h"
#include "pool/state.h"
#include "rpmemd/copy_rules.h"
#include "rpmemd/journal_codec.h"
#include "rpmemd/session.h"
#include "wire/oob.h"

struct copy {
	const struct rpmemd_cfg *cfg; /* borrowed */
	char desc[OOB_DESC_MAX];
	bool is_owner; /* the session's open */
	bool as_is;    /* ... takes what was changed by something else */
	bool was_created;
	bool attr_was_set;
	bool has_fenced; /* takeover.c: a session was asked to end */
	/* the open said that it is to be discarded, and it was not yet: nothing
	 * else may change it */
	atomic_bool must_discard;
	/* what the session's open said; zero: nothing */
	uint8_t owner_id[UUID16_LEN];
	uint64_t open_counter;
	struct pool_attr attr;
	struct pool *pool;	 /* locked from here on */
	struct mutex state_lock; /* also around what changes pool->size */
	struct state_file state; /* guarded by state_lock; fd -1: none */
};

/*
 * copy_create, copy_open -- lock, map and check, or say why not
 *
 * Errors are those of pool_create, pool_open, state_open and pooldir_load;
 * -EFBIG: smaller than the initiator's pool; -ESTALE.  Nothing is left
 * behind.
 */
NODISCARD int copy_create(struct copy *c, const struct rpmemd_cfg *cfg,
	const struct oob_pool_req *req);
NODISCARD int copy_open(struct copy *c, const struct rpmemd_cfg *cfg,
	const struct oob_pool_req *req);

/*
 * copy_check_stamp -- was it written to by something else?  Before anything in
 * it is changed
 *
 * Durability  then that is on record, on return 0.
 */
NODISCARD int copy_check_stamp(struct copy *c);

/* all is on media, and the session changes nothing any more: the next write of
 * the record says what the parts are like */
NODISCARD int copy_put_stamp(struct copy *c);

/*
 * copy_look -- what the record says of another boot, or of pages that could
 * not be written, as this session sees it
 *
 * Durability  a copy that is suspect has that on record on return 0.
 */
NODISCARD int copy_look(struct copy *c);

/* facts for replies */
void copy_facts(struct copy *c, struct oob_copy *facts_out);

/* one step of an owner's attaching, but for catching up; durable on return
 * 0 */
NODISCARD int copy_attach(struct copy *c, const struct oob_attach *a);

/* is it the owner's session of the recorded primary?  0, -EPERM, -ESTALE */
NODISCARD int copy_check_attach(struct copy *c, const struct oob_attach *a);

/*
 * copy_begin_catchup -- may it stay at its point while it is caught up?
 *
 *   seq         the record that it stands at
 *   begin_out   for its journal
 *
 * Returns 0; COPY_NO_POINT: it has none, and is marked; -EPROTO: this session
 * made it; -ESTALE: lent; -errno
 */
#define COPY_NO_POINT 1
NODISCARD int copy_begin_catchup(
	struct copy *c, uint64_t seq, struct journal_begin *begin_out);

/*
 * copy_overwrite -- nothing in it is worth keeping: it is this primary's
 *
 * Its lineage is forgotten, its number is 0, it is no point of anything until
 * it was made equal.  Killed in between, it is UNKNOWN or what it was.
 *
 * Durability  all of that, on return 0
 * Returns 0; -EPERM; -errno
 */
NODISCARD int copy_overwrite(struct copy *c, const uint8_t uuid[UUID16_LEN]);

/* what is done to it from here on makes it no point; it is one again */
NODISCARD int copy_mark(struct copy *c);
NODISCARD int copy_unmark(struct copy *c);

/* make the pool at least this large, for the one thread that changes it; see
 * pool_grow */
NODISCARD int copy_grow(struct copy *c, uint64_t size);

/* rewrite the headers; the record says first whose session it is */
NODISCARD int copy_set_attr(struct copy *c, const uint8_t *attr);

/*
 * copy_unwritten -- a sync has failed: the record says so, durably
 *
 * The message of the failure stays; that the record cannot be written either
 * is logged.
 */
void copy_unwritten(struct copy *c);

/*
 * copy_touch -- called before the session's first change of the pool: a copy
 * that is about to change is not "clean" any more, and is this session's.
 * Durable on return 0.
 */
NODISCARD int copy_touch(struct copy *c);

/* called before the first byte beyond the descriptor page is read by a
 * passive session: durable on return 0 */
NODISCARD int copy_lend(struct copy *c);

/*
 * copy_close -- sync, record, unlock
 *
 *   is_clean     the initiator said so and every record was applied
 *   applied_seq  number of the last record
 *
 * Returns 0 or the first error (everything is closed anyway)
 */
NODISCARD int copy_close(struct copy *c, bool is_clean, uint64_t applied_seq);

/* close and remove what this session created */
void copy_discard(struct copy *c, const struct rpmemd_cfg *cfg);

#endif
