/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copyfacts.h -- what a target says of a copy, as lineage_decide wants it
 * (pure)
 *
 * For an open, and for the tool that says what an open would do.
 */
#ifndef RPMEM_LIBRPMEM_COPYFACTS_H
#define RPMEM_LIBRPMEM_COPYFACTS_H

#include "lineage/lineage.h"
#include "wire/oob.h"

/*
 * copyfacts_of -- the facts of a reply
 *
 *   ours, theirs   borrowed; theirs is the reply's lineage, decoded
 *   is_lost        there was one, and it cannot be read or believed
 */
struct lineage_facts copyfacts_of(const struct oob_lineage_reply *r,
	const struct lineage *ours, const struct lineage *theirs, bool is_lost);

#endif
