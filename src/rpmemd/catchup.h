/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * catchup.h -- what a session's worker does with a change: puts it into the
 * pool, or into the journal
 *
 * All of it is the worker's alone.
 */
#ifndef RPMEM_RPMEMD_CATCHUP_H
#define RPMEM_RPMEMD_CATCHUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "rpmemd/journal.h"

enum catchup_mode {
	CATCHUP_DIRECT,	     /* into the pool */
	CATCHUP_JOURNALLING, /* into the journal; the copy is at its old point
			      */
	CATCHUP_MARKED,	     /* into the pool, which is marked: no point */
	CATCHUP_DRAINING,    /* into the journal, which counts, and from there
			      * into the pool */
};

enum catchup_event {
	CATCHUP_BEGIN,	      /* CATCHING_UP, of a copy that is consistent */
	CATCHUP_BEGIN_MARKED, /* CATCHING_UP, of one that is not */
	CATCHUP_OVERFLOW,     /* the journal may not grow any more */
	CATCHUP_END,	      /* CAUGHT_UP */
	CATCHUP_DRAINED,      /* all of the journal is in the pool */
};

/* 0, or -EPROTO with a message: not now (pure) */
NODISCARD int catchup_next(enum catchup_mode from, enum catchup_event event,
	enum catchup_mode *to_out);

struct inband;

struct catchup {
	enum catchup_mode mode;
	struct journal journal;
	uint64_t size; /* of the pool when the journal is in it */
};

void catchup_init(struct catchup *u);

/*
 * catchup_step -- CATCHING_UP or CAUGHT_UP, between two frames
 *
 * Durability  on return 0 what the step says is durable.
 * Returns 0; -EPROTO: not now; -errno of record or journal; with a message
 */
NODISCARD int catchup_step(struct inband *ib, uint32_t step);

/* does a change go into the journal? */
bool catchup_keeps(const struct inband *ib);

/*
 * catchup_keep -- append it
 *
 * Returns 0; CATCHUP_FULL: it goes into the pool, as everything from here on;
 * -errno: the session's medium has failed, with a message
 */
#define CATCHUP_FULL 1
NODISCARD int catchup_keep(struct inband *ib, const struct record *rec);

/* the pool's size, as a change that comes now may use it */
uint64_t catchup_size(const struct inband *ib);

/* put a piece of a complete journal into the pool, or all of it; errors are
 * the session's media_error */
void catchup_drain(struct inband *ib);
void catchup_drain_all(struct inband *ib);

/* the session ends; in order: what is complete is put into the pool */
void catchup_fini(struct inband *ib, bool in_order);

#endif
