/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_check.c -- rpmem check: is everything in order with a pool and its
 * copies?
 *
 * Facts (set_look.c), then findings (check_local.c, check_remote.c), then
 * their report.  Nothing is changed, here or at a target.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "check.h"
#include "cmd.h"
#include "options.h"
#include "pool/dirset.h"
#include "report.h"

struct args {
	const char *set;
	bool quick;
	bool json;
};

static const struct argp_option check_options[] = {
	{"quick", 'q', NULL, 0, "ask no target: look at this machine's part",
		0},
	{0},
};

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	(void)arg;
	switch (key) {
	case 'q':
		a->quick = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->json;
		state->child_inputs[1] = &a->set;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* a set file that cannot be used is a finding, and the only one */
static void
bad_set(const struct args *a, struct findings *f)
{
	char word[SHELL_WORD_MAX];
	findings_add(f, LEVEL_PROBLEM, "set", a->set, "%s", err_msg());
	findings_fix(f,
		"Correct it; rpmem set check %s shows what is wrong, "
		"poolset(5) has the grammar",
		shell_word(a->set, word));
}

static int
look(const struct args *a, struct set_look *l, struct findings *f)
{
	struct poolset *set = NULL;
	int rc = set_load(a->set, &set);
	if (rc == 0) {
		rc = poolset_check_local(set);
		if (rc < 0)
			rc = err_wrap(rc, "pool set '%s'", a->set);
	}
	if (rc == 0)
		rc = dirset_resolve(set);
	if (rc < 0) {
		poolset_free(set);
		if (rc == -EINVAL)
			bad_set(a, f);
		return rc == -EINVAL ? 0 : rc;
	}
	rc = set_look_take(l, a->set, set, !a->quick);
	if (rc == 0)
		check_judge(l, f);
	return rc;
}

static unsigned
count(const struct findings *f, enum level level)
{
	unsigned n = 0;
	for (unsigned i = 0; i < f->n; i++)
		n += f->list[i].level == level;
	return n;
}

static int
report(const struct args *a, const struct set_look *l, const struct findings *f)
{
	if (a->json)
		return json_report(json_pack("{s:i, s:s, s:b, s:b, s:b, s:o}",
			"version", 1, "poolset", a->set, "good",
			findings_are_good(f), "running", set_look_is_running(l),
			"asked", !a->quick, "findings", findings_json(f)));
	findings_print(f, true);
	unsigned n = count(f, LEVEL_PROBLEM);
	if (n == 0)
		(void)printf("No problem was found.\n");
	else
		(void)printf("%u %s found.\n", n,
			n == 1 ? "problem was" : "problems were");
	return 0;
}

int
cmd_check(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_json, 0, NULL, 0}, {&options_set, 0, NULL, 0}, {0}};
	static const struct argp argp = {.options = check_options,
		.parser = parse_opt,
		.children = children,
		.args_doc = "SET",
		.doc = "Check the pool of the pool set file SET and its "
		       "copies: set files, parts, headers, records and "
		       "lineages, here and at the targets.  Each problem is "
		       "told with what to do about it; nothing is changed."};
	struct args a = {0};
	struct set_look l = {.path = NULL};
	struct findings f = {.list = NULL};
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	int rc = look(&a, &l, &f);
	if (rc == 0)
		rc = findings_end(&f);
	if (rc == 0)
		rc = report(&a, &l, &f);
	bool is_good = findings_are_good(&f);
	findings_free(&f);
	set_look_free(&l);
	if (rc < 0) {
		report_failed("rpmem check", a.json);
		return CMD_CANNOT_RUN;
	}
	return is_good ? CMD_OK : CMD_NEGATIVE;
}
