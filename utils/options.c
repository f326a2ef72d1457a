/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * options.c -- see options.h
 */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { OPT_FORCE = 0x100, OPT_PROGRESS };

static error_t
parse_json(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	*(bool *)state->input = true;
	return 0;
}

static error_t
parse_change(int key, char *arg, struct argp_state *state)
{
	struct change *c = state->input;
	(void)arg;
	switch (key) {
	case OPT_FORCE:
		c->force = true;
		return 0;
	case 'n':
		c->dry_run = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_dry_run(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != 'n')
		return ARGP_ERR_UNKNOWN;
	*(bool *)state->input = true;
	return 0;
}

/* a number of a descriptor that can be written to */
static error_t
parse_progress(int key, char *arg, struct argp_state *state)
{
	char *end = NULL;
	if (key == ARGP_KEY_INIT)
		*(int *)state->input = -1;
	if (key != OPT_PROGRESS)
		return key == ARGP_KEY_INIT ? 0 : ARGP_ERR_UNKNOWN;
	errno = 0;
	long fd = strtol(arg, &end, 10);
	int flags = errno == 0 && end != arg && *end == '\0' && fd >= 0 &&
				    fd <= 1 << 20
			    ? fcntl((int)fd, F_GETFL)
			    : -1;
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		argp_error(state,
			"--progress %s: the number of a file descriptor that "
			"is open for writing is needed",
			arg);
	*(int *)state->input = (int)fd;
	return 0;
}

/* the only word; key: ARGP_KEY_ARG or ARGP_KEY_END */
static error_t
parse_word(const char **word, int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_END && *word == NULL)
		argp_error(state, "SET is needed");
	if (key == ARGP_KEY_END)
		return 0;
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*word != NULL)
		argp_error(state, "more than one name is given");
	*word = arg;
	return 0;
}

static error_t
parse_set(int key, char *arg, struct argp_state *state)
{
	return parse_word(state->input, key, arg, state);
}

static error_t
parse_where(int key, char *arg, struct argp_state *state)
{
	struct where *w = state->input;
	if (key != 'c')
		return parse_word(&w->what, key, arg, state);
	w->dir = arg;
	return 0;
}

const struct argp options_set = {.parser = parse_set};

const struct argp options_where = {
	.options = (const struct argp_option[]){{"copy", 'c', "DIR", 0,
							"at a target: the copy "
							"NAME, whose pool set "
							"file is in the pool "
							"set directory DIR",
							0},
		{0}},
	.parser = parse_where};

const struct argp options_json = {
	.options =
		(const struct argp_option[]){
			{"json", 'j', NULL, 0, "print a JSON object", 0}, {0}},
	.parser = parse_json,
	.doc = "\v" OPTIONS_EXIT_TEXT};

#define DRY_RUN                                                                \
	{                                                                      \
		"dry-run", 'n', NULL, 0,                                       \
			"show what would be done, and change nothing", 0       \
	}

const struct argp options_change = {
	.options = (const struct argp_option[]){{"force", OPT_FORCE, NULL, 0,
							"do not ask", 0},
		DRY_RUN, {0}},
	.parser = parse_change};

const struct argp options_dry_run = {
	.options = (const struct argp_option[]){DRY_RUN, {0}},
	.parser = parse_dry_run};

const struct argp options_progress = {
	.options =
		(const struct argp_option[]){{"progress", OPT_PROGRESS, "FD", 0,
						     "write progress, a "
						     "JSON object per line, "
						     "to file descriptor FD",
						     0},
			{0}},
	.parser = parse_progress};
