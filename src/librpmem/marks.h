/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * marks.h -- which blocks of a pool its copy may not have (pure)
 *
 * A bit per 64 KiB.  What is sent is noted; what is acknowledged is forgotten
 * again, some time later; what was noted and not forgotten when the copy is
 * lost has to be sent again, and so has everything that changes meanwhile.
 *
 * The maps are memory of its own, or a file's (statefile.h): then they outlive
 * the program, and what a later one finds in any of the three was not known to
 * be at the copy.
 *
 * Threads: the caller's lock.
 */
#ifndef RPMEM_LIBRPMEM_MARKS_H
#define RPMEM_LIBRPMEM_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

#define MARKS_BLOCK (64ULL * 1024)

struct marks {
	uint64_t nblocks;
	uint64_t *sent[2]; /* the present one, and the one before it */
	unsigned now;	   /* index of the present one */
	uint64_t turned;   /* number of the last record when it began */
	uint64_t *dirty;   /* the copy has not got them */
	uint64_t ndirty;
	uint64_t cursor; /* where marks_take looks first */
	uint64_t taken;	 /* 1 + the block that is being sent again; 0: none */
	bool is_adopted; /* the maps are the caller's */
};

/* size: of the pool; -ENOMEM */
NODISCARD int marks_init(struct marks *m, uint64_t size);

/*
 * marks_adopt -- use the caller's maps, with what is in them
 *
 *   maps   two of what was sent and the dirty one, 8 bytes for each 64 blocks
 *          of `size`; borrowed until marks_fini, which leaves them alone
 *
 * Bits of blocks that the pool has not are cleared.  What an earlier program
 * sent has no numbers here any more: marks_lost makes it dirty, and has to
 * come before the first marks_acked.
 */
void marks_adopt(struct marks *m, uint64_t *const maps[3], uint64_t size);

/*
 * The pool has become larger; nothing changes on -ENOMEM.  Adopted maps have
 * room for it already: who owns them made them larger where they are.
 */
NODISCARD int marks_grow(struct marks *m, uint64_t size);

void marks_fini(struct marks *m);

/* a record with the next number carries (part of) this range */
void marks_note(struct marks *m, uint64_t off, uint64_t len);

/* records up to `acked` are durable at the copy; `last` is the newest */
void marks_acked(struct marks *m, uint64_t acked, uint64_t last);

/*
 * A close in order: when it began, all that was sent was durable at the copy
 * and nothing was dirty.  No mark is left, nor any that the end of the
 * connection, which is part of the close, has made dirty since.
 */
void marks_closed(struct marks *m);

/* the copy is lost: what it has not acknowledged it has not got */
void marks_lost(struct marks *m);

/* a range changes while the copy is lost, or could not be sent */
void marks_missed(struct marks *m, uint64_t off, uint64_t len);

/*
 * Is a range of a block or less in dirty blocks already?  The one call that
 * needs no lock: relaxed loads, of adopted maps only (else: false).
 */
bool marks_is_missed(const struct marks *m, uint64_t off, uint64_t len);

/*
 * Take a block out of the dirty ones, to send it; false: there is none.  It
 * counts as sent from here to the next call at least, whatever is
 * acknowledged meanwhile: by then it has been put into records, or was missed.
 */
bool marks_take(struct marks *m, uint64_t *off_out);

#endif
