/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rm_print.c -- what goes and what stays, as text and as JSON
 */
#include <inttypes.h>
#include <stdio.h>

#include "rm.h"

static const char *
whose_text(const struct rm_item *c)
{
	static const char *const texts[] = {
		[WHOSE_NOBODYS] = "nothing",
		[WHOSE_THIS] = "a copy of this pool",
		[WHOSE_PROMOTED] = "promoted, a pool of its own",
		[WHOSE_ANOTHER] = "a copy of another pool",
		[WHOSE_UNKNOWN] = "not known whose",
	};
	if (rm_is_left_over(c))
		return "a record without parts";
	return c->remote->asked < 0 ? "not reached" : texts[c->whose];
}

static uint64_t
copy_size(const struct rm_item *c)
{
	return c->remote->told.looked == 0 ? c->remote->told.look.pool_size : 0;
}

static void
print_leftovers(const struct leftovers *l)
{
	for (unsigned i = 0; i < l->n; i++)
		(void)printf("    %s: %s\n", l->list[i].path,
			l->list[i].is_old
				? "a part that was set aside by a rebuild, "
				  "with "
				  "all that was in it"
				: "left by a rebuild that was cut short, or by "
				  "one that is not finished");
}

static void
print_parts(const struct set_look *l)
{
	for (unsigned i = 0; i < l->nlocals; i++) {
		const struct inspect *in = &l->locals[i].inspect;
		(void)printf("  %s: %" PRIu64 " bytes, %s\n",
			i == 0 ? "this pool" : "its local replica", in->size,
			in->nbad == 0 ? "its parts are good"
				      : "some of its parts are damaged or "
					"gone");
		for (unsigned k = 0; k < in->nparts; k++)
			if (in->parts[k].is != PART_MISSING)
				(void)printf("    %s\n", in->parts[k].path);
		print_leftovers(&l->locals[i].leftovers);
	}
}

static void
print_former_stays(const struct rm_plan *p, const struct rm_item *c)
{
	char title[COPY_TITLE_MAX + 16];
	char word[SHELL_WORD_MAX];
	(void)snprintf(title, sizeof(title), "%.500s %.500s.rpmem-old",
		c->remote->target, c->remote->name);
	(void)shell_word(title, word);
	(void)printf("    a former copy stays there; to remove it: rpmem rm %s "
		     "%s\n",
		p->look->word, word);
}

static void
print_copy(const struct rm_plan *p, const struct rm_item *c)
{
	const struct inquiry_copy *t = &c->remote->told;
	(void)printf("  %s %s: ", c->remote->target, c->remote->name);
	if (c->is_former)
		(void)printf("a former copy, which a removal has kept: ");
	if (c->whose == WHOSE_NOBODYS)
		(void)printf("its set file there; there is no copy\n");
	else if (rm_is_left_over(c))
		(void)printf("a record that was left over, its parts are "
			     "gone\n");
	else
		(void)printf("%s, %" PRIu64 " bytes, %s%s\n", whose_text(c),
			copy_size(c),
			c->is_good ? "good" : "not known to be good",
			(p->flags & RM_F_SET_FILES) != 0
				? "; its set file there, too"
				: "");
	if ((p->flags & RM_F_NAMED) != 0 && t->looked == 0 &&
		(t->look.flags & OOB_LOOK_F_OLD) != 0)
		print_former_stays(p, c);
}

static void
print_left(const struct rm_plan *p)
{
	for (unsigned i = 0; i < p->ncopies; i++)
		if (p->copies[i].outcome == RM_LEFT)
			(void)printf("Not removed: %s %s: %s\n",
				p->copies[i].remote->target,
				p->copies[i].remote->name, p->copies[i].why);
}

