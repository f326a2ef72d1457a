/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_doctor.c -- rpmem doctor: what is missing, here and on the way to a
 * target
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "doctor.h"
#include "options.h"
#include "report.h"
#include "wire/oob.h"

struct args {
	struct doctor d;
	bool json;
};

static void
check(struct doctor *d, struct argp_state *state)
{
	if (d->target != NULL && target_parse(d->target, &d->at) < 0)
		argp_error(state, "%s", err_msg());
	if (d->name != NULL &&
		(d->name[0] == '\0' || strlen(d->name) >= OOB_DESC_MAX))
		argp_error(state, "NAME is empty or too long");
}

/* "TARGET NAME" in one word is as good as two */
static void
take_word(struct doctor *d, char *arg, struct argp_state *state)
{
	size_t len = strcspn(arg, " \t");
	if (d->target == NULL) {
		d->target = arg;
		if (arg[len] == '\0')
			return;
		arg[len] = '\0';
		arg += len + 1 + strspn(arg + len + 1, " \t");
	}
	if (d->name != NULL)
		argp_error(state, "too many words: '%s'", arg);
	d->name = arg;
}

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->json;
		return 0;
	case ARGP_KEY_ARG:
		take_word(&a->d, arg, state);
		return 0;
	case ARGP_KEY_END:
		check(&a->d, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static json_t *
round_trip_json(const struct round_trip *t)
{
	if (t->median_ns == 0)
		return json_null();
	return json_pack("{s:I, s:I}", "min_ns", (json_int_t)t->min_ns,
		"median_ns", (json_int_t)t->median_ns);
}

static json_t *
doctor_json(const struct doctor *d)
{
	return json_pack("{s:i, s:s?, s:s?, s:b, s:o, s:o, s:o}", "version", 1,
		"target", d->target, "name", d->name, "good",
		findings_are_good(&d->f), "control_round_trip",
		round_trip_json(&d->control), "data_round_trip",
		round_trip_json(&d->data), "findings", findings_json(&d->f));
}

int
cmd_doctor(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_json, 0, NULL, 0}, {0}};
	static const struct argp argp = {.parser = parse_opt,
		.children = children,
		.args_doc = "[TARGET [NAME]]",
		.doc = "Look for what is missing on this machine and, with "
		       "TARGET, on the way to a target; with NAME, the name of "
		       "a copy's pool set file there, the connection that "
		       "carries the data is tried, too.  Each finding has its "
		       "fix.  Nothing is changed."};
	struct args a = {.d = {.target = NULL}};
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	struct doctor *d = &a.d;
	doctor_env(d);
	doctor_software(d);
	doctor_fabric(d);
	doctor_local(d);
	if (d->target != NULL)
		doctor_target(d);
	int rc = findings_end(&d->f);
	if (rc == 0 && a.json)
		rc = json_report(doctor_json(d));
	else if (rc == 0)
		findings_print(&d->f, true);
	bool is_good = findings_are_good(&d->f);
	findings_free(&d->f);
	if (rc < 0) {
		report_failed("rpmem doctor", a.json);
		return CMD_CANNOT_RUN;
	}
	return is_good ? CMD_OK : CMD_NEGATIVE;
}
