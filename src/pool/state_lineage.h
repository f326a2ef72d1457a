/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state_lineage.h -- the lineage of a copy, behind its record in
 * NAME.rpmem-state
 *
 * Two slots of 8 KiB from byte 8192 of the file on, apart from the record's:
 * a torn write of the one loses nothing of the other.  Files that have none
 * of it end there; they are made longer by the first write that needs it.
 *
 *     0     8  "RPMLINEA"
 *     8     4  version = 1
 *    12     4  len
 *    16     8  counter; it lies in slot counter % 2
 *    24     8  id of a journal: it counts once that one is complete; 0: it does
 *    32   len  the lineage, encoded as lineage.h has it
 *     .        zeros
 *  8184     8  XXH3-64 of 0 .. 8183
 */
#ifndef RPMEM_POOL_STATE_LINEAGE_H
#define RPMEM_POOL_STATE_LINEAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "lineage/lineage.h"

#define STATE_LINEAGE_SLOT 8192u
#define STATE_LINEAGE_SLOTS 2u

/* equal to enum oob_lineage_is of wire/oob.h; rpmemd asserts it statically */
enum state_lineage_is {
	STATE_LINEAGE_NONE = 0, /* there never was any */
	STATE_LINEAGE_HAS = 1,
	STATE_LINEAGE_LOST = 2, /* there was one, and it cannot be read */
};

struct state_lineage {
	enum state_lineage_is is;
	uint64_t counter;	/* of the slot that counts; 0: none does */
	struct lineage lineage; /* n 0 unless HAS */
	/* what it will be once the journal of this id is complete; 0: nothing
	 */
	uint64_t pending;
	struct lineage next;
};

/* a slot */
struct state_lineage_slot {
	uint64_t counter;
	uint64_t journal;
	struct lineage lineage;
};

void state_lineage_encode(
	const struct state_lineage_slot *s, uint8_t out[STATE_LINEAGE_SLOT]);

/*
 * state_lineage_decode -- one slot (pure)
 *
 * Returns 0; STATE_LINEAGE_BLANK: all zeros, nothing was written; -EBADMSG,
 * without a message: the other slot may be good
 */
#define STATE_LINEAGE_BLANK 1
NODISCARD int state_lineage_decode(
	const uint8_t in[STATE_LINEAGE_SLOT], struct state_lineage_slot *s_out);

/*
 * state_lineage_judge -- both slots, one behind the other (pure)
 *
 * The valid one with the higher counter counts; one in the other's place is
 * not valid.  One that waits for a journal is pending if it is the newer one,
 * and does not count.  Neither was ever written: NONE; something is there and
 * neither is valid: LOST.
 */
void state_lineage_judge(const uint8_t *slots, struct state_lineage *out);

struct state_file;

/* for state_open: read it; a file without room for it has none.  0 or -errno
 * without a message */
NODISCARD int state_lineage_read(struct state_file *f);

/*
 * state_lineage_room -- the file has room for both slots
 *
 * Durability  on return 0 the file's size is on media.
 */
NODISCARD int state_lineage_room(struct state_file *f);

/*
 * state_lineage_write -- l becomes the copy's lineage
 *
 *   l   of at least one generation
 *
 * Durability  on return 0 it is on media; on failure the old one counts.
 * Returns 0 or -errno with a message
 */
NODISCARD int state_lineage_write(
	struct state_file *f, const struct lineage *l);

/*
 * state_lineage_expect -- l becomes it in the instant in which the journal of
 * this id (not 0) is complete
 *
 * Durability  on return 0 it is on media that it will; what counts is as before
 */
NODISCARD int state_lineage_expect(
	struct state_file *f, const struct lineage *l, uint64_t journal);

/*
 * state_lineage_settle -- the journal of this id is complete: what waited for
 * it counts without it, durably; nothing waited: nothing is done
 */
NODISCARD int state_lineage_settle(struct state_file *f, uint64_t journal);

/*
 * state_lineage_erase -- there never was any
 *
 * Not in one step: dying in between leaves the lineage that was there, or
 * LOST.  Whoever erases it has said on record before that it is not to be
 * believed (STATE_F_UNKNOWN).
 *
 * Durability  on return 0 it is gone for good.
 */
NODISCARD int state_lineage_erase(struct state_file *f);

#endif
