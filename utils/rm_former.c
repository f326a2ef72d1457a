/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rm_former.c -- former copies, which their targets have set aside
 *
 * NAME.rpmem-old is a pool as any other there, with a set file and a record: so
 * it is looked at, and removed, as a copy of that name.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rm.h"

#define OLD_SUFFIX ".rpmem-old"

/* is there one?  A target without a set file of the name does not say. */
static bool
may_have_one(const struct remote_look *r)
{
	return r->asked == 0 &&
	       (r->told.looked == -ENOENT ||
		       (r->told.looked == 0 &&
			       (r->told.look.flags & OOB_LOOK_F_OLD) != 0));
}

static bool
look(struct rm_former *f, const struct remote_look *r)
{
	int n = snprintf(f->name, sizeof(f->name), "%s" OLD_SUFFIX, r->name);
	if (n < 0 || (size_t)n >= sizeof(f->name))
		return false;
	f->look = (struct remote_look){
		.at = r->at, .target = r->target, .name = f->name};
	f->look.asked = inquiry_look(r->target, f->name, &f->look.told);
	if (f->look.asked < 0)
		(void)snprintf(
			f->look.why, sizeof(f->look.why), "%s", err_msg());
	return true;
}

void
rm_look_formers(struct rm_plan *p)
{
	for (unsigned i = 0; i < p->look->nremotes; i++) {
		const struct remote_look *r = &p->look->remotes[i];
		struct rm_former *f = &p->formers[i];
		if (!may_have_one(r) || !look(f, r))
			continue;
		struct rm_item *c = &p->copies[p->ncopies];
		*c = (struct rm_item){.remote = &f->look, .is_former = true};
		rm_item_judge(p, c);
		/* nothing was there, after all */
		if (c->whose != WHOSE_NOBODYS || r->told.looked == 0)
			p->ncopies++;
	}
}
