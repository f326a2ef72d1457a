/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote.h -- what the files of rpmem promote share
 */
#ifndef RPMEM_UTILS_PROMOTE_H
#define RPMEM_UTILS_PROMOTE_H

#include <stdbool.h>

#include "base/compiler.h"
#include "cmd.h"
#include "rpmemd/promote.h"

#define PROMOTE_OTHERS_MAX 16u

struct promote_cmd {
	struct promote_args what;
	bool json;
	bool is_undo;
	bool is_written; /* the lineage, into the state directory */
	const char *set; /* the pool set file, absolute */
	unsigned need;	 /* so many of the others have to answer */
	unsigned nothers;
	const char *others[PROMOTE_OTHERS_MAX]; /* "TARGET DESC" */
};

/*
 * promote_need -- do so many other copies answer, and is none of them newer?
 *
 * Returns 0; -ESTALE, or -errno; with a message
 */
NODISCARD int promote_need(const struct promote_cmd *c);

/* is there a state directory that heirs can be written to?  It is made.  0 or
 * -errno with a message */
NODISCARD int promote_heir_check(void);

/* promote_hand_over_fn, arg is a bool: was it written?  The promoted pool's
 * lineage file, as librpmem has it */
NODISCARD int promote_heir_write(void *arg, const struct promote_heir *heir);

/*
 * promote_tell, promote_tell_json -- what was done, for people and for programs
 *
 *   error   NULL if there is none
 *
 * Returns enum cmd_exit: could it be printed?
 */
void promote_tell(const struct promote_cmd *c, const struct promote_result *r);
NODISCARD int promote_tell_json(const struct promote_cmd *c,
	const struct promote_result *r, const char *error);

#endif
