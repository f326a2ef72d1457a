/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * remember.h -- what an owner remembers of its copy from one open to the next
 *
 * Between the handle and its state file.  Without a file (its directory cannot
 * be used, or another program has it) everything works as with an empty one.
 */
#ifndef RPMEM_LIBRPMEM_REMEMBER_H
#define RPMEM_LIBRPMEM_REMEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "librpmem/marks.h"
#include "librpmem/past.h"
#include "librpmem/statefile.h"

struct rpmem_pool;

struct remember {
	bool has_file;
	bool is_alone; /* the record says so */
	struct statefile file;
	struct past_open past;
	uint64_t reached_counter;
	bool was_equal; /* see remember_was_equal */
};

/*
 * remember_find -- look up what is known of the copy; before it is reached
 *
 * Gives the handle its owner's id and the number of this open.  An owner that
 * creates has nothing to look up.
 *
 * Returns 0; -EINVAL: RPMEM_STATE_DIR; with a message
 */
NODISCARD int remember_find(struct rpmem_pool *h, bool is_create);

/*
 * remember_begin -- this open's marks and record
 *
 * h->copy is known by now.  The marks hold what the copy may lack, or nothing
 * if that is not known.
 *
 *   is_known_out   it is
 *
 * Returns 0, -ENOMEM
 */
NODISCARD int remember_begin(struct rpmem_pool *h, bool *is_known_out);

/* is enough known of the copy to open the pool without it? */
bool remember_knows_copy(const struct rpmem_pool *h);

/* its facts, as far as they are known */
void remember_copy(const struct rpmem_pool *h, struct oob_copy *copy_out);

/* its own id, which a lineage names it by; 0: not known */
uint64_t remember_copy_id(const struct rpmem_pool *h);

/* one more try to reach the target: its number */
void remember_try(struct rpmem_pool *h);

/* the target has this try on record */
void remember_reached(struct rpmem_pool *h);

/* does the copy hold all but what is marked?  See past_fits */
bool remember_fits(
	struct rpmem_pool *h, const struct oob_copy *copy, uint64_t safe_seq);

/* of a tool's: were pool and copy closed together, and equal then behind their
 * descriptors?  Before the target has this open on record. */
bool remember_was_equal(struct rpmem_pool *h);

/* the copy does not follow from here on, or does again: for tools.  What an
 * open goes by is the lineage. */
void remember_alone(struct rpmem_pool *h);
void remember_attached(struct rpmem_pool *h);

/* the pool has become larger; marks_grow follows.  -ENOSPC, ...; with a
 * message */
NODISCARD int remember_grow(struct rpmem_pool *h, uint64_t size);

/* a range was sent or marked that may hold the run id */
void remember_run(struct rpmem_pool *h, uint64_t off, uint64_t len);

/* the end.  is_clean: of a handle that was closed in order, after its last
 * record */
void remember_end(struct rpmem_pool *h, bool is_clean);

#endif
