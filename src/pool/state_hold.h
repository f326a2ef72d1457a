/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state_hold.h -- whose session holds a copy, for those who find it locked
 *
 * In the mapped page of NAME.rpmem-state, behind applied_seq.  The holder
 * writes it; everybody else reads it and may set the fence.  It counts while
 * the parts are locked, and only then.
 *
 * A promotion's fence is another word there.  It ends every session, counts
 * whoever holds the parts, and stays until it is taken back: over deaths of
 * processes and of the machine.
 */
#ifndef RPMEM_POOL_STATE_HOLD_H
#define RPMEM_POOL_STATE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "pool/state.h"

/* the word of a promotion's fence in the mapped page: not 0 */
#define STATE_WORD_PROMOTE 7u

struct state_holder {
	uint64_t tag; /* of this one session: random, never 0 */
	uint8_t owner_id[UUID16_LEN];
	uint64_t open_counter;
	uint64_t pid;
};

/*
 * state_hold -- this process's session holds the copy
 *
 * The parts are locked; state_close takes it back.
 *
 * Returns 0 or -errno with a message
 */
NODISCARD int state_hold(struct state_file *f,
	const uint8_t owner_id[UUID16_LEN], uint64_t open_counter);

/* who holds it; false: nobody says so, or somebody else at this moment */
bool state_holder(const struct state_file *f, struct state_holder *holder_out);

/* ask the session of this tag to end; of no effect on any other */
void state_fence(struct state_file *f, uint64_t tag);

/* has somebody asked the session that state_hold was called for? */
bool state_is_fenced(const struct state_file *f);

/*
 * state_promote_begin, state_promote_end -- the copy is being promoted: no
 * session goes on, none begins
 *
 * Durability  on return 0 the word is on media.
 *
 * Returns 0 or -errno with a message: then nobody knows what is on media
 */
NODISCARD int state_promote_begin(struct state_file *f);
NODISCARD int state_promote_end(struct state_file *f);

/* has that begun, and not ended? */
bool state_is_promoting(const struct state_file *f);

/* for state_close */
void state_let_go(struct state_file *f);

#endif
