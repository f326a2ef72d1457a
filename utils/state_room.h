/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state_room.h -- is there room for what this machine remembers of copies?
 */
#ifndef RPMEM_UTILS_STATE_ROOM_H
#define RPMEM_UTILS_STATE_ROOM_H

#include <stdint.h>

#include "base/compiler.h"
#include "poolset/poolset.h"
#include "primary.h"

/*
 * state_room_check -- before the copies of a set are opened
 *
 * A program goes on without its state files, with a warning in its log.  Of a
 * command that makes copies equal somebody expects that this is known later.
 *
 *   size   of the pool
 *
 * Returns 0; -errno: a file that is not there yet would not fit, or the
 * directory cannot be used; with a message.  Nothing but the directory is made.
 */
NODISCARD int state_room_check(const struct poolset *set,
	const struct primary *primary, uint64_t size);

#endif
