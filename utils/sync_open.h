/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_open.h -- the copies of a pool, opened to be made equal
 */
#ifndef RPMEM_UTILS_SYNC_OPEN_H
#define RPMEM_UTILS_SYNC_OPEN_H

#include "base/compiler.h"
#include "base/err.h"
#include "librpmem/handle.h"
#include "sync.h"

struct sync_opened {
	struct sync_member *m;
	struct rpmem_pool *h; /* NULL: it is not open */
	char who[ERR_MAX];
};

/* that one is not done, and why */
void sync_failed(struct sync_member *m, const char *why);

/*
 * sync_open_all -- open those that are to be made equal, and tried
 *
 *   list    room for all members; each that is open is the caller's to close
 *   n_out   how many are open, also on failure
 *
 * Copies are given up, or made, in the same step.  0, or -errno: none may be
 * touched, s->hold says why
 */
NODISCARD int sync_open_all(
	struct sync *s, struct sync_opened *list, unsigned *n_out);

#endif
