/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify_program.c -- the program that has the pool compares a copy itself
 *
 * It alone knows what is on its way to the copy.  It is asked through the state
 * file of the copy (librpmem/verify_ask.h), and answers there.  A tool that is
 * interrupted cancels what it has asked for; one that is killed leaves the
 * program to finish, which changes nothing that a record would not.
 */
#include "verify.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/deadline.h"
#include "base/knobs.h"
#include "librpmem/statedir.h"
#include "librpmem/statefile_read.h"
#include "librpmem/verify_ask.h"
#include "progress.h"

#define LOOK_EVERY_MS 20
/* it looks for requests twelve times in RPMEM_TIMEOUT_MS, unless it is in a
 * call of its own that long */
#define ANSWER_MORE_MS 2000u

static volatile sig_atomic_t is_interrupted;

static void
interrupt(int number)
{
	(void)number;
	is_interrupted = 1;
}

/* not restarted: a pause ends at once */
static void
catch_interrupts(void)
{
	struct sigaction act = {.sa_handler = interrupt};
	(void)sigemptyset(&act.sa_mask);
	(void)sigaction(SIGINT, &act, NULL);
	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGHUP, &act, NULL);
}

static int
find_file(const struct verify_run *run, const struct verified *v,
	char path[STATEDIR_PATH_MAX + STATEDIR_NAME_MAX])
{
	struct statefile_key key = {run->primary.poolset_uuid,
		run->primary.uuid, v->rep->node, v->rep->desc};
	char dir[STATEDIR_PATH_MAX];
	char name[STATEDIR_NAME_MAX];
	int rc = statedir_path(dir);
	if (rc < 0)
		return rc;
	statedir_name(&key, name);
	(void)snprintf(path, STATEDIR_PATH_MAX + STATEDIR_NAME_MAX, "%s/%s",
		dir, name);
	return 0;
}

static void
cannot_ask(struct verified *v, const struct verify_args *a, int rc)
{
	if (rc == -EBUSY) {
		findings_add(&v->findings, LEVEL_PROBLEM, "busy", v->who, "%s",
			err_msg());
		findings_fix(&v->findings, "run it again when that is done");
		return;
	}
	findings_add(&v->findings, LEVEL_PROBLEM, "cannot-ask", v->who,
		"a program, or another rpmem command, has the pool '%s', and "
		"cannot be asked: %s",
		a->set, err_msg());
	findings_fix(&v->findings,
		"if it is an rpmem command, run this again when that is done; "
		"else run this as the user who runs the program, with its "
		"RPMEM_STATE_DIR, and with RPMEM_ON_LOSS=continue or block "
		"there; or stop the program, and run it again");
}

static void
cut_short(
	struct verified *v, const char *code, const char *what, const char *fix)
{
	v->is_cut_short = true;
	findings_add(&v->findings, LEVEL_PROBLEM, code, v->who, "%s", what);
	findings_fix(&v->findings, "%s", fix);
}

static int
by_offset(const void *a, const void *b)
{
	const struct walk_range *x = a;
	const struct walk_range *y = b;
	return x->off < y->off ? -1 : x->off > y->off;
}

/* the program has them in the order in which it was sure */
static void
take(struct verified *v, struct verify_answer *w)
{
	v->how = VERIFY_BY_PROGRAM;
	v->compared = w->compared;
	v->total = w->total;
	v->left_out = w->left_out;
	v->different = w->different;
	v->settled = w->settled;
	v->sent = w->sent;
	qsort(w->ranges, w->nranges, sizeof(w->ranges[0]), by_offset);
	for (unsigned i = 0; i < w->nranges; i++)
		verified_add(v, w->ranges[i].off,
			w->ranges[i].off < WALK_RUNTIME_FROM && w->left_out != 0
				? WALK_RUNTIME_FROM - w->ranges[i].off
				: WALK_FINE,
			w->ranges[i].kind);
}

/* what the program said last, which the state file has */
static void
unable(struct verified *v, const char *path)
{
	struct statefile_view view;
	const char *why =
		statefile_read(path, &view) == 0 ? view.live.said : err_msg();
	findings_add(&v->findings, LEVEL_PROBLEM, "cannot-compare", v->who,
		"the program could not compare it to the end: %s", why);
	findings_fix(&v->findings,
		"look at the log and the disk of the target, and at the "
		"program's own messages");
}

/* how it ended */
static void
judge(struct verified *v, const struct verify_args *a, struct verify_answer *w,
	const char *path)
{
	take(v, w);
	switch (w->state) {
	case VERIFY_DONE:
		v->is_whole = true;
		break;
	case VERIFY_LOST:
		if (w->compared != 0) {
			cut_short(v, "lost",
				"the program lost the copy meanwhile",
				"run it again when rpmem status says attached");
			break;
		}
		findings_add(&v->findings, LEVEL_PROBLEM, "not-attached",
			v->who,
			"the program goes on without it, or has not got it "
			"back yet: there is nothing to compare with");
		findings_fix(&v->findings,
			"run it again when rpmem status %s says attached",
			a->word);
		break;
	case VERIFY_CANCELLED:
		cut_short(
			v, "interrupted", "it was interrupted", "run it again");
		break;
	case VERIFY_NONE:
	case VERIFY_RUNNING:
	case VERIFY_UNABLE:
		unable(v, path);
		break;
	}
	verify_conclude(v, a, a->repair);
}

static void
pause_a_little(void)
{
	struct timespec t = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
	(void)nanosleep(&t, NULL);
}

/* until it has ended: true, and the answer is the last one */
static bool
await(const struct verify_ask *ask, struct verified *v, struct progress *p,
	struct verify_answer *w)
{
	struct knobs knobs = {.timeout_ms = 5000};
	IGNORE(knobs_load(&knobs));
	uint64_t until = deadline_in_ms(knobs.timeout_ms + ANSWER_MORE_MS);
	for (;;) {
		int rc = verify_ask_look(ask, w);
		if (is_interrupted) {
			verify_ask_cancel(ask);
			cut_short(v, "interrupted",
				"it was interrupted; the program has been told",
				"run it again");
			return false;
		}
		if (rc < 0) {
			cut_short(v, "ended",
				"the program ended, or closed the pool, "
				"meanwhile",
				"run it again");
			return false;
		}
		p->total = w->is_there ? w->total : 0;
		if (w->is_there && w->state != VERIFY_RUNNING)
			return true;
		if (!w->is_there && deadline_passed(until)) {
			verify_ask_cancel(ask);
			cut_short(v, "silent",
				"the program does not answer: it is stopped, "
				"or has not written to the pool yet, or closes "
				"it",
				"let it run (SIGCONT), then run this again");
			return false;
		}
		if (w->is_there)
			progress_show(p, w->compared);
		pause_a_little();
	}
}

int
verify_with_program(struct verify_run *run, struct verified *v)
{
	char path[STATEDIR_PATH_MAX + STATEDIR_NAME_MAX];
	struct verify_ask ask;
	struct verify_answer w = {.is_there = false};
	struct progress p;
	int rc = find_file(run, v, path);
	if (rc < 0)
		return rc;
	rc = verify_ask_open(&ask, path);
	if (rc < 0) {
		cannot_ask(v, run->args, rc);
		return 0;
	}
	catch_interrupts();
	progress_begin(&p, run->args->progress, "verify", v->who, 0);
	rc = verify_ask_begin(&ask, run->args->repair);
	bool has_ended = rc == 0 && await(&ask, v, &p, &w);
	progress_end(&p, w.compared, has_ended);
	if (has_ended)
		judge(v, run->args, &w, path);
	verify_ask_close(&ask);
	return rc;
}
