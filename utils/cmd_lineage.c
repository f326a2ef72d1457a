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
	struct where where;
	bool json;
};

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &a->json;
	state->child_inputs[1] = &a->where;
	return 0;
}

static int
report_set(const struct args *a, bool *is_good_out)
{
	struct poolset *set = NULL;
	struct pasts p = {0};
	int rc = status_read_set(a->where.what, &set);
	if (rc == 0)
		rc = pasts_read(&p, a->where.what, set, NULL);
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
		{&options_json, 0, NULL, 0}, {&options_where, 0, NULL, 0}, {0}};
	static const struct argp argp = {.parser = parse_opt,
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
	struct copy_report_args copy = {a.where.dir, a.where.what, a.json};
	int rc = a.where.dir != NULL ? copy_report(&copy, &is_good)
				     : report_set(&a, &is_good);
	if (rc < 0) {
		report_failed("rpmem lineage", a.json);
		return CMD_CANNOT_RUN;
	}
	return is_good ? CMD_OK : CMD_NEGATIVE;
}
