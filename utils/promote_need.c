/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote_need.c -- rpmem promote --need K: is it the copy that may?
 *
 * A primary which holds its calls while fewer than n copies follow
 * (RPMEM_MIN_REPLICAS) cannot run on without K others that were asked here, if
 * K
 * + n is more than there are.  So K of them have to answer, and none may have
 * lived through a generation that this copy has not: that one is newer.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "librpmem/inquiry.h"
#include "librpmem/target.h"
#include "lineage/lineage.h"
#include "pool/state.h"
#include "promote.h"
#include "rpmemd/pooldir.h"

enum answer { COUNTS, COUNTS_NOT, IS_NEWER };

static int
read_own(const struct promote_args *a, struct lineage *l_out)
{
	static struct state_view view;
	char path[OOB_DESC_MAX + 32];
	CLEANUP(closep) int dirfd = pooldir_open(a->dir);
	if (dirfd < 0)
		return dirfd;
	int rc = pooldir_state_path(a->name, path, sizeof(path));
	if (rc == 0)
		rc = state_look(&view, dirfd, path);
	if (rc < 0)
		return err_wrap(rc,
			"'%.200s' has no record that --need can go by (rpmem "
			"info --copy %.200s %.200s shows what is there)",
			a->name, a->dir, a->name);
	*l_out = view.lineage.lineage;
	return l_out->n != 0 ? 0
			     : err_set(-ESTALE,
				       "'%s' has no lineage: --need cannot say "
				       "which copy is newer",
				       a->name);
}

/* generations only: of one, copies may differ in what nobody was told about */
static enum answer
judge(const struct lineage *ours, const struct oob_lineage_reply *r,
	const char **why_out)
{
	struct lineage theirs;
	struct lineage_facts f = {
		.ours = ours, .theirs = &theirs, .their_id = r->copy_id};
	*why_out = "it has no lineage that can be read";
	if (r->is != OOB_LINEAGE_HAS ||
		lineage_decode(r->lineage.bytes, r->lineage.len, &theirs) < 0)
		return COUNTS_NOT;
	enum lineage_relation is =
		lineage_decide(&f, LINEAGE_OPEN - 1).relation;
	*why_out = lineage_relation_name(is);
	if (is == LINEAGE_SAME || is == LINEAGE_ANCESTOR)
		return COUNTS;
	return is == LINEAGE_DESCENDANT || is == LINEAGE_SUPERSEDED
		       ? IS_NEWER
		       : COUNTS_NOT;
}

/* "TARGET DESC" */
static enum answer
ask(const struct lineage *ours, const char *other, const char **why_out)
{
	static struct oob_lineage_reply reply;
	char target[TARGET_TEXT_MAX];
	const char *blank = strrchr(other, ' ');
	*why_out = "it is no 'TARGET DESC'";
	if (blank == NULL || (size_t)(blank - other) >= sizeof(target))
		return COUNTS_NOT;
	(void)snprintf(
		target, sizeof(target), "%.*s", (int)(blank - other), other);
	*why_out = err_msg();
	return inquiry_lineage(target, blank + 1, &reply) == 0
		       ? judge(ours, &reply, why_out)
		       : COUNTS_NOT;
}

int
promote_need(const struct promote_cmd *c)
{
	struct lineage ours;
	char whys[ERR_MAX / 2] = "";
	unsigned n = 0;
	int rc = c->need == 0 ? 0 : read_own(&c->what, &ours);
	for (unsigned i = 0; c->need != 0 && rc == 0 && i < c->nothers; i++) {
		const char *why = "";
		size_t at = strlen(whys);
		enum answer is = ask(&ours, c->others[i], &why);
		n += is == COUNTS;
		if (is == COUNTS_NOT)
			(void)snprintf(whys + at, sizeof(whys) - at,
				"; '%s': %s", c->others[i], why);
		else if (is == IS_NEWER)
			rc = err_set(-ESTALE,
				"the copy '%s' is newer than '%s' (%s): use "
				"that one",
				c->others[i], c->what.name, why);
	}
	if (rc < 0 || n >= c->need)
		return rc;
	return err_set(-ESTALE,
		"'%s' is not promoted: %u other copies are needed, and %u are "
		"there and in its generation or an older one%s",
		c->what.name, c->need, n, whys);
}
