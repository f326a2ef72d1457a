/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_look.h -- all that can be seen of a pool and its copies
 *
 * What rpmem check judges, rpmem info prints, and rpmem rm goes by.  Nothing
 * is changed or locked; while a program runs, what is seen may be a step
 * behind.
 */
#ifndef RPMEM_UTILS_SET_LOOK_H
#define RPMEM_UTILS_SET_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "copy_set.h"
#include "leftover.h"
#include "librpmem/inquiry.h"
#include "lineage.h"
#include "pool/inspect.h"
#include "poolset/poolset.h"
#include "setfile.h"
#include "status.h"

/* a replica on this machine; at 0: the pool itself */
struct local_look {
	unsigned at;
	struct inspect inspect;
	struct leftovers leftovers;
	unsigned nleft;	  /* files that something cut short has left */
	const char *left; /* the first of them */
	unsigned nold;	  /* parts that were set aside */
	const char *old;
};

/* what this machine remembers of a copy */
struct memory {
	char path[STATEDIR_PATH_MAX + STATEDIR_NAME_MAX]; /* state file */
	int error; /* 0; -ENOENT: there is none; -errno */
	char why[ERR_MAX];
	bool is_running;
	struct standing standing;
};

struct remote_look {
	unsigned at; /* in the set */
	const char *target;
	const char *name;
	int asked; /* 0: the target has greeted; -errno */
	char why[ERR_MAX];
	struct inquiry_copy told;
	struct copy_past *past; /* in pasts; NULL: the primary is not known */
	struct memory memory;	/* likewise */
};

struct set_look {
	const char *path;
	char word[SHELL_WORD_MAX]; /* the same for a shell */
	struct poolset *set;
	char of_copy[COPY_SET_TEXT_MAX]; /* copy_set_told; "": it is none */
	unsigned nlocals;		 /* the pool first */
	struct local_look *locals;
	bool is_asked; /* the targets were */
	unsigned nremotes;
	struct remote_look *remotes;
	bool knows_primary;	  /* else pasts is empty */
	char no_primary[ERR_MAX]; /* why not */
	struct pasts pasts;
};

/*
 * set_look_take -- look at everything
 *
 *   set   taken over; of set_read
 *   ask   false: the targets are not asked
 *
 * Targets are asked one after the other; one that does not answer is no error.
 *
 * Returns 0 or -errno with a message; set_look_free in any case
 */
NODISCARD int set_look_take(
	struct set_look *l, const char *path, struct poolset *set, bool ask);
void set_look_free(struct set_look *l);

/* a program has the pool open, as far as its files tell */
bool set_look_is_running(const struct set_look *l);

/* all parts of the pool are as they should be */
bool set_look_is_whole(const struct set_look *l);

/* "tcp://beta db.set" */
#define COPY_TITLE_MAX 1024u
void remote_title(const struct remote_look *r, char out[COPY_TITLE_MAX]);

/* its parts were looked at, and at least one is there */
bool remote_has_parts(const struct remote_look *r);

/* whose it is, of what its target holds under the name */
enum whose {
	WHOSE_NOBODYS,	/* there is nothing */
	WHOSE_THIS,	/* a copy of this pool */
	WHOSE_PROMOTED, /* it was one, and is a pool of its own */
	WHOSE_ANOTHER,	/* another pool's, or another primary's of this one */
	WHOSE_UNKNOWN,	/* nothing says it */
};
enum whose remote_whose(const struct set_look *l, const struct remote_look *r);

/* attributes of its first header; false: it has none that can be believed */
bool remote_attr(const struct remote_look *r, struct pool_attr *attr_out);

#endif
