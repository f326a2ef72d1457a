/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote.h -- making a copy the primary, on the machine where it is
 */
#ifndef RPMEM_RPMEMD_PROMOTE_H
#define RPMEM_RPMEMD_PROMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"
#include "lineage/lineage.h"
#include "pool/pool.h"
#include "pool/state.h"
#include "rpmemd/redo.h"

/*
 * promote_may -- is the copy one that may be opened for writing? (pure)
 *
 *   s               its record; NULL: it has none
 *   is_this_boot    that the record is of
 *   in_page_cache   that any part is in
 *
 * Returns 0, or -ESTALE with a message that says why not
 */
NODISCARD int promote_may(
	const struct state *s, bool is_this_boot, bool in_page_cache);

#define PROMOTE_F_FORCE 1u
#define PROMOTE_F_DRY_RUN 2u
#define PROMOTE_F_OLD 4u

/* what whoever opens the pool as a primary has to know, to go on from there */
struct promote_heir {
	uint8_t poolset_uuid[UUID16_LEN];
	uint8_t primary_uuid[UUID16_LEN];
	uint64_t pool_size;
	uint64_t writer; /* it, as a member */
	uint64_t last;	 /* number of the last record that it may have */
	const struct lineage *lineage;
	/* it was promoted before: programs may have had it since, and what they
	 * have written counts */
	bool is_late;
};

/* durable on return 0; may be called again with the same */
typedef int promote_hand_over_fn(void *arg, const struct promote_heir *heir);

/*
 * promote_begin -- add the generation that a promotion begins (pure, but for
 * its random name)
 *
 *   last   the last record that the copy is known to have
 *   id     the copy's
 *
 * Nothing is done if the open one is that already: promote_began.
 */
void promote_begin(struct lineage *l, uint64_t last, uint64_t id);
bool promote_began(const struct lineage *l, uint64_t id);

struct promote_args {
	const char *dir;  /* pool set directory, absolute */
	const char *name; /* below it */
	unsigned flags;
	uint32_t wait_ms; /* for a session to end */
	/* of a pool with headers; NULL: nobody is told */
	promote_hand_over_fn *hand_over;
	void *hand_over_arg;
};

struct promote_result {
	uint64_t size; /* bytes of the pool; 0: not looked at */
	bool is_raw;
	bool was_done;	 /* it was promoted already: nothing was to do */
	bool is_back;	 /* the former copy was brought back, or would be */
	bool was_undone; /* a promotion that had begun was taken back, or would
			  * be: promote_undo */
	bool is_aside;	 /* what it took the place of is NAME.rpmem-old now */
	uint64_t ended;	 /* process of the session that it ended; 0: none */
	/* of a catching up that had begun */
	enum redo_result journal;
	bool was_closed;	/* its last session has ended in order */
	uint64_t seq;		/* last record that the copy is known to have */
	struct lineage lineage; /* the copy's; n 0: none */
};

/*
 * promote_run -- make a copy stand alone
 *
 * A session that holds it is ended, and none begins any more (the fence).  A
 * catching up that was complete is finished, one that was not is dropped.  Then
 * the record of the primary is taken back, so the old primary cannot overwrite
 * the copy any more; its lineage gets a new generation; then the headers.  A
 * raw copy has none: its record says instead that it belongs to nobody.  Each
 * step is repeatable; a crash in between is finished by the next call, and
 * until then no session begins.
 *
 *   FORCE     also a copy that promote_may refuses
 *   OLD       bring NAME.rpmem-old back first; what it takes the place of gets
 *             that name.  Finished by the next call, with OLD or without
 *   DRY_RUN   say what would be done; nothing is changed
 *   result    what was, or would be, promoted; as far as known on errors, too
 *
 * Returns 0; -ESTALE: refused, and as it was but for a session that was ended;
 * -EBUSY: somebody has it locked and keeps it; -ENOENT; ...; with a message
 */
NODISCARD int promote_run(
	const struct promote_args *args, struct promote_result *result_out);

/*
 * promote_undo -- take back a promotion that has only begun
 *
 * Of the flags, DRY_RUN counts.
 *
 * Returns 0: it is a copy as before (result: was there anything to take back?);
 * -ESTALE: it was promoted, or nearly; -EBUSY: somebody has its parts; -ENOENT;
 * ...; with a message
 */
NODISCARD int promote_undo(
	const struct promote_args *args, struct promote_result *result_out);

#endif
