/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_rm.c -- rpmem rm: remove a pool and its copies, or some of them
 *
 * Looks at everything, shows what goes and what stays, wants a word of
 * consent, and does it (rm_do.c has the order).
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cmd.h"
#include "consent.h"
#include "copy_find.h"
#include "options.h"
#include "report.h"
#include "rm.h"
#include "set_lock.h"

#define COPIES_MAX 64u

enum { OPT_KEEP = 0x200, OPT_SETS };

struct args {
	const char *set;
	unsigned ncopies;
	const char *copies[COPIES_MAX];
	unsigned flags;
	struct change change;
	bool json;
};

static const struct argp_option rm_options[] = {
	{"keep-primary", OPT_KEEP, NULL, 0, "remove the copies only", 0},
	{"with-set-files", OPT_SETS, NULL, 0,
		"remove the copies' pool set files at the targets, too", 0},
	{0},
};

static void
take_word(struct args *a, const char *arg, struct argp_state *state)
{
	if (a->set == NULL)
		a->set = arg;
	else if (a->ncopies == COPIES_MAX)
		argp_error(state, "more than %u copies are named", COPIES_MAX);
	else
		a->copies[a->ncopies++] = arg;
}

static void
check(struct args *a, struct argp_state *state)
{
	if (a->set == NULL)
		argp_error(state, "SET is needed");
	if (a->ncopies != 0)
		a->flags |= RM_F_NAMED;
	if (a->change.force)
		a->flags |= RM_F_FORCE;
	if (!a->change.force && !a->change.dry_run &&
		(a->json || !consent_can_be_asked()))
		argp_error(state,
			"nobody can be asked here: --force or --dry-run is "
			"needed");
}

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case OPT_KEEP:
		a->flags |= RM_F_KEEP_PRIMARY;
		return 0;
	case OPT_SETS:
		a->flags |= RM_F_SET_FILES;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->change;
		state->child_inputs[1] = &a->json;
		return 0;
	case ARGP_KEY_ARG:
		take_word(a, arg, state);
		return 0;
	case ARGP_KEY_END:
		check(a, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* a former copy, by its own name */
static bool
name_former(const char *word, struct rm_plan *p)
{
	char title[COPY_TITLE_MAX];
	for (unsigned k = 0; k < p->ncopies; k++) {
		struct rm_item *c = &p->copies[k];
		remote_title(c->remote, title);
		if (!c->is_former || strcmp(word, title) != 0)
			continue;
		c->is_named = true;
		return true;
	}
	return false;
}

/* those that the command line names */
static int
name_copies(const struct args *a, struct rm_plan *p)
{
	for (unsigned i = 0; i < a->ncopies; i++) {
		unsigned at = 0;
		if (name_former(a->copies[i], p))
			continue;
		int rc = copy_find(p->look->set, a->set, a->copies[i], &at);
		if (rc < 0)
			return rc;
		for (unsigned k = 0; k < p->ncopies; k++) {
			struct rm_item *c = &p->copies[k];
			if (c->remote->at == at && !c->is_former)
				c->is_named = true;
		}
	}
	return 0;
}

static int
make_plan(
	const struct args *a, struct set_look *l, struct rm_plan *p, int *lock)
{
	struct poolset *set = NULL;
	int rc = a->change.dry_run ? 0 : set_lock(a->set, lock);
	if (rc == 0)
		rc = set_read(a->set, &set);
	if (rc == 0)
		rc = set_look_take(l, a->set, set, true);
	if (rc == 0)
		rc = rm_plan_new(p, l, a->flags);
	if (rc == 0)
		rm_look_formers(p);
	if (rc == 0)
		rc = name_copies(a, p);
	if (rc == 0)
		p->holder = rm_holder(l);
	if (rc == 0)
		rm_plan_make(p);
	return rc == 0 ? rm_check_memory(p) : rc;
}

/* the report, and what the removal returned, whose message is kept */
static int
report(const struct rm_plan *p, bool is_dry, int rc, bool *told_out)
{
	int reported = json_report(rm_plan_json(p, is_dry));
	*told_out = reported == 0;
	return rc < 0 ? err_set(rc, "%s", p->here.why) : reported;
}

/* done_out: all that was asked for is gone; told_out: a JSON report is out */
static int
remove_it(
	const struct args *a, struct rm_plan *p, bool *done_out, bool *told_out)
{
	int rc = 0;
	bool goes = rm_plan_has_work(p) && !a->change.dry_run;
	if (!a->json)
		rm_plan_print(p);
	if (goes && !a->change.force &&
		!consent_is_given("remove this for good")) {
		(void)printf("Nothing was removed.\n");
		return 0;
	}
	if (goes && a->json)
		rc = json_check(rm_plan_json(p, false));
	if (rc < 0)
		return rc;
	if (goes)
		rc = rm_plan_do(p);
	*done_out = rm_plan_is_whole(p);
	if (goes && !a->json)
		rm_result_print(p);
	else if (a->change.dry_run && !a->json)
		(void)printf("Nothing was changed (--dry-run).\n");
	return a->json ? report(p, a->change.dry_run, rc, told_out) : rc;
}

int
cmd_rm(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_change, 0, NULL, 0}, {&options_json, 0, NULL, 0},
		{0}};
	static const struct argp argp = {.options = rm_options,
		.parser = parse_opt,
		.children = children,
		.args_doc = "SET [COPY...]",
		.doc = "Remove the pool of the pool set file SET and all its "
		       "copies; with COPY, only those copies.  COPY is "
		       "\"TARGET NAME\" as in its REPLICA line, in one word; "
		       "TARGET is enough if it has no other copy."};
	struct args a = {0};
	struct set_look l = {.path = NULL};
	struct rm_plan p = {.look = NULL};
	bool is_done = false;
	bool is_told = false;
	CLEANUP(closep) int lock = -1;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	int rc = make_plan(&a, &l, &p, &lock);
	if (rc == 0)
		rc = remove_it(&a, &p, &is_done, &is_told);
	rm_plan_free(&p);
	set_look_free(&l);
	if (rc < 0) {
		report_failed("rpmem rm", a.json && !is_told);
		return rc == -EBUSY ? CMD_NEGATIVE : CMD_CANNOT_RUN;
	}
	return is_done ? CMD_OK : CMD_NEGATIVE;
}
