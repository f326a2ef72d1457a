/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * takeover.h -- an owner that comes back while its dead session holds the copy
 */
#ifndef RPMEM_RPMEMD_TAKEOVER_H
#define RPMEM_RPMEMD_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "pool/state_hold.h"
#include "rpmemd/copy.h"

/* an open waits no longer for a session to end: its initiator wants an
 * answer, and may ask again */
#define TAKEOVER_MAX_MS 5000u

/*
 * takeover_hold -- from here on others see whose session this is
 *
 * A passive one is nobody's.
 *
 * Returns 0 or -errno with a message
 */
NODISCARD int takeover_hold(struct copy *c);

/*
 * takeover_may -- may this open end that session? (pure)
 *
 * Only an owner's, and only that of an earlier open of the same owner.
 */
bool takeover_may(const struct copy *c, const struct state_holder *holder);

/*
 * takeover_wait -- the copy is locked: ask its holder to end, and wait a moment
 *
 *   c       the open that found it locked, with a message
 *   until   when to give up
 *
 * Returns true: try again; false: not its holder's owner, or given up; with
 * the message that was there, or one that names the holder
 */
bool takeover_wait(struct copy *c, uint64_t until);

#endif
