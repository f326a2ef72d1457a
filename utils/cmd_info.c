/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_info.c -- rpmem info: what a pool and its copies are, without a verdict
 *
 * Of a pool set the targets are asked, which changes nothing there.  With
 * --copy, at a target, the files of a copy are read.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "cmd.h"
#include "info.h"
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
report_set(const struct args *a, bool *is_whole_out)
{
	struct poolset *set = NULL;
	struct set_look l = {.path = NULL};
	int rc = set_read(a->where.what, &set);
	if (rc == 0)
		rc = set_look_take(&l, a->where.what, set, true);
	if (rc == 0 && a->json)
		rc = json_report(info_json(&l));
	else if (rc == 0)
		info_print(&l);
	*is_whole_out = rc == 0 && info_is_whole(&l);
	set_look_free(&l);
	return rc;
}

static int
report_copy(const struct args *a, bool *is_whole_out)
{
	struct copy_look c;
	int rc = copy_look_take(&c, a->where.dir, a->where.what);
	if (rc == 0 && a->json)
		rc = json_report(info_copy_json(&c));
	else if (rc == 0)
		info_print_copy(&c);
	*is_whole_out = c.has_record && inspect_hdr(&c.inspect) != NULL;
	copy_look_free(&c);
	return rc;
}

int
cmd_info(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_json, 0, NULL, 0}, {&options_where, 0, NULL, 0}, {0}};
	static const struct argp argp = {.parser = parse_opt,
		.children = children,
		.args_doc = "SET\n--copy DIR NAME",
		.doc = "Show what the pool of the pool set file SET and its "
		       "copies are: sizes, parts, identities, features, media, "
		       "records and versions.  The targets are asked; nothing "
		       "is changed."};
	struct args a = {0};
	bool is_whole = false;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	int rc = a.where.dir != NULL ? report_copy(&a, &is_whole)
				     : report_set(&a, &is_whole);
	if (rc < 0) {
		report_failed("rpmem info", a.json);
		return CMD_CANNOT_RUN;
	}
	return is_whole ? CMD_OK : CMD_NEGATIVE;
}
