/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage.h -- what `rpmem lineage` and `rpmem discard` read and say
 */
#ifndef RPMEM_UTILS_LINEAGE_H
#define RPMEM_UTILS_LINEAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "librpmem/inquiry.h"
#include "librpmem/standing.h"
#include "lineage/lineage.h"
#include "lineage_words.h"
#include "pool_past.h"
#include "status.h"
#include "wire/oob.h"

#define ADVICE_MAX 4096u

/* one remote replica */
struct copy_past {
	const char *target; /* borrowed from the set */
	const char *set_name;
	unsigned at;	   /* in the set; 0 is the primary */
	int asked;	   /* 0: the target has told its record; -errno */
	char why[ERR_MAX]; /* if it has not */
	bool is_reached;   /* the target has answered, whatever it said */
	unsigned nparts;   /* there; 0: not looked at */
	unsigned nbad;
	unsigned nmissing;
	bool has_former; /* NAME.rpmem-old is there */
	struct oob_lineage_reply reply;
	enum past past;
	struct lineage lineage; /* n 0 unless KNOWN */
	uint64_t id;		/* as in members; 0: not known */
	enum without without;
	struct standing standing; /* as this machine remembers it */
	struct lineage_decision decision;
	bool attaches; /* an open of the pool brings it forward */
	/* one before it has the same id: its files were copied from there, or
	 * the other way round; NULL: none */
	const struct copy_past *twin;
	/* discarded before; once more is no harm, if that was cut short */
	bool is_discarded;
	char advice[ADVICE_MAX]; /* what an open does, and what goes on */
};

struct pasts {
	const char *set; /* its path; borrowed */
	struct primary primary;
	struct pool_past pool;
	unsigned ncopies;
	struct copy_past *copies;
	/* an open brings each of them forward, and each has everything */
	bool is_good;
	/* of this pool's parts, some are not as they should be: nothing is
	 * said of its past then, which goes by its files */
	unsigned nbad_here;
	unsigned nparts_here;
};

/*
 * pasts_read -- the pool's and each copy's
 *
 * Targets are asked one after the other; one that does not answer is no error.
 *
 *   only   the one replica to look at; NULL: all that are remote
 *
 * Returns 0 or -errno with a message; pasts_free in any case
 */
NODISCARD int pasts_read(struct pasts *p, const char *path, struct poolset *set,
	const struct poolset_replica *only);

/* the copies alone: p->set, p->primary and p->pool are filled in, or zero for a
 * primary that is lost */
NODISCARD int pasts_ask(struct pasts *p, const struct poolset *set,
	const struct poolset_replica *only);
void pasts_free(struct pasts *p);

/*
 * The same in steps, for those who ask the targets themselves: pasts_begin
 * reads the pool's, pasts_add makes room for a copy and reads what this
 * machine remembers of it; pasts_told takes what its target has said, if it
 * was reached (else the caller sets asked and why); pasts_judge decides.
 */
NODISCARD int pasts_begin(
	struct pasts *p, const char *path, struct poolset *set);
NODISCARD int pasts_add(struct pasts *p, const struct poolset *set, unsigned at,
	struct copy_past **c_out);
void pasts_told(struct copy_past *c, const struct inquiry_copy *told);
void pasts_judge(struct pasts *p);

/* whole parts, and no record of them: a former primary's, or it was lost */
bool copy_past_is_unrecorded(const struct copy_past *c);

/* how a promotion that has begun is finished, or taken back (pure) */
void copy_past_promoting(const struct copy_past *c, char out[ADVICE_MAX]);

/* what to do with one that has another one's id (pure) */
void copy_past_twin(
	const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX]);

/* what an open does with the copy, and which command goes on (pure) */
void copy_past_advise(
	const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX]);

/* a member by its name: this pool, or a copy of it, or its number */
void member_name(const struct pasts *p, uint64_t id, char *out, uint32_t size);

/* blocks of text on standard output */
void pasts_print(const struct pasts *p);

/* new references; NULL: no memory, or a name is not UTF-8 */
json_t *pasts_json(const struct pasts *p);
json_t *copy_past_json(const struct pasts *p, const struct copy_past *c);

#endif