void
rm_plan_print(const struct rm_plan *p)
{
	if (rm_plan_has_work(p))
		(void)printf("To be removed:\n");
	for (unsigned i = 0; i < p->ncopies; i++)
		if (p->copies[i].outcome == RM_GO)
			print_copy(p, &p->copies[i]);
	if (p->here.outcome == RM_GO)
		print_parts(p->look);
	print_left(p);
	if (p->here.outcome == RM_GO && p->look->of_copy[0] != '\0')
		(void)printf("Beware: %s\n", p->look->of_copy);
	if (p->here.outcome == RM_LEFT)
		(void)printf("Not removed: this pool: %s\n", p->here.why);
	if (p->takes_last_good)
		(void)printf("%s\n",
			p->leaves_unknown
				? "The only copies left then are at targets "
				  "that do not answer: whether one of them is "
				  "good is not known."
				: "No good copy of the pool is left then.");
	if (!rm_plan_has_work(p) && rm_plan_is_whole(p))
		(void)printf("There is nothing to remove.\n");
}

static void
print_done(const struct rm_plan *p, const struct rm_item *c)
{
	char next[RM_NEXT_MAX];
	(void)printf("Removed: %s %s\n", c->remote->target, c->remote->name);
	if (c->why[0] != '\0')
		(void)printf("  but not what is remembered of it here: %s\n",
			c->why);
	if (rm_next(p, c, next))
		(void)printf("  %s\n", next);
}

void
rm_result_print(const struct rm_plan *p)
{
	for (unsigned i = 0; i < p->ncopies; i++)
		if (p->copies[i].outcome == RM_DONE)
			print_done(p, &p->copies[i]);
	if (p->here.outcome == RM_DONE)
		(void)printf("Removed: this pool\n");
	print_left(p);
}

static const char *
outcome_name(enum rm_outcome outcome)
{
	static const char *const names[] = {[RM_KEPT] = "kept",
		[RM_NOTHING] = "nothing there",
		[RM_GO] = "to be removed",
		[RM_DONE] = "removed",
		[RM_LEFT] = "left"};
	return names[outcome];
}

static json_t *
parts_json(const struct set_look *l)
{
	json_t *list = json_array();
	int rc = 0;
	for (unsigned i = 0; i < l->nlocals; i++) {
		const struct inspect *in = &l->locals[i].inspect;
		for (unsigned k = 0; k < in->nparts; k++)
			if (in->parts[k].is != PART_MISSING)
				rc |= json_array_append_new(
					list, json_string(in->parts[k].path));
	}
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *
leftovers_json(const struct set_look *l)
{
	json_t *list = json_array();
	int rc = 0;
	for (unsigned i = 0; i < l->nlocals; i++) {
		const struct leftovers *f = &l->locals[i].leftovers;
		for (unsigned k = 0; k < f->n; k++)
			rc |= json_array_append_new(list,
				json_pack("{s:s, s:s, s:I}", "path",
					f->list[k].path, "is",
					f->list[k].is_old ? "set aside"
							  : "unfinished",
					"size", (json_int_t)f->list[k].size));
	}
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *
copies_json(const struct rm_plan *p)
{
	json_t *list = json_array();
	int rc = 0;
	char next[RM_NEXT_MAX];
	for (unsigned i = 0; i < p->ncopies; i++) {
		const struct rm_item *c = &p->copies[i];
		if (!rm_next(p, c, next))
			next[0] = '\0';
		rc |= json_array_append_new(list,
			json_pack("{s:s, s:s, s:b, s:s, s:b, s:I, s:s, s:s, "
				  "s:s}",
				"target", c->remote->target, "name",
				c->remote->name, "former", c->is_former, "is",
				whose_text(c), "good", c->is_good, "size",
				(json_int_t)copy_size(c), "outcome",
				outcome_name(c->outcome), "why", c->why, "next",
				next));
	}
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

json_t *
rm_plan_json(const struct rm_plan *p, bool is_dry)
{
	return json_pack(
		"{s:i, s:s, s:b, s:b, s:b, s:b, s:{s:o, s:o, s:b, s:I, s:s, "
		"s:s}, s:o}",
		"version", 1, "poolset", p->look->path, "done",
		!is_dry && rm_plan_is_whole(p), "dry_run", is_dry,
		"takes_last_good", p->takes_last_good, "leaves_unknown",
		p->leaves_unknown, "pool", "parts", parts_json(p->look),
		"leftovers", leftovers_json(p->look), "good", p->here.is_good,
		"size", (json_int_t)p->look->locals[0].inspect.size, "outcome",
		outcome_name(p->here.outcome), "why", p->here.why, "replicas",
		copies_json(p));
}
