/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_rules.h -- who may open, create over, or read a copy, from what is on
 * record of it (pure)
 */
#ifndef RPMEM_RPMEMD_COPY_RULES_H
#define RPMEM_RPMEMD_COPY_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "pool/pool.h"
#include "pool/state.h"

struct copy;

/*
 * copy_may_open -- 0 or -ESTALE with a message
 *
 * What was promoted is a primary, and refused to everybody.  A passive open of
 * a copy that is no consistent point of its primary's
 * history is refused: pmempool would take it for a good one.  So is an
 * owner's open of a raw copy that was promoted by an older target.
 */
NODISCARD int copy_may_open(
	const struct state *s, bool is_owner, const uint8_t signature[8]);

/*
 * copy_may_replace -- may a create discard this copy?
 *
 * Only one that never held anything: still creating, and either no primary
 * ever attached, or the pool in it has no descriptor yet.
 */
bool copy_may_replace(const struct state *s, bool has_descriptor);

/* does a create find a copy here that somebody owns, or that was promoted?
 * A raw one may look blank: its first page is data. */
bool copy_is_owned_raw(const struct state *s);

/* is it a point of its primary's history, as far as the record tells? */
bool copy_is_consistent(const struct state *s);

/* may it be the best that is left, so that no tool removes it by itself?
 * Also one that is suspect. */
bool copy_is_worth_keeping(const struct state *s);

/*
 * copy_is_suspect -- may pages be missing in it?
 *
 * Barriers order what a process leaves in the page cache; the kernel writes
 * pages back in any order.  So when its machine went down while the copy was
 * in use, what is on the medium is no prefix of anything.  Nor is it when the
 * medium has refused a page: the kernel calls that page clean and may drop it,
 * and whoever reads it then gets what was there before.
 */
bool copy_is_suspect(
	const struct state *s, bool is_this_boot, bool in_page_cache);

/* was it written to by something else since rpmemd has left it?  now: its
 * stamp (stamp.h). */
bool copy_was_changed(const struct state *s, uint64_t now);

/* then the record says that it is no point of anything, and that nobody knows
 * which bytes it has */
void copy_set_changed(struct state *s);

/* may it be read by somebody who knows that it was changed? */
bool copy_may_read_as_is(const struct state *s);

/* the number that it has, as far as the record and the mapped number tell: of
 * another boot that one does not count, and none does of a copy that may miss
 * any page */
uint64_t copy_last_seq(
	const struct state *s, bool is_this_boot, uint64_t mapped);

/* does any part of it lie there? */
bool copy_in_page_cache(const struct pool *pool);

/* flags after a clean close */
uint32_t copy_closed_flags(uint32_t flags, const struct copy *c);

#endif
