/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rm.h -- what rpmem rm removes, and what it leaves
 */
#ifndef RPMEM_UTILS_RM_H
#define RPMEM_UTILS_RM_H

#include <jansson.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "findings.h"
#include "set_look.h"

#define RM_F_FORCE 1u /* also what is named and is no copy of this pool */
#define RM_F_KEEP_PRIMARY 2u /* only the copies */
#define RM_F_SET_FILES 4u    /* those of the targets, too */
#define RM_F_NAMED 8u	     /* only the copies that are named */

enum rm_outcome {
	RM_KEPT,    /* nobody asked for it */
	RM_NOTHING, /* there is nothing */
	RM_GO,	    /* it is to be removed */
	RM_DONE,
	RM_LEFT, /* it was asked for, and is not removed: why says it */
};

struct rm_item {
	const struct remote_look *remote; /* NULL: the pool here */
	bool is_named;
	bool is_former; /* NAME.rpmem-old, which a removal has kept */
	bool is_good;	/* a point of the pool that could go on */
	enum whose whose;
	enum rm_outcome outcome;
	/* LEFT; or DONE, and what is remembered of it here is left */
	char why[FINDING_TEXT_MAX];
};

/* what a target has kept of a copy that it was told to remove */
struct rm_former {
	char name[OOB_DESC_MAX];
	struct remote_look look;
};

struct rm_plan {
	struct set_look *look; /* its leftovers are locked, and removed */
	unsigned flags;
	struct rm_item here;
	unsigned ncopies;
	struct rm_item *copies; /* as look->remotes; then those of formers */
	struct rm_former *formers;
	long holder;	      /* pid that has the pool open; 0: nobody */
	bool takes_last_good; /* no good copy of the pool is left then */
	/* but some at targets that do not answer, which may be good */
	bool leaves_unknown;
};

/* a process that has a part of the pool locked; 0: none that is known */
long rm_holder(const struct set_look *l);

/* of a copy nothing is left but its record */
bool rm_is_left_over(const struct rm_item *c);

/* room for it, and the copies; nothing is named yet.  0 or -ENOMEM with a
 * message */
NODISCARD int rm_plan_new(
	struct rm_plan *p, struct set_look *l, unsigned flags);

/* ask for former copies; those that there are go into the plan */
void rm_look_formers(struct rm_plan *p);

/* whose it is, and whether it is good (pure) */
void rm_item_judge(const struct rm_plan *p, struct rm_item *c);

/* decide what is done with each (pure) */
void rm_plan_make(struct rm_plan *p);

/* does anything go? */
bool rm_plan_has_work(const struct rm_plan *p);

/* everything that was asked for is gone, or goes */
bool rm_plan_is_whole(const struct rm_plan *p);

/*
 * rm_check_memory -- can this machine forget what is to go?
 *
 * A copy is gone when its state file turns out not to be removable; so that is
 * looked at first.
 *
 * Returns 0 or -errno with a message
 */
NODISCARD int rm_check_memory(const struct rm_plan *p);

/* SET names the copy that was removed, and goes on to: what is to be done.
 * False: there is no such thing */
#define RM_NEXT_MAX (4u * SHELL_WORD_MAX)
bool rm_next(const struct rm_plan *p, const struct rm_item *c,
	char out[RM_NEXT_MAX]);

/*
 * rm_plan_do -- remove what goes
 *
 * What cannot be removed is LEFT, and the rest is done.
 *
 * Returns 0; -EBUSY: a program has the pool open, and nothing was done; -errno
 * of the pool's own parts; with a message
 */
NODISCARD int rm_plan_do(struct rm_plan *p);

void rm_plan_print(const struct rm_plan *p);
/* what became of it */
void rm_result_print(const struct rm_plan *p);
/* a new reference; NULL: no memory, or a name is not UTF-8 */
json_t *rm_plan_json(const struct rm_plan *p, bool is_dry);

void rm_plan_free(struct rm_plan *p);

#endif
