/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inquiry.h -- what a tool says to a target about a copy, without a program
 */
#ifndef RPMEM_LIBRPMEM_INQUIRY_H
#define RPMEM_LIBRPMEM_INQUIRY_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "pool/hdr.h"
#include "wire/oob.h"

/*
 * inquiry_lineage -- what the target has on record of a copy
 *
 * Nothing is opened, locked or changed there; also while a program has the
 * copy.
 *
 * Returns 0; -EINVAL: a bad target or name; what connecting returns; what the
 * target says (-ENOENT: no such copy); with a message
 */
NODISCARD int inquiry_lineage(const char *target, const char *set_name,
	struct oob_lineage_reply *r_out);

#define INQUIRY_BAD_MAX 16u

/* what a target has said of a copy */
struct inquiry_copy {
	uint64_t connect_us; /* until the target had greeted */
	uint64_t round_us;   /* a question and its answer */
	int told; /* of the lineage: 0, or what inquiry_lineage has */
	char told_why[ERR_MAX];
	struct oob_lineage_reply lineage;
	int looked; /* of the parts: 0; -errno: the target has not looked */
	char looked_why[ERR_MAX];
	struct oob_look_reply look;
	unsigned nbad; /* bad parts that are told here; look.nbad has all */
	struct inquiry_part {
		uint32_t at;
		uint8_t is; /* enum oob_part_is */
		char text[OOB_TEXT_MAX];
	} bad[INQUIRY_BAD_MAX];
};

/*
 * inquiry_look -- all that a target knows of a copy, and sees of its parts
 *
 * Nothing is opened, locked or changed there; also while a program has the
 * copy.
 *
 * Returns 0: the target has greeted, the rest is in *out; -EINVAL: a bad
 * target or name; what connecting returns; with a message
 */
NODISCARD int inquiry_look(
	const char *target, const char *set_name, struct inquiry_copy *out);

/*
 * inquiry_room -- what the place of a copy is like, there or not yet
 *
 * Nothing is changed there.
 *
 * Returns 0; -EOPNOTSUPP: the target is older; else as inquiry_lineage
 */
NODISCARD int inquiry_room(
	const char *target, const char *set_name, struct oob_room_reply *r_out);

/* whose copy it is to be from now on */
struct inquiry_discard {
	const char *target;
	const char *set_name;
	uint64_t pool_size; /* of the primary */
	/* the primary's, but with the copy's links; uuid: the copy's, zero to
	 * leave it what it is */
	const struct pool_attr *attr;
	const uint8_t *primary_uuid;
	/* what somebody has agreed to give up, as it was told then */
	const struct oob_lineage_reply *agreed;
};

/*
 * inquiry_is_same -- does the target say what it said before, as far as it
 * tells what the copy has?
 *
 * Returns 0; -ESTALE: somebody has promoted it, or written to it, since; with a
 * message
 */
NODISCARD int inquiry_is_same(const struct oob_lineage_reply *before,
	const struct oob_lineage_reply *now, const char *target,
	const char *set_name);

/*
 * inquiry_discard -- tell the target that nothing in the copy is worth keeping
 *
 * Its headers get the links of a copy again: one that was promoted is no pool
 * of its own any more.  Cut short, it is to be done again.
 *
 * Durability  on return 0 the target has it on record: the primary's next open
 *             makes the copy equal, whatever it holds.
 *
 * Returns 0; -EBUSY: a program has it open there; -ESTALE: it is no copy of
 * this pool at all, or not what was agreed to; else as inquiry_lineage
 */
NODISCARD int inquiry_discard(const struct inquiry_discard *d);

#endif
