/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile.h -- the file in which an owner remembers one copy
 *
 *         0     8192  record, slot 0           a slot counts when it is
 *      8192     8192  record, slot 1           whole; of two, the newer
 *     16384     4096  live numbers             statefile_live.h
 *     65536   16 MiB  map 0: sent              one bit for 64 KiB
 *          + 16 MiB   map 1: sent, the older   (or the newer: who reads them
 *          + 32 MiB   map 2: dirty             later takes both)
 *
 * The file always has its full size, and blocks for as much of each map as
 * the pool needs: a full disk is an error of open or grow, and never a signal
 * in the middle of a store.
 *
 * Threads: open, write, grow, sync_maps, close: the caller's lock.
 */
#ifndef RPMEM_LIBRPMEM_STATEFILE_H
#define RPMEM_LIBRPMEM_STATEFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "librpmem/statedir.h"
#include "librpmem/statefile_codec.h"
#include "librpmem/statefile_live.h"

#define STATEFILE_LIVE_OFF (2 * STATEFILE_SLOT_SIZE)
#define STATEFILE_MAPS_OFF 65536u
#define STATEFILE_SIZE                                                         \
	(STATEFILE_MAPS_OFF + STATEFILE_MAPS * STATEFILE_MAP_ROOM)

/* in build order */
struct statefile {
	char path[STATEDIR_PATH_MAX + STATEDIR_NAME_MAX];
	int fd;		  /* locked */
	bool is_new;	  /* there was none, or it was damaged */
	bool was_damaged; /* there was one: it cannot be known what was in it */
	struct statefile_record record;	 /* the caller's, for statefile_write */
	struct statefile_record written; /* what is on media */
	struct statefile_live *live;	 /* never NULL while it is open */
	uint8_t *maps;			 /* STATEFILE_MAPS rooms in a row */
	uint64_t map_len;		 /* bytes of each that can be used */
	uint64_t pool_size;		 /* as of open or grow */
};

/*
 * statefile_open -- find or make the file of a copy, and lock it
 *
 *   f          afterwards the caller's to close, on success
 *   pool_size  the pool's now; the record may hold another one, and the maps
 *              reach as far as the larger of the two
 *
 * A new file has a record with a random owner_id, the key, pool_size and
 * nothing else, and empty maps.  Of an old one nothing is changed but the pid
 * of the live page: statefile_live_begin follows, once that was read.  One that
 * is damaged, or of another version, is replaced, with a warning: whoever reads
 * is_new knows nothing of the copy.
 *
 * Durability  a new file is on media, by name, when this returns
 * Returns     0; -EBUSY: another program has it; -EACCES: it is not ours
 *             alone; -EFBIG: STATEFILE_POOL_MAX; -ENOSPC; -ENAMETOOLONG: a
 *             string of the key; -errno of statedir.h; with a message
 */
NODISCARD int statefile_open(struct statefile *f,
	const struct statefile_key *key, uint64_t pool_size);

/*
 * statefile_write -- f->record becomes the record
 *
 * record.generation is set here; what the caller left there does not count.
 * A record without STATEFILE_F_CLEAN has to be written before a map changes
 * for the first time after an open.
 *
 * Durability  on return 0 it is on media; on failure the old record counts
 *             and f->record is set back to it.
 */
NODISCARD int statefile_write(struct statefile *f);

/* a map, 8 bytes for each 64 blocks: 0 and 1 sent, 2 dirty; it stays where it
 * is until statefile_close */
uint64_t *statefile_map(struct statefile *f, unsigned which);

/*
 * The pool has become larger: more of each map, at the same addresses.
 * Nothing changes on -ENOSPC, -EFBIG, -errno; with a message.
 */
NODISCARD int statefile_grow(struct statefile *f, uint64_t pool_size);

/*
 * The maps to media; record.pool_size and record.maps_sum become those of the
 * maps as they are now.  The caller sets STATEFILE_F_CLEAN and writes the
 * record after it, in this order: a record that is clean is only ever found
 * with maps that were on media before it.
 */
NODISCARD int statefile_sync_maps(struct statefile *f);

/* do the maps say what the copy may not have?  See statefile_trusts; to be
 * asked before they are changed */
bool statefile_maps_count(
	const struct statefile *f, const uint8_t boot_id[UUID16_LEN]);

/* give the lock and the maps back; fd -1 and a second call are fine */
void statefile_close(struct statefile *f);

#endif
