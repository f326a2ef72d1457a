/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync.h -- what `rpmem sync` finds, plans and does
 *
 *   facts (sync_facts.c, sync_behind.c) -> plan (sync_plan.h: pure) -> text or
 *   JSON (sync_print.c, sync_json.c) -> sync_copies.c, sync_rebuild.c
 */
#ifndef RPMEM_UTILS_SYNC_H
#define RPMEM_UTILS_SYNC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "lineage.h"
#include "options.h"
#include "pool/pool.h"
#include "poolset/poolset.h"
#include "setfile.h"

#define SYNC_TEXT 3072u
#define SYNC_DISCARDS_MAX 64u

struct sync_args {
	const char *set;
	const char *from; /* --from; NULL: not given */
	const char *discard[SYNC_DISCARDS_MAX];
	unsigned ndiscards;
	bool is_stock; /* --stock */
	bool json;
	int progress; /* --progress; -1: none */
	struct change change;
};

/* the parts on this machine */
enum sync_primary {
	SYNC_WHOLE,
	SYNC_RUNNING, /* a program has them open */
	SYNC_LOST,    /* some are missing, or are no pool */
};

enum sync_act {
	SYNC_NOTHING, /* it has everything */
	SYNC_MAKE,
	SYNC_FORWARD, /* what it lacks is sent */
	SYNC_COMPARE, /* attached if every byte is equal */
	SYNC_DISCARD, /* given up first, then made equal */
	SYNC_REFUSED,
	SYNC_AWAY,    /* does not answer */
	SYNC_PROGRAM, /* the running program's business */
};

/* what the header of the pool that is lost named */
enum sync_links {
	SYNC_LINKS_UNKNOWN,
	SYNC_LINKS_STAR, /* itself: rpmem run */
	SYNC_LINKS_RING, /* other replicas */
};

/* who says what it is to name */
enum sync_links_by {
	SYNC_BY_PART,
	SYNC_BY_COPY,
	SYNC_BY_WORD, /* --stock */
	SYNC_BY_RECORD,
	SYNC_BY_GUESS,
};

enum sync_result {
	SYNC_NOT_TRIED,
	SYNC_DONE,
	SYNC_FAILED,
};

/* one remote replica */
struct sync_member {
	/* facts */
	const struct copy_past *c; /* borrowed from the pasts */
	char word[SHELL_WORD_MAX]; /* its name, as a shell wants it */
	bool has_all; /* its state file says so, and nothing has changed */
	const char *stands;    /* in words, of its state file */
	bool may_discard;      /* --discard names it */
	bool is_equal_now;     /* attached to the program that runs */
	char bad[SYNC_TEXT];   /* what is wrong with its parts; "": nothing */
	bool is_behind;	       /* of a lost pool, by what is on record here */
	bool is_catching_up;   /* was, when its session ended */
	bool is_recorded;      /* its last generation is on record here, too */
	bool is_gone;	       /* no part is there, but a record of it is */
	bool is_unrecorded;    /* a pool is there, and no record of it */
	struct pool_attr attr; /* its header's; uuid zero: not known */
	/* plan */
	enum sync_act act;
	char why[SYNC_TEXT];
	char next[SYNC_TEXT]; /* "": nothing is left to somebody */
	uint64_t loss;	      /* records; UINT64_MAX: nobody knows */
	bool fences;	      /* it is newer, by a promote: no open goes on */
	bool drops_record;    /* it is made over a record of what it had */
	/* what became of it */
	enum sync_result result;
	char error[SYNC_TEXT];
	uint64_t sent; /* bytes */
};

enum sync_rebuild {
	SYNC_KEEP,    /* the primary stays */
	SYNC_REBUILD, /* from the source */
	SYNC_CANNOT,
};

/* what somebody has to say of a pool that is lost, before it is rebuilt */
#define SYNC_ASKS_MOUNT 1u /* that its file system is mounted */
#define SYNC_ASKS_ALIVE 2u /* that its program has ended, wherever it was */

struct sync {
	const struct sync_args *args;
	char word[SHELL_WORD_MAX]; /* the set, as a shell wants it */
	struct poolset *set;
	/* facts */
	enum sync_primary primary;
	char primary_why[SYNC_TEXT]; /* it is not whole */
	char in_the_way[SYNC_TEXT];  /* a PART.rpmem-old; "": none */
	bool has_local;		     /* there are local copies, too */
	bool is_recorded;  /* the state directory has the pool's lineage */
	bool has_parts;	   /* something would be set aside */
	bool is_unlinked;  /* a program has the pool whose parts are gone */
	bool is_just_made; /* by a rebuild that is not finished */
	struct pool *pool; /* whole: mapped and locked */
	struct pasts p;
	struct pool_attr links; /* the primary's, as its remote copies see it */
	unsigned nlocal;	/* replicas on this machine */
	struct sync_member *members;
	unsigned n;
	int from;		  /* which member --from names; -1: none */
	enum sync_links recorded; /* of a pool that is lost */
	/* plan */
	enum sync_rebuild rebuild;
	unsigned source;
	char rebuild_why[SYNC_TEXT];
	char rebuild_next[SYNC_TEXT];
	bool is_stock; /* it is made for programs without rpmem run */
	enum sync_links_by links_by;
	bool is_lossy; /* somebody has to say yes */
	/* copies have followed this pool, and nothing is on record of it here:
	 * it may be another user's, or another state directory's */
	bool is_foreign;
	unsigned asks; /* SYNC_ASKS_... */
	bool is_held;  /* no copy is touched: hold says why */
	char hold[SYNC_TEXT];
	/* what became of the primary */
	enum sync_result rebuilt;
	char rebuild_error[SYNC_TEXT];
	char aside[SYNC_TEXT]; /* names of old parts */
};

/* ---- facts: 0 or -errno with a message; sync_forget in any case ---- */
NODISCARD int sync_look(struct sync *s, const struct sync_args *args);
/* is what was lost still lost? -ESTALE, -EBUSY: somebody has brought it back */
NODISCARD int sync_look_lost(const struct sync *s);
/* of each copy of s->p, behind sync_look's look at the primary */
NODISCARD int sync_look_at_members(struct sync *s);
/* a copy whose parts were gone: are they still, and is its record what it was?
 * -ESTALE: they are not, or it is not */
NODISCARD int sync_still_gone(const struct sync_member *m);
/* which copies a pool that is lost has gone on without, and what its header
 * named; never fails: what cannot be read says nothing */
void sync_look_behind(struct sync *s);
void sync_forget(struct sync *s);

/* ---- plan (pure): everything under "plan", from what is under "facts" ---- */
void sync_plan(struct sync *s);
/* is there something to do? */
bool sync_has_work(const struct sync *s);
/* is everything as it is to be? */
bool sync_is_good(const struct sync *s);

/* ---- doing it; what fails is in the members ---- */
void sync_copies(struct sync *s);
/* 0 or -errno with a message, the primary is what it was, or lost */
NODISCARD int sync_rebuild(struct sync *s);

/* ---- telling ---- */
void sync_print_plan(const struct sync *s);
void sync_print_result(const struct sync *s);
/* a new reference; NULL: no memory, or a name is not UTF-8 */
json_t *sync_json(const struct sync *s);
const char *sync_act_name(enum sync_act act);
/* for whom a rebuilt pool is made, and who says so */
const char *sync_links_text(const struct sync *s);

#endif
