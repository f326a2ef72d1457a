/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * options.h -- options that several subcommands have, as children of argp
 *
 * A command lists those that it takes in its argp's children, and gives each
 * its place in ARGP_KEY_INIT:
 *
 *   state->child_inputs[0] = &a->json;
 */
#ifndef RPMEM_UTILS_OPTIONS_H
#define RPMEM_UTILS_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

/* what each command's --help ends with; options_json brings it along */
#define OPTIONS_EXIT_TEXT                                                      \
	"Exit status: 0 it is right or done, 1 a problem was found or it was " \
	"not done,\n2 the command line is wrong, 3 it could not run."

/* -j, --json; its place is a bool */
extern const struct argp options_json;

/* --force, -n, --dry-run; their place is a struct change */
struct change {
	bool force;   /* nobody is asked */
	bool dry_run; /* nothing is changed */
};
extern const struct argp options_change;

/* -n, --dry-run alone, for what asks nobody; its place is a bool */
extern const struct argp options_dry_run;

/* SET, the one word of a command; its place is a const char *, NULL before */
extern const struct argp options_set;

/* SET, or --copy DIR NAME; its place is a struct where */
struct where {
	const char *what; /* SET, or NAME with dir */
	const char *dir;  /* NULL: what is a SET */
};
extern const struct argp options_where;

/* --progress=FD; its place is an int, -1 if it is not given */
extern const struct argp options_progress;

#endif
