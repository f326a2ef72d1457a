/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_promote.c -- rpmem promote: a copy on this machine becomes the primary
 */
#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd.h"
#include "rpmemd/promote.h"

struct args {
	const char *dir;
	const char *name;
	unsigned flags;
	bool json;
};

enum { OPT_DIR = 1, OPT_FORCE };

static const struct argp_option promote_options[] = {
	{"poolset-dir", OPT_DIR, "DIR", 0,
		"where rpmemd's pool set files are; required", 0},
	{"force", OPT_FORCE, NULL, 0,
		"also a copy that may be inconsistent: what is wrong in it "
		"stays wrong",
		0},
	{"json", 'j', NULL, 0, "print the result as a JSON object", 0},
	{0},
};

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case OPT_DIR:
		a->dir = arg;
		return 0;
	case OPT_FORCE:
		a->flags |= PROMOTE_F_FORCE;
		return 0;
	case 'j':
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->name != NULL)
			argp_error(state, "more than one NAME is given");
		a->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->name == NULL || a->dir == NULL)
			argp_error(state, "--poolset-dir and NAME are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* what a program lost that was being caught up with: its owner wants to know
 * which point this is */
static void
tell_point(const struct promote_result *r)
{
	if (r->journal == REDO_DROPPED)
		(void)printf("catching it up with its primary was cut short: "
			     "it stands where it was before, at record %llu\n",
			(unsigned long long)r->seq);
	else if (r->journal == REDO_DONE)
		(void)printf("what it had caught up was applied: it stands at "
			     "record %llu\n",
			(unsigned long long)r->seq);
}

static const char *
journal_name(enum redo_result result)
{
	static const char *const names[] = {[REDO_NONE] = "none",
		[REDO_DROPPED] = "dropped",
		[REDO_DONE] = "applied",
		[REDO_DAMAGED] = "damaged"};
	return names[result];
}

static int
report(const struct args *a, const char *set, const struct promote_result *r)
{
	if (!a->json) {
		tell_point(r);
		(void)printf("promoted '%s' (%llu bytes): it is a pool of its "
			     "own now\n%s %s\n",
			a->name, (unsigned long long)r->size,
			r->is_raw ? "its bytes are those of the parts in"
				  : "open it with the pool set file",
			set);
		return CMD_OK;
	}
	json_t *root = json_pack("{s:i, s:s, s:s, s:I, s:b, s:b, s:s}",
		"version", 1, "name", a->name, "poolset", set, "size",
		(json_int_t)r->size, "raw", r->is_raw, "promoted", true,
		"journal", journal_name(r->journal));
	int rc = root == NULL ? -1 : json_dumpf(root, stdout, JSON_COMPACT);
	json_decref(root);
	(void)putchar('\n');
	return rc == 0 ? CMD_OK : CMD_CANNOT_RUN;
}

int
cmd_promote(int argc, char **argv)
{
	static const struct argp argp = {.options = promote_options,
		.parser = parse_opt,
		.args_doc = "NAME",
		.doc = "Make the copy NAME, which rpmemd keeps on this "
		       "machine, "
		       "a primary that programs can open.  Nobody may have it "
		       "open meanwhile.  Its old primary is not asked: stop "
		       "its program first."};
	struct args a = {0};
	char dir[PATH_MAX];
	char set[PATH_MAX * 2];
	struct promote_result result = {0};
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	if (realpath(a.dir, dir) == NULL) {
		(void)fprintf(stderr, "rpmem promote: '%s': %s\n", a.dir,
			strerror(errno));
		return CMD_CANNOT_RUN;
	}
	int rc = promote_run(dir, a.name, a.flags, &result);
	if (rc < 0) {
		(void)fprintf(stderr, "rpmem promote: %s\n", err_msg());
		return rc == -ESTALE || rc == -EBUSY ? CMD_NEGATIVE
						     : CMD_CANNOT_RUN;
	}
	(void)snprintf(set, sizeof(set), "%s/%s", dir, a.name);
	return report(&a, set, &result);
}
