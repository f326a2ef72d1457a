/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify_range.c -- the blocks that differ, as ranges (pure)
 */
#include "verify.h"

void
verified_add(
	struct verified *v, uint64_t off, uint64_t len, enum walk_kind kind)
{
	struct verify_range *last =
		v->nranges != 0 ? &v->ranges[v->nranges - 1] : NULL;
	bool follows = last != NULL && last->kind == kind &&
		       last->off + last->len == off;
	if (follows)
		last->len += len;
	else if (v->nranges < VERIFY_RANGES_TOLD)
		v->ranges[v->nranges++] = (struct verify_range){
			.off = off, .len = len, .kind = kind};
}

void
verified_clear(struct verified *v)
{
	v->how = VERIFY_NOT;
	v->is_whole = v->is_cut_short = v->wants_owner = false;
	v->compared = v->total = v->left_out = 0;
	v->different = v->settled = v->sent = 0;
	v->nranges = 0;
	findings_free(&v->findings);
}
