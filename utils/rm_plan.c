/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rm_plan.c -- what goes and what stays (pure)
 *
 * A copy that was promoted, or is another pool's, is not removed for being in
 * a set file: somebody has to name it, and to insist.  So is one of which
 * nothing says whose it is; that a set file names it may be a mistake.
 */
#include "rm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NO_POINT                                                               \
	(OOB_COPY_F_CREATING | OOB_COPY_F_EQUALISING | OOB_COPY_F_SUSPECT |    \
		OOB_COPY_F_UNWRITTEN | OOB_COPY_F_UNKNOWN)

static bool
is_good_there(const struct rm_item *c)
{
	const struct inquiry_copy *t = &c->remote->told;
	bool is_pool = c->whose == WHOSE_THIS || c->whose == WHOSE_PROMOTED;
	return is_pool && t->told == 0 && t->looked == 0 && t->look.nbad == 0 &&
	       (t->lineage.flags & NO_POINT) == 0;
}

bool
rm_is_left_over(const struct rm_item *c)
{
	const struct inquiry_copy *t = &c->remote->told;
	return c->remote->asked == 0 && t->told == 0 && t->looked == 0 &&
	       !remote_has_parts(c->remote);
}

void
rm_item_judge(const struct rm_plan *p, struct rm_item *c)
{
	c->whose = remote_whose(p->look, c->remote);
	c->is_good = is_good_there(c);
}

int
rm_plan_new(struct rm_plan *p, struct set_look *l, unsigned flags)
{
	*p = (struct rm_plan){
		.look = l, .flags = flags, .ncopies = l->nremotes};
	p->copies = calloc(2 * l->nremotes + 1, sizeof(*p->copies));
	p->formers = calloc(l->nremotes + 1, sizeof(*p->formers));
	if (p->copies == NULL || p->formers == NULL)
		return err_set(-ENOMEM, "no memory for a plan");
	p->here.is_good = set_look_is_whole(l);
	p->here.whose = WHOSE_THIS;
	for (unsigned i = 0; i < l->nremotes; i++) {
		p->copies[i].remote = &l->remotes[i];
		rm_item_judge(p, &p->copies[i]);
	}
	return 0;
}

static void
leave(const struct rm_plan *p, struct rm_item *c)
{
	static const char *const reasons[] = {
		[WHOSE_PROMOTED] = "it was promoted, and is a pool of its own",
		[WHOSE_ANOTHER] = "it is a copy of another pool, or of another "
				  "primary of this one",
		[WHOSE_UNKNOWN] = "nothing says whose copy it is",
	};
	char title[COPY_TITLE_MAX];
	char word[SHELL_WORD_MAX];
	remote_title(c->remote, title);
	(void)shell_word(title, word);
	c->outcome = RM_LEFT;
	(void)snprintf(c->why, sizeof(c->why),
		"%s; if nobody needs it: rpmem rm --force %.800s %.900s",
		reasons[c->whose], p->look->word, word);
}

static void
decide_copy(const struct rm_plan *p, struct rm_item *c)
{
	bool is_asked = c->is_named || (p->flags & RM_F_NAMED) == 0;
	bool is_forced = c->is_named && (p->flags & RM_F_FORCE) != 0;
	bool has_set_file = c->remote->told.looked != -ENOENT;
	/* that of a former copy was written when it was set aside */
	bool takes_set_file = c->is_former || (p->flags & RM_F_SET_FILES) != 0;
	c->outcome = RM_KEPT;
	if (!is_asked)
		return;
	if (c->remote->asked < 0) {
		c->outcome = RM_LEFT;
		(void)snprintf(c->why, sizeof(c->why), "%s", c->remote->why);
		return;
	}
	switch (c->whose) {
	case WHOSE_NOBODYS:
		c->outcome =
			takes_set_file && has_set_file ? RM_GO : RM_NOTHING;
		break;
	case WHOSE_THIS:
		c->outcome = RM_GO;
		break;
	case WHOSE_PROMOTED:
	case WHOSE_ANOTHER:
	case WHOSE_UNKNOWN:
		if (is_forced)
			c->outcome = RM_GO;
		else
			leave(p, c);
		break;
	}
}

static void
in_use(struct rm_item *c, long pid)
{
	c->outcome = RM_LEFT;
	if (pid > 0)
		(void)snprintf(c->why, sizeof(c->why),
			"a program has the pool open (pid %ld): end it first, "
			"and run this again",
			pid);
	else
		(void)snprintf(c->why, sizeof(c->why),
			"a program has the pool open: end it first, and run "
			"this again");
}

/* With the pool all of it stays; without, a copy that a session has. */
static void
leave_what_is_in_use(struct rm_plan *p)
{
	bool stays = p->holder != 0 && p->here.outcome == RM_GO;
	if (stays)
		in_use(&p->here, p->holder);
	for (unsigned i = 0; i < p->ncopies; i++) {
		struct rm_item *c = &p->copies[i];
		const struct memory *m = &c->remote->memory;
		bool is_followed = m->is_running && m->standing.is_good;
		if (c->outcome == RM_GO && (stays || is_followed))
			in_use(c, p->holder);
	}
}

/* a part, or something that lies beside where one was */
static bool
has_local_file(const struct set_look *l)
{
	for (unsigned i = 0; i < l->nlocals; i++)
		if (l->locals[i].inspect.nmissing <
				l->locals[i].inspect.nparts ||
			l->locals[i].leftovers.n != 0)
			return true;
	return false;
}

static void
decide_here(struct rm_plan *p)
{
	p->here.outcome = RM_KEPT;
	if ((p->flags & (RM_F_NAMED | RM_F_KEEP_PRIMARY)) == 0)
		p->here.outcome = has_local_file(p->look) ? RM_GO : RM_NOTHING;
}

void
rm_plan_make(struct rm_plan *p)
{
	bool takes_good = false;
	bool leaves_good = false;
	decide_here(p);
	for (unsigned i = 0; i < p->ncopies; i++)
		decide_copy(p, &p->copies[i]);
	leave_what_is_in_use(p);
	p->leaves_unknown = false;
	for (unsigned i = 0; i <= p->ncopies; i++) {
		const struct rm_item *c = i == 0 ? &p->here : &p->copies[i - 1];
		takes_good = takes_good || (c->is_good && c->outcome == RM_GO);
		leaves_good =
			leaves_good || (c->is_good && c->outcome != RM_GO);
		p->leaves_unknown = p->leaves_unknown ||
				    (c->remote != NULL && c->remote->asked < 0);
	}
	p->takes_last_good = takes_good && !leaves_good;
}

bool
rm_plan_has_work(const struct rm_plan *p)
{
	bool has_work = p->here.outcome == RM_GO;
	for (unsigned i = 0; i < p->ncopies; i++)
		has_work = has_work || p->copies[i].outcome == RM_GO;
	return has_work;
}

bool
rm_plan_is_whole(const struct rm_plan *p)
{
	bool is_whole = p->here.outcome != RM_LEFT;
	for (unsigned i = 0; i < p->ncopies; i++)
		is_whole = is_whole && p->copies[i].outcome != RM_LEFT &&
			   p->copies[i].why[0] == '\0';
	return is_whole;
}

void
rm_plan_free(struct rm_plan *p)
{
	freep(&p->copies);
	freep(&p->formers);
	p->ncopies = 0;
}
