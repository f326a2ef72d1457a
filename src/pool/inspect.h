/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inspect.h -- is every part of a pool there, and whole?
 *
 * For tools, on both sides.  Nothing is locked, mapped for long or changed:
 * also while somebody has the pool open, whose header may then be half
 * written for an instant.
 */
#ifndef RPMEM_POOL_INSPECT_H
#define RPMEM_POOL_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "pool/hdr.h"
#include "pool/pool.h"
#include "poolset/poolset.h"

/* equal to enum oob_part_is of wire/oob_look.h; rpmemd asserts it statically
 */
enum part_is {
	PART_GOOD = 0,
	PART_MISSING = 1,    /* there is no such file */
	PART_UNREADABLE = 2, /* rights, or the disk */
	PART_NO_FILE = 3,    /* neither a file nor a device DAX */
	PART_UNFINISHED = 4, /* mode 0000: a stock tool was cut short */
	PART_SIZE = 5,	     /* not the set's */
	PART_EMPTY = 6,	     /* no header where one belongs */
	PART_DAMAGED = 7,    /* the header's checksum is wrong */
	PART_STRANGE = 8,    /* features that are unknown, or not the set's */
	PART_LINKS = 9,	     /* it does not belong to its neighbours */
	PART_IS_END
};

struct inspect_part {
	char *path; /* its own: a set of directories is read again */
	enum part_is is;
	char *why;     /* what tells that it is missing; NULL: its name */
	int error;     /* -errno, of UNREADABLE */
	uint64_t want; /* size in the set; 0: the device's */
	uint64_t size;
	enum pool_media media;
	bool is_device;
	uint64_t fs_type; /* statfs's; 0: not known */
	bool has_hdr;	  /* it was read, and its checksum is right */
	struct hdr hdr;
};

struct inspect {
	unsigned options; /* the set's, POOLSET_F_* */
	unsigned nparts;
	unsigned nbad;
	unsigned nmissing;
	struct inspect_part *parts;
	uint64_t size;	       /* of the pool, as far as its parts are there */
	enum pool_media media; /* the weakest */
	uint64_t heap_end;     /* see heap_end.h; 0: not known */
};

/*
 * inspect_replica -- look at each part of a local replica
 *
 *   options   of its set
 *   rep       resolved (dirset.h); a part that directories lack comes last
 *
 * Returns 0, whatever the parts are like; -ENOMEM with a message
 */
NODISCARD int inspect_replica(unsigned options,
	const struct poolset_replica *rep, struct inspect *out);

/* a sentence about part i, that names it */
void inspect_text(const struct inspect *in, unsigned i, char out[ERR_MAX]);

/* the first header, if it can be believed; NULL: there is none */
const struct hdr *inspect_hdr(const struct inspect *in);

/* all zeros and a second call are fine */
void inspect_free(struct inspect *in);

/*
 * inspect_judge -- what each part is, from its size and header (pure)
 *
 * For parts that could be read: is is GOOD, EMPTY or DAMAGED before.
 */
void inspect_judge(struct inspect *in);

/*
 * inspect_blames_set -- is the pool in the parts whole, and the set another one
 * than it was made for? (pure)
 *
 * Its sizes or options are not the parts', or it names fewer of them.
 */
bool inspect_blames_set(const struct inspect *in);

/* features of a header that nobody here knows */
uint32_t inspect_unknown_features(const struct hdr *h);

#endif
