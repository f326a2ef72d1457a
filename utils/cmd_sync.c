/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_sync.c -- rpmem sync: a pool and its copies become equal again
 *
 * Looks, plans, shows the plan, and does it.  A rebuilt primary is looked at
 * anew, so what follows a rebuild is what a second run would do: whenever this
 * is cut short, the same command finishes it.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "cmd.h"
#include "consent.h"
#include "librpmem/alone.h"
#include "librpmem/inquiry.h"
#include "options.h"
#include "report.h"
#include "set_lock.h"
#include "sync.h"
#include "sync_parts.h"

enum { OPT_FROM = 1, OPT_DISCARD, OPT_STOCK };

static const struct argp_option sync_options[] = {
	{"from", OPT_FROM, "COPY", 0,
		"make the pool on this machine from COPY, \"TARGET NAME\" as "
		"in its REPLICA line, in one word; also if it is whole",
		0},
	{"discard", OPT_DISCARD, "COPY", 0,
		"give up what COPY has and the pool has not; more than once",
		0},
	{"stock", OPT_STOCK, NULL, 0,
		"the pool is used without rpmem run: what its header is to "
		"name if all of it is lost",
		0},
	{0},
};

static void
add_discard(struct sync_args *a, char *arg, struct argp_state *state)
{
	if (a->ndiscards == SYNC_DISCARDS_MAX)
		argp_error(state, "--discard is given too often");
	a->discard[a->ndiscards++] = arg;
}

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct sync_args *a = state->input;
	switch (key) {
	case OPT_FROM:
		a->from = arg;
		return 0;
	case OPT_DISCARD:
		add_discard(a, arg, state);
		return 0;
	case OPT_STOCK:
		a->is_stock = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->change;
		state->child_inputs[1] = &a->json;
		state->child_inputs[2] = &a->progress;
		return 0;
	case ARGP_KEY_ARG:
		if (a->set != NULL)
			argp_error(state, "more than one SET is given");
		a->set = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->set == NULL)
			argp_error(state, "SET is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* what somebody has to agree to */
static int
ask(const struct sync *s)
{
	const struct sync_args *a = s->args;
	if (!s->is_lossy || a->change.force)
		return 0;
	if (a->json || !consent_can_be_asked())
		return err_set(-EPERM,
			"something would be lost, or taken for lost (rpmem "
			"sync --dry-run shows it), and nobody can be asked "
			"here: --force is needed");
	return consent_is_given("do this")
		       ? 0
		       : err_set(-EPERM, "nothing was changed");
}

/* What somebody has agreed to give up is what the plan has shown; the one that
 * the pool was made from has been read, and its record says so. */
static void
keep_agreed(const struct sync *was, struct sync *now)
{
	for (unsigned i = 0; i < now->n && now->n == was->n; i++) {
		const struct copy_past *a = was->members[i].c;
		const struct copy_past *b = now->members[i].c;
		if (i != was->source && a->asked == 0 && b->asked == 0 &&
			inquiry_is_same(&a->reply, &b->reply, b->target,
				b->set_name) < 0)
			now->members[i].may_discard = false;
	}
}

/* the same facts again, with what was done so far */
static int
look_again(struct sync *s)
{
	struct sync_args again = *s->args;
	struct sync now;
	again.from = NULL;
	int rc = sync_look(&now, &again);
	if (rc < 0) {
		sync_forget(&now);
		return rc;
	}
	keep_agreed(s, &now);
	sync_plan(&now);
	if (now.primary != SYNC_WHOLE) {
		now.is_held = true;
		(void)snprintf(now.hold, sizeof(now.hold),
			"the pool that was rebuilt is not whole: %.1000s",
			now.primary_why);
	}
	if (now.is_lossy && !s->is_lossy) {
		now.is_held = true;
		(void)snprintf(now.hold, sizeof(now.hold),
			"there is something now that nobody has agreed to: "
			"the same command shows it");
	}
	now.args = s->args;
	now.from = s->from;
	now.primary = s->primary;
	now.rebuild = s->rebuild;
	now.source = s->source;
	now.rebuilt = SYNC_DONE;
	memcpy(now.aside, s->aside, sizeof(now.aside));
	memcpy(now.primary_why, s->primary_why, sizeof(now.primary_why));
	memcpy(now.rebuild_why, s->rebuild_why, sizeof(now.rebuild_why));
	sync_forget(s);
	*s = now;
	return 0;
}

static int
rebuild(struct sync *s)
{
	if (s->rebuild != SYNC_REBUILD)
		return 0;
	int rc = sync_rebuild(s);
	s->rebuilt = rc == 0 ? SYNC_DONE : SYNC_FAILED;
	return rc == 0 ? look_again(s) : rc;
}

/* the first thing to do, by what it has failed of */
static const char *
what_helps(int rc)
{
	switch (rc) {
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return "give this user the right to write there, or be the "
		       "user whose pool it is; then ";
	case -ENOENT:
		return "see that the directory is there, and its file system "
		       "mounted; then ";
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		return "make room there; then ";
	default:
		return "when that is mended, ";
	}
}

/* of a rebuild, or of what was to follow it: the plan does not end there */
static void
note_failure(struct sync *s, int rc)
{
	if (s->rebuilt == SYNC_NOT_TRIED)
		return;
	(void)snprintf(
		s->rebuild_error, sizeof(s->rebuild_error), "%s", err_msg());
	(void)snprintf(s->rebuild_next, sizeof(s->rebuild_next),
		"%sthe same command goes on: rpmem sync %.1000s%s",
		what_helps(rc), s->word,
		s->args->from != NULL ? " --from, as before" : "");
}

/* would the same command go on from the new parts' second names? */
static bool
is_resumable(const struct sync *s)
{
	return s->from >= 0 && !sync_is_good(s) &&
	       s->members[s->from].result != SYNC_DONE;
}

static int
do_it(struct sync *s)
{
	int rc = ask(s);
	if (rc == 0)
		rc = rebuild(s);
	if (rc == 0)
		sync_copies(s);
	if (rc < 0)
		note_failure(s, rc);
	/* else the same command goes on from here */
	if (rc == 0 && s->primary != SYNC_RUNNING && !is_resumable(s))
		parts_finish(&s->set->replicas[0]);
	return rc;
}

/* told_out: a JSON report is out */
static int
run(struct sync *s, const struct sync_args *a, bool *told_out)
{
	CLEANUP(closep) int lock = -1;
	int rc = a->change.dry_run ? 0 : set_lock(a->set, &lock);
	if (rc == 0)
		rc = sync_look(s, a);
	if (rc < 0)
		return rc;
	sync_plan(s);
	/* a pool that is whole is opened in any case: an open finds what is not
	 * on record, one that was restored in place, say */
	bool does = !a->change.dry_run &&
		    (sync_has_work(s) || s->primary == SYNC_WHOLE);
	if (!a->json)
		sync_print_plan(s);
	if (does && a->json)
		rc = json_check(sync_json(s));
	if (rc < 0)
		return rc;
	if (does)
		rc = do_it(s);
	if (!a->json && does && (rc == 0 || s->rebuilt != SYNC_NOT_TRIED))
		sync_print_result(s);
	if (!a->json && a->change.dry_run)
		(void)printf("Nothing was changed (--dry-run).\n");
	if (!a->json || (rc < 0 && s->rebuilt == SYNC_NOT_TRIED))
		return rc;
	char why[ERR_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	int told = json_report(sync_json(s));
	*told_out = told == 0;
	return told < 0 ? told : err_set(rc, "%s", why);
}

/* not because of this machine, but of what there is */
static bool
is_negative(int rc)
{
	return rc == -EBUSY || rc == -ESTALE || rc == -EPERM ||
	       rc == -ENOTSUP || alone_is_unreachable(rc);
}

int
cmd_sync(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_change, 0, NULL, 0}, {&options_json, 0, NULL, 0},
		{&options_progress, 0, NULL, 0}, {0}};
	static const struct argp argp = {.options = sync_options,
		.parser = parse_opt,
		.children = children,
		.args_doc = "SET",
		.doc = "Make the pool of the pool set file SET and its remote "
		       "replicas equal: a replica that is missing is made, one "
		       "that is behind is brought up to date, a pool that is "
		       "lost on this machine is rebuilt from the right "
		       "replica.  The plan is shown first."};
	struct sync_args a = {0};
	struct sync s = {0};
	bool is_told = false;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	/* a file that may not become so large is an error, and no death */
	(void)signal(SIGXFSZ, SIG_IGN);
	/* what the library has to say is told here in one place */
	if (getenv("RPMEM_LOG_LEVEL") != NULL)
		log_init_env("rpmem sync");
	int rc = run(&s, &a, &is_told);
	bool is_good = sync_is_good(&s);
	sync_forget(&s);
	if (rc < 0) {
		report_failed("rpmem sync", a.json && !is_told);
		return is_negative(rc) ? CMD_NEGATIVE : CMD_CANNOT_RUN;
	}
	return is_good ? CMD_OK : CMD_NEGATIVE;
}
