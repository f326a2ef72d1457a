/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * redo.h -- what to do with the journal that a session has left
 */
#ifndef RPMEM_RPMEMD_REDO_H
#define RPMEM_RPMEMD_REDO_H

#include <stdint.h>

#include "base/compiler.h"
#include "pool/pool.h"
#include "pool/state.h"

enum redo_result {
	REDO_NONE,    /* there was no journal of this copy */
	REDO_DROPPED, /* one that was not complete: the copy is as it was */
	REDO_DONE,    /* a complete one: the copy is at its last record */
	REDO_DAMAGED, /* one that cannot be read whole: the copy is marked */
};

struct redo {
	int dirfd; /* the pool set directory */
	const char *desc;
	struct pool *pool;	  /* locked */
	struct state_file *state; /* of the copy; fd -1: it has none */
	/* out */
	enum redo_result result;
	uint64_t seq; /* DROPPED, DONE: the record that the copy stands at */
};

/* a complete journal beside the copy of this record: its id, and the number of
 * its last record as far as it says so itself; 0: there is none */
struct redo_end {
	uint64_t id;
	uint64_t seq;
};
struct redo_end redo_end(int dirfd, const char *desc, const struct state *s);

/*
 * redo_run -- finish or drop it, before anybody looks at the copy; and before
 * that, write what its medium refused to write earlier in this boot
 *
 * Durability  on return 0 the pool is synced, the record says so, and the
 *             journal is gone; killed in the middle it is done again.
 * Returns 0; -ENOSPC (a pool that must grow), -EIO, ...: the journal stays;
 * with a message
 */
NODISCARD int redo_run(struct redo *r);

#endif
