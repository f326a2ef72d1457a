/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify_refused.c -- a copy that cannot be opened, and what to do then
 *
 * What the target says of it is asked once more, without an open.
 */
#include <errno.h>
#include <stdio.h>

#include "librpmem/alone.h"
#include "librpmem/inquiry.h"
#include "verify.h"

struct refusal {
	uint32_t flag;
	const char *code;
	const char *what;
	const char *command; /* SET follows, then the rest */
	const char *rest;
	bool wants_owner;
};

/* in the order in which they count */
static const struct refusal refusals[] = {
	{OOB_LINEAGE_F_PROMOTING, "being-promoted",
		"it is being promoted, and that was cut short or goes on",
		"rpmem check", "says how to finish it, or to take it back",
		false},
	{OOB_COPY_F_PROMOTED, "promoted",
		"it was promoted, and is a primary of its own now",
		"rpmem lineage", "shows both, and what goes on", false},
	{OOB_COPY_F_EQUALISING, "equalising",
		"it was being made equal when its session ended, and is no "
		"point of the pool",
		"rpmem verify --repair",
		"finishes that, as does the next program that opens the pool",
		true},
	{OOB_COPY_F_CHANGED, "changed",
		"its parts were written to by something else since its last "
		"session ended (restored from a backup?): nobody knows what "
		"it holds",
		"rpmem verify --repair",
		"makes it equal, as does the next program that opens the pool",
		true},
	{OOB_COPY_F_SUSPECT, "suspect",
		"its machine went down while it was in use, or its medium "
		"refused a write: pages may be missing",
		"rpmem verify --repair",
		"makes it equal, as does the next program that opens the pool",
		true},
	{OOB_COPY_F_CREATING, "unfinished", "it was never finished",
		"rpmem sync", "makes it anew", false},
};

static bool
explain(struct verified *v, const struct verify_args *a, uint32_t flags)
{
	struct oob_lineage_reply r;
	if (inquiry_lineage(v->rep->node, v->rep->desc, &r) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const struct refusal *one = &refusals[i];
		if ((r.flags & flags & one->flag) == 0)
			continue;
		findings_add(&v->findings, LEVEL_PROBLEM, one->code, v->who,
			"%s", one->what);
		findings_fix(&v->findings, "%s %s %s", one->command, a->word,
			one->rest);
		v->wants_owner = one->wants_owner;
		return true;
	}
	return false;
}

/* a primary's set file, which names copies, is no copy's: EINVAL */
static bool
may_explain(int rc, uint32_t *flags_out)
{
	*flags_out = rc == -EINVAL ? OOB_COPY_F_PROMOTED : UINT32_MAX;
	return rc == -ESTALE || rc == -EINVAL;
}

void
verify_open_failed(struct verified *v, const struct verify_args *a, int rc)
{
	char why[ERR_MAX];
	uint32_t flags;
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	if (alone_is_unreachable(rc)) {
		findings_add(&v->findings, LEVEL_PROBLEM, "unreachable", v->who,
			"it cannot be reached: %s", why);
		findings_fix(&v->findings,
			"start rpmemd there, or look at the network; rpmem "
			"doctor finds out which");
	} else if (rc == -ENOENT) {
		findings_add(&v->findings, LEVEL_PROBLEM, "missing", v->who,
			"it is not there: %s", why);
		findings_fix(&v->findings,
			"rpmem sync '%s' makes it, if nothing of it is there; "
			"rpmem check '%s' tells, and what to do else",
			a->set, a->set);
	} else if (rc == -EBUSY) {
		findings_add(&v->findings, LEVEL_PROBLEM, "busy", v->who,
			"somebody has it open: %s", why);
		findings_fix(&v->findings, "run it again when they are done");
	} else if (!may_explain(rc, &flags) || !explain(v, a, flags)) {
		findings_add(&v->findings, LEVEL_PROBLEM, "refused", v->who,
			"%s", why);
		findings_fix(&v->findings,
			"rpmem check %s looks at the copy, rpmem doctor at "
			"the way there",
			a->word);
	}
}
