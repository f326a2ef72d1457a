/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_promote.c -- rpmem promote: a copy on this machine becomes the primary
 */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/knobs.h"
#include "options.h"
#include "promote.h"
#include "report.h"

enum {
	OPT_DIR = 1,
	OPT_FORCE,
	OPT_OLD,
	OPT_STATE,
	OPT_NEED,
	OPT_OTHER,
	OPT_UNDO,
};

static const struct argp_option promote_options[] = {
	{"poolset-dir", OPT_DIR, "DIR", 0,
		"where rpmemd's pool set files are; required", 0},
	{"force", OPT_FORCE, NULL, 0,
		"also a copy that may be inconsistent: what is wrong in it "
		"stays wrong",
		0},
	{"old", OPT_OLD, NULL, 0,
		"the copy that was set aside, NAME.rpmem-old: it changes "
		"places with what is there",
		0},
	{"state-dir", OPT_STATE, "DIR", 0,
		"where the programs that will open the pool keep their state "
		"files: RPMEM_STATE_DIR",
		0},
	{"need", OPT_NEED, "K", 0,
		"only if K of the other copies answer, and none is newer", 0},
	{"other", OPT_OTHER, "\"TARGET DESC\"", 0,
		"another copy, as in the set's REPLICA line; may be repeated",
		0},
	{"undo", OPT_UNDO, NULL, 0,
		"take back a promotion that was cut short before its record "
		"was changed: the copy is one again",
		0},
	{"dry-run", 'n', NULL, 0, "say what would be done, and change nothing",
		0},
	{"json", 'j', NULL, 0, "print the result as a JSON object", 0},
	{0},
};

static void
parse_need(struct promote_cmd *a, const char *arg, struct argp_state *state)
{
	char *end = NULL;
	unsigned long k = strtoul(arg, &end, 10);
	if (end == arg || *end != '\0' || k == 0 || k > PROMOTE_OTHERS_MAX)
		argp_error(
			state, "--need %s: 1 to %u", arg, PROMOTE_OTHERS_MAX);
	a->need = (unsigned)k;
}

static void
check_args(const struct promote_cmd *a, struct argp_state *state)
{
	const unsigned not_to_undo = PROMOTE_F_FORCE | PROMOTE_F_OLD;
	if (a->what.name == NULL || a->what.dir == NULL)
		argp_error(state, "--poolset-dir and NAME are needed");
	if (a->need > a->nothers)
		argp_error(state, "--need %u, and %u are named with --other",
			a->need, a->nothers);
	if (a->need == 0 && a->nothers != 0)
		argp_error(state, "--other is for --need");
	if (a->is_undo && (a->need != 0 || (a->what.flags & not_to_undo) != 0))
		argp_error(state, "--undo goes with --dry-run and --json only");
}

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct promote_cmd *a = state->input;
	switch (key) {
	case OPT_DIR:
		a->what.dir = arg;
		return 0;
	case OPT_FORCE:
		a->what.flags |= PROMOTE_F_FORCE;
		return 0;
	case OPT_NEED:
		parse_need(a, arg, state);
		return 0;
	case OPT_OTHER:
		if (a->nothers == PROMOTE_OTHERS_MAX)
			argp_error(state, "too many copies");
		a->others[a->nothers++] = arg;
		return 0;
	case OPT_STATE:
		return setenv("RPMEM_STATE_DIR", arg, 1) == 0 ? 0 : errno;
	case OPT_OLD:
		a->what.flags |= PROMOTE_F_OLD;
		return 0;
	case OPT_UNDO:
		a->is_undo = true;
		return 0;
	case 'n':
		a->what.flags |= PROMOTE_F_DRY_RUN;
		return 0;
	case 'j':
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->what.name != NULL)
			argp_error(state, "more than one NAME is given");
		a->what.name = arg;
		return 0;
	case ARGP_KEY_END:
		check_args(a, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int
run(const struct promote_cmd *a, struct promote_result *r)
{
	bool is_dry = (a->what.flags & PROMOTE_F_DRY_RUN) != 0;
	if (a->is_undo)
		return promote_undo(&a->what, r);
	/* before anything is done */
	int rc = is_dry ? 0 : promote_heir_check();
	if (rc == 0)
		rc = promote_need(a);
	return rc == 0 ? promote_run(&a->what, r) : rc;
}

static int
promote(const struct promote_cmd *a)
{
	struct promote_result r = {0};
	int status = CMD_OK;
	int rc = run(a, &r);
	if (rc < 0) {
		(void)fprintf(stderr, "rpmem promote: %s\n", err_msg());
		status = rc == -ESTALE || rc == -EBUSY ? CMD_NEGATIVE
						       : CMD_CANNOT_RUN;
	}
	if (a->json) {
		rc = promote_tell_json(a, &r, rc < 0 ? err_msg() : NULL);
		return rc == CMD_OK ? status : rc;
	}
	if (rc == 0)
		promote_tell(a, &r);
	return status;
}

static int
cannot_run(const struct promote_cmd *a)
{
	report_failed("rpmem promote", a->json);
	return CMD_CANNOT_RUN;
}

int
cmd_promote(int argc, char **argv)
{
	static const struct argp argp = {.options = promote_options,
		.parser = parse_opt,
		.args_doc = "NAME",
		.doc = "Make the copy NAME, which rpmemd keeps on this "
		       "machine, a primary that programs can open.  A session "
		       "that has it open is ended.  Its old primary is not "
		       "asked: stop its program first, if you "
		       "can.\v" OPTIONS_EXIT_TEXT};
	struct promote_cmd a = {0};
	struct knobs knobs;
	char dir[PATH_MAX];
	char set[PATH_MAX * 2];
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	if (realpath(a.what.dir, dir) == NULL) {
		(void)err_sys(-errno,
			"'%s' (--poolset-dir is rpmemd's, on this machine)",
			a.what.dir);
		return cannot_run(&a);
	}
	if (knobs_load(&knobs) < 0)
		return cannot_run(&a);
	(void)snprintf(set, sizeof(set), "%s/%s", dir, a.what.name);
	a.set = set;
	a.what.dir = dir;
	a.what.wait_ms = knobs.timeout_ms;
	a.what.hand_over = promote_heir_write;
	a.what.hand_over_arg = &a.is_written;
	return promote(&a);
}
