/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_lineage.c -- rpmem lineage: what a pool and its copies have lived
 * through, and what the next open would make of them
 *
 * Of a pool set the targets are asked, which changes nothing there.  With
 * --copy, at a target, the record beside the copy is read.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "cmd.h"
#include "lineage.h"
#include "lineage_copy.h"
#include "options.h"
#include "report.h"

struct args {
	const char *what; /* SET, or NAME with dir */
	const char *dir;
	bool json;
};

static const struct argp_option lineage_options[] = {
	{"copy", 'c', "DIR", 0,
		"at a target: the copy NAME, whose pool set file is in the "
		"pool set directory DIR",
		0},
	{0},
};

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case 'c':
		a->dir = arg;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->json;
		return 0;
	case ARGP_KEY_ARG:
		if (a->what != NULL)
			argp_error(state, "more than one name is given");
		a->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->what == NULL)
			argp_error(state, "SET, or NAME of a copy, is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int
report_set(const struct args *a, bool *is_good_out)
{
	struct poolset *set = NULL;
	struct pasts p = {0};
	int rc = status_read_set(a->what, &set);
	if (rc == 0)
		rc = pasts_read(&p, a->what, set, NULL);
	if (rc == 0 && a->json)
		rc = json_report(pasts_json(&p));
	else if (rc == 0)
		pasts_print(&p);
	*is_good_out = p.is_good;
	pasts_free(&p);
	poolset_free(set);
	return rc;
}

int
cmd_lineage(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_json, 0, NULL, 0}, {0}};
	static const struct argp argp = {.options = lineage_options,
		.parser = parse_opt,
		.children = children,
		.args_doc = "SET\n--copy DIR NAME",
		.doc = "Show the generations that the pool of the pool set "
		       "file SET and its remote replicas have lived through, "
		       "and what the next open would make of each.  The "
		       "targets are asked; nothing is changed."};
	struct args a = {0};
	bool is_good = false;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	struct copy_report_args copy = {a.dir, a.what, a.json};
	int rc = a.dir != NULL ? copy_report(&copy, &is_good)
			       : report_set(&a, &is_good);
	if (rc < 0) {
		(void)fprintf(stderr, "rpmem lineage: %s\n", err_msg());
		return CMD_CANNOT_RUN;
	}
	return is_good ? CMD_OK : CMD_NEGATIVE;
}
