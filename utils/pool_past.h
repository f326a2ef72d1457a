/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool_past.h -- the lineage of a pool on this machine, as tools look at it
 */
#ifndef RPMEM_UTILS_POOL_PAST_H
#define RPMEM_UTILS_POOL_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "librpmem/lineagefile.h"
#include "librpmem/standing.h"
#include "librpmem/statefile_read.h"
#include "lineage_words.h"
#include "poolset/poolset.h"
#include "primary.h"

/* what an open does while the copy's target does not answer */
enum without {
	WITHOUT_FAILS, /* nothing is known of the copy here */
	WITHOUT_WAITS, /* it followed, and may have been promoted */
	WITHOUT_GOES_ON,
};

/* this machine's pool */
struct pool_past {
	char path[STATEDIR_PATH_MAX + LINEAGEFILE_NAME_MAX]; /* lineage file */
	enum past past;
	bool is_running;    /* a program has it open */
	char why[ERR_MAX];  /* past is not KNOWN */
	uint64_t size;	    /* of the pool */
	uint64_t run_id;    /* libpmemobj's count; 0: it has none */
	bool has_run_since; /* without its copies, since that was recorded */
	struct lineage lineage; /* n 0 unless KNOWN */
	uint64_t last;		/* highest number that may be given out */
	uint64_t writer;	/* this pool as a member; 0: none yet */
	bool is_clean; /* closed in order: last is what was given out */
};

/* the pool's; no program is disturbed: 0 or -errno with a message */
NODISCARD int pool_past_read(struct pool_past *p, const struct poolset *set,
	const struct primary *primary);

/* how a copy stands, as its state file and the pool's lineage file have it: a
 * program that does not survive a loss (RPMEM_ON_LOSS=fail) writes only the
 * latter; view NULL: nothing is known of the copy */
struct standing pool_past_standing(
	const struct pool_past *p, const struct statefile_view *view);

/* as alone.c has it; view NULL: nothing is known of the copy */
enum without pool_past_without(
	const struct pool_past *p, const struct statefile_view *view);
const char *without_name(enum without without);

#endif
