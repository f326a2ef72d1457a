/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_run.c -- rpmem run: start a program with the replica layer under it
 *
 * The layer is a library that is loaded before the program's own
 * (LD_PRELOAD); everything else is the program's.  It becomes this process.
 */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "cmd.h"

#define LIBRARY "libpmemreplica_preload.so"

struct args {
	const char *stats;
	bool make_copies;
	char *map;	/* RPMEM_MAP; NULL: as it is */
	char **program; /* NULL-terminated */
};

enum { OPT_STATS = 1, OPT_MAKE_COPIES, OPT_MAP };

static const struct argp_option run_options[] = {
	{"stats", OPT_STATS, "FILE", 0,
		"append one JSON object per replica to FILE when it is closed",
		0},
	{"make-copies", OPT_MAKE_COPIES, NULL, 0,
		"make a replica anew that is not there when a pool is opened",
		0},
	{"map", OPT_MAP, "FILE=TARGET/NAME", 0,
		"keep a copy, the raw pool NAME at TARGET, of FILE when the "
		"program maps it with pmem_map_file; more than once",
		0},
	{0},
};

/* after what earlier options said; 0 or -ENOMEM */
static int
add_map(struct args *a, const char *entry)
{
	char *list = NULL;
	if (asprintf(&list, "%s%s%s", a->map != NULL ? a->map : "",
		    a->map != NULL ? ";" : "", entry) < 0)
		return -ENOMEM;
	free(a->map);
	a->map = list;
	return 0;
}

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case OPT_STATS:
		a->stats = arg;
		return 0;
	case OPT_MAKE_COPIES:
		a->make_copies = true;
		return 0;
	case OPT_MAP:
		if (add_map(a, arg) < 0)
			argp_error(state, "no memory for --map");
		return 0;
	case ARGP_KEY_ARG:
		a->program = &state->argv[state->next - 1];
		state->next = state->argc; /* the rest is the program's */
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no program is given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* beside us as installed, or as built */
static int
find_library(char path[PATH_MAX])
{
	static const char *const places[] = {
		"../" RPMEM_LIBDIR "/" LIBRARY, "../src/replica/" LIBRARY};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return -errno;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char name[PATH_MAX];
		int len =
			snprintf(name, sizeof(name), "%s/%s", self, places[i]);
		if (len > 0 && (size_t)len < sizeof(name) &&
			realpath(name, path) != NULL)
			return 0;
	}
	return -ENOENT;
}

static int
set_env(const struct args *a, const char *library)
{
	char list[PATH_MAX * 2];
	const char *old = getenv("LD_PRELOAD");
	bool has_old = old != NULL && old[0] != '\0';
	/* what is there stays first: a sanitizer insists on it */
	int n = snprintf(list, sizeof(list), "%s%s%s", has_old ? old : "",
		has_old ? ":" : "", library);
	if (n < 0 || (size_t)n >= sizeof(list))
		return -ENAMETOOLONG;
	if (setenv("LD_PRELOAD", list, 1) != 0 ||
		(a->stats != NULL && setenv("RPMEM_STATS", a->stats, 1) != 0) ||
		(a->make_copies && setenv("RPMEM_MAKE_COPIES", "1", 1) != 0) ||
		(a->map != NULL && setenv("RPMEM_MAP", a->map, 1) != 0))
		return -errno;
	return 0;
}

int
cmd_run(int argc, char **argv)
{
	static const struct argp argp = {.options = run_options,
		.parser = parse_opt,
		.args_doc = "-- PROGRAM [ARG...]",
		.doc = "Run a program whose pool sets have REPLICA lines, with "
		       "one wait per durable call, for any libpmemobj that "
		       "links libpmem dynamically."};
	struct args a = {0};
	char library[PATH_MAX];
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &a) != 0 ||
		a.program == NULL)
		return CMD_USAGE;
	int rc = find_library(library);
	if (rc < 0) {
		(void)fprintf(stderr,
			"rpmem run: cannot find %s: %s (it is installed with "
			"this command: install rpmem again)\n",
			LIBRARY, strerror(-rc));
		return CMD_CANNOT_RUN;
	}
	if (strpbrk(library, ": ") != NULL) {
		(void)fprintf(stderr,
			"rpmem run: '%s': LD_PRELOAD takes no path with a "
			"blank or a colon: install rpmem in another place\n",
			library);
		return CMD_CANNOT_RUN;
	}
	rc = set_env(&a, library);
	if (rc < 0) {
		(void)fprintf(
			stderr, "rpmem run: environment: %s\n", strerror(-rc));
		return CMD_CANNOT_RUN;
	}
	(void)execvp(a.program[0], a.program);
	(void)fprintf(stderr,
		"rpmem run: cannot run '%s': %s (is it installed? Without a "
		"'/' it is looked for in PATH)\n",
		a.program[0], strerror(errno));
	return CMD_CANNOT_RUN;
}
