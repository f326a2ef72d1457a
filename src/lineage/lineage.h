/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage.h -- the generations that a pool, or a copy, has lived through (pure)
 *
 * A generation is an uninterrupted history of a pool, written by one primary.
 * It ends when the set of copies that follow shrinks, when its writer ends
 * without a close, or when a copy is promoted.  Of an entry that has ended,
 * `end` is the last number that can belong to it; the last entry is open.  Two
 * lineages with a generation in common have the same bytes up to the lower of
 * their ends in it.
 *
 *  encoded, little endian:
 *   0  4 magic "RPLG"   4  2 version 1   6  2 flags (1: was cut)
 *   8  4 n              12 4 length of all, the sum included
 *  16  n entries: 16 generation, 8 end, 1 kind, 1 nmembers, 6 zeros,
 *      nmembers * 8 members
 *   .  8 XXH3-64 of all before it
 */
#ifndef RPMEM_LINEAGE_LINEAGE_H
#define RPMEM_LINEAGE_LINEAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"

#define LINEAGE_MAX 64u	       /* entries; of more, the oldest are cut */
#define LINEAGE_MEMBERS_MAX 8u /* the writer and its copies */
#define LINEAGE_OPEN UINT64_MAX
#define LINEAGE_SIZE_MAX                                                       \
	(16u + LINEAGE_MAX * (32u + 8u * LINEAGE_MEMBERS_MAX) + 8u)

/* how a generation began */
enum lineage_kind {
	LINEAGE_FIRST = 1,   /* with the pool's first copy */
	LINEAGE_SHRUNK = 2,  /* a copy does not follow any more */
	LINEAGE_RESTART = 3, /* its writer was opened again */
	LINEAGE_PROMOTE = 4, /* a copy was made the primary */
	LINEAGE_KIND_END
};

struct lineage_entry {
	uint8_t generation[UUID16_LEN];
	uint64_t end; /* LINEAGE_OPEN of the last, and only there */
	uint8_t kind;
	uint8_t nmembers;
	/* random ids, never 0, none twice; [0] is the writer */
	uint64_t members[LINEAGE_MEMBERS_MAX];
};

/* oldest first; n 0: none is known */
struct lineage {
	uint32_t n;
	bool is_cut; /* there were older ones */
	struct lineage_entry entry[LINEAGE_MAX];
};

/* the open one; NULL: none */
const struct lineage_entry *lineage_last(const struct lineage *l);

/* is `id` a member of the open generation? */
bool lineage_has_member(const struct lineage *l, uint64_t id);

/*
 * lineage_begin -- the open generation ends, a new one begins
 *
 *   end      last number of the old one; not looked at if there is none
 *   next     generation, kind and members of the new one; its end counts not
 *
 * Ends never fall: one below that of the entry before becomes equal to it.
 * Beyond LINEAGE_MAX the oldest entry goes, and is_cut is set.
 */
void lineage_begin(
	struct lineage *l, uint64_t end, const struct lineage_entry *next);

/* a copy follows from here on; false: no room */
bool lineage_join(struct lineage *l, uint64_t id);

/*
 * lineage_settle -- forget what nobody needs any more
 *
 * To be called when each member of the open generation has acknowledged the
 * lineage that says so, and not before: a member that is only listed comes
 * back with an older one.  Entries whose members are all members of the open
 * one go, but a promote only when no older entry is left; is_cut is set.
 */
void lineage_settle(struct lineage *l);

/* the members of the open generation but for one */
void lineage_without(
	const struct lineage *l, uint64_t id, struct lineage_entry *next_out);

bool lineage_equal(const struct lineage *a, const struct lineage *b);

/* returns the length in bytes, at most LINEAGE_SIZE_MAX */
uint32_t lineage_encode(const struct lineage *l, uint8_t out[LINEAGE_SIZE_MAX]);

/*
 * lineage_decode -- every field checked: lengths, kinds, ends that rise, one
 * open entry at the end, members, generations that are not twice there, sum
 *
 *   len   exactly the encoded length
 *
 * Returns 0 or -EBADMSG (no message)
 */
NODISCARD int lineage_decode(
	const uint8_t *in, uint32_t len, struct lineage *l_out);

/* the length that an encoded lineage says it has, from its first 16 bytes; 0:
 * it is none */
uint32_t lineage_size(const uint8_t in[16]);

/* ---- who may be overwritten by whom: decide.c ---- */

/* what their copy is to our pool */
enum lineage_relation {
	LINEAGE_NONE_OURS,   /* nothing is known of ours */
	LINEAGE_NONE_THEIRS, /* ... of theirs */
	LINEAGE_SAME,	     /* in our open generation */
	LINEAGE_ANCESTOR,    /* left at a point of our past */
	LINEAGE_DESCENDANT,  /* has a past of which ours is a point */
	LINEAGE_SUPERSEDED,  /* ... and was promoted after it */
	LINEAGE_FORKED,	     /* both went on from a common point */
	LINEAGE_UNRELATED,   /* nothing in common */
	LINEAGE_UNKNOWN,     /* ... but one of them was cut */
	LINEAGE_RELATION_END
};

enum lineage_verdict {
	LINEAGE_ATTACH,	  /* bring it forward from ours */
	LINEAGE_IF_EQUAL, /* attach only if each byte is equal */
	LINEAGE_FENCED,	  /* ours must not go on */
	LINEAGE_REFUSE,	  /* theirs is not touched; ours may go on */
};

struct lineage_facts {
	const struct lineage *ours;
	const struct lineage *theirs;
	uint64_t their_last;	/* highest number that they have */
	bool their_last_is_low; /* ... or more: they were not closed in order */
	bool theirs_is_lost;	/* there was one, and it cannot be read */
	uint64_t their_id;	/* as in members; 0: not known */
	/* they are a pool of its own: programs may have changed it without
	 * copies, and then nothing was numbered */
	bool they_are_promoted;
};

struct lineage_decision {
	enum lineage_relation relation;
	enum lineage_verdict verdict;
	/* records that would go if theirs were overwritten by ours, and the
	 * other way round, counted by numbers; UINT64_MAX: unknown */
	uint64_t theirs_alone;
	uint64_t ours_alone;
	/* index of the last generation in common, in each; -1: none */
	int ours_at;
	int theirs_at;
};

/*
 * lineage_decide -- may their copy be overwritten from our pool?
 *
 *   in our open generation      ATTACH: its writer has the say over it; but
 *                               with a number beyond our_last it is from a
 *                               later us (ours is a backup): DESCENDANT
 *   ANCESTOR, not behind our end of its generation, or of a later one by the
 *                               same writer that lists it (it was not told of
 *                               that one yet): ATTACH; else it has
 *                               what we never had: FORKED.  IF_EQUAL if that
 *                               end is a promoted copy's and they may have more
 *   our open generation in theirs, and a promote after it: FENCED
 *   nothing of one known        ATTACH if theirs never had any; else IF_EQUAL
 *   everything else             REFUSE
 *
 *   our_last   the last number given out here, or the end of the reservation;
 *              never below the truth
 */
struct lineage_decision lineage_decide(
	const struct lineage_facts *f, uint64_t our_last);

/* a word for messages and reports: "same", "an ancestor", ... */
const char *lineage_relation_name(enum lineage_relation r);
const char *lineage_kind_name(uint8_t kind);

/*
 * lineage_describe -- one line for messages: the open generation, when and how
 * it began, its last number and members: "2f81c0de (promoted, after 91ab04ff
 * ended at 1204), 2 members"
 */
void lineage_describe(const struct lineage *l, char *out, uint32_t size);

#endif
