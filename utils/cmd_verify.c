/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_verify.c -- rpmem verify: is every block of a copy what the pool has?
 *
 * Who has the pool's parts locked compares: this command, or a program, which
 * is asked to.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "copy_find.h"
#include "options.h"
#include "report.h"
#include "status.h"
#include "verify.h"

#define KEY_REPAIR 'r'

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct verify_args *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->json;
		state->child_inputs[1] = &a->progress;
		state->child_inputs[2] = &a->dry_run;
		return 0;
	case KEY_REPAIR:
		a->repair = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->set == NULL) {
			a->set = arg;
			(void)shell_word(arg, a->word);
		} else if (a->copy == NULL)
			a->copy = arg;
		else
			argp_error(state,
				"too many words: COPY is one, \"TARGET NAME\"");
		return 0;
	case ARGP_KEY_END:
		if (a->set == NULL)
			argp_error(state, "SET is needed");
		a->would_repair = a->repair && a->dry_run;
		a->repair = a->repair && !a->dry_run;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int
list_copies(struct verify_run *run)
{
	const struct poolset *set = run->set;
	unsigned only = 0; /* 0: all */
	int rc = 0;
	if (run->args->copy != NULL)
		rc = copy_find(set, run->args->set, run->args->copy, &only);
	if (rc < 0)
		return rc;
	run->copies = calloc(set->nreplicas, sizeof(*run->copies));
	if (run->copies == NULL)
		return err_set(-ENOMEM, "no memory for the copies");
	for (unsigned i = 0; i < set->nreplicas; i++) {
		const struct poolset_replica *rep = &set->replicas[i];
		if (!poolset_replica_is_remote(rep) || (only != 0 && i != only))
			continue;
		struct verified *v = &run->copies[run->ncopies++];
		v->rep = rep;
		(void)snprintf(
			v->who, sizeof(v->who), "%s %s", rep->node, rep->desc);
	}
	return 0;
}

static bool
needs_repair(const struct verify_run *run)
{
	bool is_any = false;
	for (unsigned i = 0; i < run->ncopies; i++)
		is_any |= run->copies[i].different != 0 ||
			  run->copies[i].wants_owner;
	return is_any;
}

static int
verify(struct verify_run *run)
{
	struct pool_attr attr;
	struct pool *pool = NULL;
	int rc = pool_open(run->set, POOL_DURABLE_MEMORY, &attr, &pool);
	for (unsigned i = 0; rc == -EBUSY && i < run->ncopies; i++) {
		int bad = verify_with_program(run, &run->copies[i]);
		if (bad < 0)
			return bad;
	}
	if (rc == -EBUSY)
		return 0;
	if (rc < 0)
		return part_error(rc, run->args->set);
	if (rc == 0) {
		run->size = verify_size(run->set, pool->size);
		rc = verify_with_pool(run, pool, false);
	}
	if (rc == 0 && run->args->repair && needs_repair(run))
		rc = verify_repair(run, pool);
	/* nothing in it was changed: it is only closed */
	pool_discard(pool);
	return rc;
}

/* what is for programs, and would make an open another one than it is here */
static void
clear_environment(void)
{
	(void)unsetenv("RPMEM_OWNER");
	(void)unsetenv("RPMEM_STATS");
	(void)unsetenv("RPMEM_MIN_REPLICAS");
	(void)setenv("RPMEM_ON_LOSS", "continue", 1);
}

static int
report(const struct verify_run *run, int *status_out)
{
	bool is_good = true;
	bool is_cut_short = false;
	int rc = 0;
	for (unsigned i = 0; i < run->ncopies; i++) {
		const struct verified *v = &run->copies[i];
		is_good &= findings_are_good(&v->findings);
		is_cut_short |= v->is_cut_short;
		if (rc == 0)
			rc = findings_end(&v->findings);
	}
	*status_out = is_cut_short ? CMD_CANNOT_RUN
		      : is_good	   ? CMD_OK
				   : CMD_NEGATIVE;
	if (rc == 0 && run->args->json)
		rc = json_report(verify_json(run, is_good));
	else if (rc == 0)
		verify_print(run);
	return rc;
}

int
cmd_verify(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"repair", KEY_REPAIR, NULL, 0,
			"Send what differs again, and compare it again", 0},
		{0}};
	static const struct argp_child children[] = {
		{&options_json, 0, NULL, 0}, {&options_progress, 0, NULL, 0},
		{&options_dry_run, 0, NULL, 0}, {0}};
	static const struct argp argp = {.options = options,
		.parser = parse_opt,
		.children = children,
		.args_doc = "SET [COPY]",
		.doc = "Compare every block of the remote copies of the pool "
		       "set file SET with the pool, also while a program has "
		       "it open.  COPY is \"TARGET NAME\" as in its REPLICA "
		       "line, in one word; without it, all are compared."};
	struct verify_args a = {.progress = -1};
	struct verify_run run = {.args = &a};
	int status = CMD_CANNOT_RUN;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	clear_environment();
	int rc = status_read_set(a.set, &run.set);
	if (rc == 0) {
		rc = status_read_primary(run.set, &run.primary);
		if (rc < 0)
			rc = part_error(rc, a.set);
	}
	if (rc == 0)
		rc = list_copies(&run);
	if (rc == 0)
		rc = verify(&run);
	if (rc == 0)
		rc = report(&run, &status);
	if (rc < 0)
		report_failed("rpmem verify", a.json);
	for (unsigned i = 0; i < run.ncopies; i++)
		findings_free(&run.copies[i].findings);
	free(run.copies);
	poolset_free(run.set);
	return rc < 0 ? CMD_CANNOT_RUN : status;
}
