/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_status.c -- rpmem status: how the copies of a pool stand
 *
 * Only files of this machine are read: the pool set, the header of the
 * primary, which says whose copies they are, and the state file of each copy.
 * No target is asked, and no program is disturbed.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "cmd.h"
#include "options.h"
#include "report.h"
#include "status.h"

#define WATCH_MAX_S 86400.0

struct args {
	const char *set;
	bool json;
	bool prometheus;
	double watch_s; /* 0: once */
};

enum { OPT_PROMETHEUS = 1 };

static const struct argp_option status_options[] = {
	{"prometheus", OPT_PROMETHEUS, NULL, 0,
		"print metrics in Prometheus' text format", 0},
	{"watch", 'w', "SECONDS", OPTION_ARG_OPTIONAL,
		"look again every SECONDS (1), until ^C", 0},
	{0},
};

static void
parse_watch(struct args *a, const char *arg, struct argp_state *state)
{
	char *end = NULL;
	a->watch_s = arg == NULL ? 1 : strtod(arg, &end);
	if (arg != NULL &&
		(end == arg || *end != '\0' ||
			!(a->watch_s >= 0.1 && a->watch_s <= WATCH_MAX_S)))
		argp_error(state, "--watch=%s: 0.1 to %.0f seconds", arg,
			WATCH_MAX_S);
}

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case OPT_PROMETHEUS:
		a->prometheus = true;
		return 0;
	case 'w':
		parse_watch(a, arg, state);
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->json;
		state->child_inputs[1] = &a->set;
		return 0;
	case ARGP_KEY_END:
		if (a->json && a->prometheus)
			argp_error(state,
				"--json or --prometheus, not both of them");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int
report(const struct args *a, bool *is_good_out)
{
	struct statuses s;
	int rc = statuses_read(&s, a->set);
	if (rc == 0 && a->json)
		rc = json_report(statuses_json(&s));
	else if (rc == 0 && a->prometheus)
		statuses_prometheus(&s);
	else if (rc == 0)
		statuses_print(&s);
	*is_good_out = s.is_good;
	statuses_free(&s);
	return rc;
}

/* true: ^C, or another word to end; else the time is over */
static bool
is_stopped(const sigset_t *stops, double seconds)
{
	struct timespec t = {.tv_sec = (time_t)seconds};
	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	return sigtimedwait(stops, NULL, &t) > 0;
}

/* a terminal shows the last look only, others all of them */
static int
watch(const struct args *a, bool *is_good_out)
{
	sigset_t stops;
	bool is_terminal =
		isatty(STDOUT_FILENO) == 1 && !a->json && !a->prometheus;
	int rc = 0;
	(void)sigemptyset(&stops);
	(void)sigaddset(&stops, SIGINT);
	(void)sigaddset(&stops, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stops, NULL);
	do {
		if (is_terminal)
			(void)printf("\033[H\033[J%s\n", a->set);
		rc = report(a, is_good_out);
		if (rc == 0 && fflush(stdout) != 0)
			rc = err_sys(-errno, "standard output");
	} while (rc == 0 && !is_stopped(&stops, a->watch_s));
	return rc;
}

int
cmd_status(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_json, 0, NULL, 0}, {&options_set, 0, NULL, 0}, {0}};
	static const struct argp argp = {.options = status_options,
		.parser = parse_opt,
		.children = children,
		.args_doc = "SET",
		.doc = "Show how the remote replicas of the pool set file SET "
		       "stand, as the programs that write to the pool on this "
		       "machine know it.  No target is asked."};
	struct args a = {0};
	bool is_good = false;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	int rc = a.watch_s != 0 ? watch(&a, &is_good) : report(&a, &is_good);
	if (rc < 0) {
		report_failed("rpmem status", a.json);
		return CMD_CANNOT_RUN;
	}
	return is_good ? CMD_OK : CMD_NEGATIVE;
}
