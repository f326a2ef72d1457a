/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_parts.h -- the files of a primary that is made anew
 *
 * The new parts are made as PART.rpmem-new, the old ones become
 * PART.rpmem-old, and then the new ones get their names, the first part last:
 * at no instant is there half a pool that looks whole.
 */
#ifndef RPMEM_UTILS_SYNC_PARTS_H
#define RPMEM_UTILS_SYNC_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "poolset/poolset.h"

#define PARTS_NEW ".rpmem-new"
#define PARTS_OLD ".rpmem-old"

/*
 * A replica that names directories (dirset.h, resolved) is made anew as one
 * part, the first one, whatever parts it has now.
 *
 * parts_new_set -- a set like this one, whose parts are PART.rpmem-new
 *
 *   size   of the one part; only looked at if the set names directories
 *
 * To be freed with poolset_free; NULL: no memory, with a message
 */
struct poolset *parts_new_set(const struct poolset *set, uint64_t size);

/* is there a file under the name of part i, other than one that a rebuild gave
 * it which did not come to the first part's? */
bool parts_is_there(const struct poolset_replica *rep, unsigned i);

/* the first PART.rpmem-old in the way of a part that is there; "": none.
 * is_whole: all are there, also those that a rebuild has just made */
void parts_find_old(const struct poolset_replica *rep, bool is_whole, char *out,
	size_t size);

/* what an earlier try has left goes, never a part of what was whole once;
 * -EBUSY: it is at work; with a message */
NODISCARD int parts_clear_new(const struct poolset_replica *rep);

/*
 * parts_install -- put the old parts aside, give the new ones their names
 *
 *   needs_lock  the old ones are not locked by the caller
 *   aside_out   names of the former, for people
 *
 * Durability  on return 0 the names are on media; whenever it is cut short,
 *             either the old primary is there, or none that is whole.
 * Returns 0; -EBUSY: a program has one; -errno; with a message
 */
NODISCARD int parts_install(const struct poolset_replica *rep, bool needs_lock,
	char *aside_out, size_t size);

/* is the primary one that a rebuild has made, and not finished? */
bool parts_are_just_made(const struct poolset_replica *rep);

/* PART.rpmem-new goes */
void parts_finish(const struct poolset_replica *rep);

#endif
