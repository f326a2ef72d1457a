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
#include "base/knobs.h"
#include "cmd.h"
#include "rpmemd/promote.h"

struct args {
	struct promote_args what;
	bool json;
};

enum { OPT_DIR = 1, OPT_FORCE, OPT_OLD };

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
	{"dry-run", 'n', NULL, 0, "say what would be done, and change nothing",
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
		a->what.dir = arg;
		return 0;
	case OPT_FORCE:
		a->what.flags |= PROMOTE_F_FORCE;
		return 0;
	case OPT_OLD:
		a->what.flags |= PROMOTE_F_OLD;
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
		if (a->what.name == NULL || a->what.dir == NULL)
			argp_error(state, "--poolset-dir and NAME are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool
is_dry(const struct args *a)
{
	return (a->what.flags & PROMOTE_F_DRY_RUN) != 0;
}

/* ---- for people ---- */

static void
tell_session(const struct args *a, const struct promote_result *r)
{
	if (r->ended != 0)
		(void)printf("the session that had it (rpmemd process %llu) %s"
			     "\n",
			(unsigned long long)r->ended,
			is_dry(a) ? "would be ended" : "was ended");
}

static void
tell_old(const struct args *a, const struct promote_result *r)
{
	const char *name = a->what.name;
	const char *would = is_dry(a) ? "would be" : "is";
	if (r->is_back)
		(void)printf(
			"'%s.rpmem-old' %s '%s' again\n", name, would, name);
	if (r->is_back && r->is_aside)
		(void)printf("what was '%s' %s '%s.rpmem-old': drop it with "
			     "rpmemd --remove '%s.rpmem-old' --pool-set\n",
			name, would, name, name);
}

/* what a program lost that was being caught up with: its owner wants to know
 * which point this is */
static void
tell_point(const struct args *a, const struct promote_result *r)
{
	if (r->journal == REDO_DROPPED)
		(void)printf("catching it up with its primary was cut short: "
			     "it stands where it was before, at record %llu\n",
			(unsigned long long)r->seq);
	else if (r->journal == REDO_DONE)
		(void)printf("what it had caught up %s applied: it stands at "
			     "record %llu\n",
			is_dry(a) ? "is to be" : "was",
			(unsigned long long)r->seq);
	else if (r->journal == REDO_DAMAGED)
		(void)printf("what it had caught up cannot be read whole: it "
			     "may be half of two points\n");
}

static void
tell(const struct args *a, const char *set, const struct promote_result *r)
{
	char size[64] = "";
	tell_session(a, r);
	tell_old(a, r);
	tell_point(a, r);
	if (r->size != 0)
		(void)snprintf(size, sizeof(size), " (%llu bytes)",
			(unsigned long long)r->size);
	if (r->was_done)
		(void)printf("'%s' was promoted already\n", a->what.name);
	else if (is_dry(a))
		(void)printf("'%s'%s would be promoted\n", a->what.name, size);
	else
		(void)printf("promoted '%s'%s: it is a pool of its own now\n",
			a->what.name, size);
	if (!is_dry(a))
		(void)printf("%s %s\n",
			r->is_raw ? "its bytes are those of the parts in"
				  : "open it with the pool set file",
			set);
}

/* ---- for programs ---- */

static const char *
journal_name(enum redo_result result)
{
	static const char *const names[] = {[REDO_NONE] = "none",
		[REDO_DROPPED] = "dropped",
		[REDO_DONE] = "applied",
		[REDO_DAMAGED] = "damaged"};
	return names[result];
}

/* error: NULL if there is none */
static json_t *
pack(const struct args *a, const char *set, const struct promote_result *r,
	const char *error)
{
	bool is_done = error == NULL && (r->was_done || !is_dry(a));
	return json_pack("{s:i, s:s, s:s, s:I, s:b, s:b, s:b, s:b, s:s, s:I, "
			 "s:I, s:b, s:b, s:s?}",
		"version", 1, "name", a->what.name, "poolset", set, "size",
		(json_int_t)r->size, "raw", r->is_raw, "promoted", is_done,
		"already", r->was_done, "dry_run", is_dry(a), "journal",
		journal_name(r->journal), "seq", (json_int_t)r->seq,
		"ended_pid", (json_int_t)r->ended, "old", r->is_back,
		"set_aside", r->is_aside, "error", error);
}

static int
print_json(const struct args *a, const char *set,
	const struct promote_result *r, const char *error)
{
	json_t *root = pack(a, set, r, error);
	int rc = root == NULL ? -1 : json_dumpf(root, stdout, JSON_COMPACT);
	json_decref(root);
	(void)putchar('\n');
	return rc == 0 ? CMD_OK : CMD_CANNOT_RUN;
}

static int
promote(const struct args *a)
{
	char set[PATH_MAX * 2];
	struct promote_result r = {0};
	int rc = promote_run(&a->what, &r);
	int status = CMD_OK;
	(void)snprintf(set, sizeof(set), "%s/%s", a->what.dir, a->what.name);
	if (rc < 0) {
		(void)fprintf(stderr, "rpmem promote: %s\n", err_msg());
		status = rc == -ESTALE || rc == -EBUSY ? CMD_NEGATIVE
						       : CMD_CANNOT_RUN;
	}
	if (a->json) {
		rc = print_json(a, set, &r, rc < 0 ? err_msg() : NULL);
		return rc == CMD_OK ? status : rc;
	}
	if (rc == 0)
		tell(a, set, &r);
	return status;
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
		       "asked: stop its program first, if you can."};
	struct args a = {0};
	struct knobs knobs;
	char dir[PATH_MAX];
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	if (realpath(a.what.dir, dir) == NULL) {
		(void)fprintf(stderr, "rpmem promote: '%s': %s\n", a.what.dir,
			strerror(errno));
		return CMD_CANNOT_RUN;
	}
	if (knobs_load(&knobs) < 0) {
		(void)fprintf(stderr, "rpmem promote: %s\n", err_msg());
		return CMD_CANNOT_RUN;
	}
	a.what.dir = dir;
	a.what.wait_ms = knobs.timeout_ms;
	return promote(&a);
}
