/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote_internal.h -- what the files of promoting share
 */
#ifndef RPMEM_RPMEMD_PROMOTE_INTERNAL_H
#define RPMEM_RPMEMD_PROMOTE_INTERNAL_H

#include "pool/state_hold.h"
#include "rpmemd/promote.h"

struct promotion {
	const struct promote_args *args;
	struct promote_result *result;
	int dirfd;
	struct pool *pool;	 /* locked */
	struct state_file state; /* fd -1: it has none */
};

/* 0; -ENOENT: there is no record; -EUCLEAN: it cannot be
 * read; -errno; with a message */
NODISCARD int promote_read_state(struct promotion *p);

/* promote_may, and what --force does to it; with a message that names it */
NODISCARD int promote_judge(
	const struct promotion *p, const struct state *s, bool in_page_cache);

/*
 * promote_lock -- get the parts, from a session too
 *
 * Returns 0: locked; PROMOTE_DONE, PROMOTE_HELD: not locked, since it was
 * promoted already, or since a session has it and this is a dry run; -errno
 */
#define PROMOTE_DONE 1
#define PROMOTE_HELD 2
NODISCARD int promote_lock(struct promotion *p);

/*
 * promote_bring_back -- with PROMOTE_F_OLD: NAME.rpmem-old becomes NAME;
 * without it: finish that, if it was cut short
 *
 * Returns 0: go on with NAME; PROMOTE_HELD: it is a dry run, and done; -ESTALE:
 * refused; -errno; with a message
 */
NODISCARD int promote_bring_back(struct promotion *p);

/* its lineage says that it was promoted; durable on return 0 */
NODISCARD int promote_lineage(struct promotion *p);

/* of a former copy that comes back: swap.h */
#define PROMOTE_LIST_SUFFIX ".rpmem-swap"

/* close the pool; rc, if that is an error, is the one that is reported */
NODISCARD int promote_close_pool(struct promotion *p, int rc);

/* where a test kills the process */
void promote_step(void);

#endif
