/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rpmem.c -- the rpmem command: finds the subcommand and runs it
 *
 * Each subcommand has a file cmd_*.c with its own options; here are only the
 * table of them, --help, --version, and what is common: line-buffered
 * output, exit code 2 for wrong usage, 3 when the output cannot be written.
 */
#include <argp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "base/stdfds.h"
#include "cmd.h"
#include "options.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"check", cmd_check,
		"look for what is wrong with a pool and its copies"},
	{"discard", cmd_discard,
		"give up what a copy has and its pool has not"},
	{"doctor", cmd_doctor,
		"say what is missing, here or on the way to a target"},
	{"info", cmd_info, "show what a pool and its copies are"},
	{"keygen", cmd_keygen, "make the key that initiator and target share"},
	{"lineage", cmd_lineage,
		"show what a pool and its copies have lived through"},
	{"promote", cmd_promote, "make a copy on this machine the primary"},
	{"rm", cmd_rm, "remove a pool and its copies, or some of them"},
	{"run", cmd_run, "start a program whose pools have replicas"},
	{"set", cmd_set, "write and check pool set files"},
	{"status", cmd_status, "show how the copies of a pool stand"},
	{"sync", cmd_sync, "make a pool and its copies equal again"},
	{"verify", cmd_verify, "compare every block of the copies of a pool"},
};

static const char doc[] =
	"Set up and look after remote replicas of persistent memory pools.\v";

/* the text behind the options: argp frees it */
static char *
list_commands(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t len = 0;
	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	FILE *out = open_memstream(&list, &len);
	if (out == NULL)
		return NULL;
	(void)fprintf(out, "Commands:\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		(void)fprintf(out, "  %-9s %s\n", commands[i].name,
			commands[i].summary);
	(void)fprintf(out, "\n'rpmem COMMAND --help' tells more about "
			   "one.\n" OPTIONS_EXIT_TEXT);
	return fclose(out) == 0 ? list : NULL;
}

/* where the subcommand stands in argv; 0 for none */
static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	int *at = state->input;

	(void)arg;
	if (key == ARGP_KEY_NO_ARGS)
		argp_error(state, "no command is given");
	if (key != ARGP_KEY_ARG)
		return key == ARGP_KEY_NO_ARGS ? 0 : ARGP_ERR_UNKNOWN;
	*at = state->next - 1;
	state->next = state->argc; /* the rest is the subcommand's */
	return 0;
}

static int
run(int argc, char **argv)
{
	char name[32];

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		(void)snprintf(name, sizeof(name), "rpmem %s", argv[0]);
		argv[0] = name; /* what argp shows in usage messages */
		return commands[i].run(argc, argv);
	}
	(void)fprintf(stderr,
		"rpmem: unknown command '%s' ('rpmem --help' lists them)\n",
		argv[0]);
	return CMD_USAGE;
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {.parser = parse_opt,
		.args_doc = "COMMAND [...]",
		.doc = doc,
		.help_filter = list_commands};
	int at = 0;

	if (stdfds_hold() < 0)
		return CMD_CANNOT_RUN;
	argp_program_version = "rpmem " RPMEM_VERSION;
	argp_err_exit_status = CMD_USAGE;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &at) != 0 ||
		at == 0)
		return CMD_USAGE;
	int status = run(argc - at, argv + at);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(stderr, "rpmem: standard output: %s\n",
			strerror(errno));
		return CMD_CANNOT_RUN;
	}
	return status;
}
