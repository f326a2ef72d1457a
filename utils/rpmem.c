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
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"discard", cmd_discard},
	{"keygen", cmd_keygen},
	{"lineage", cmd_lineage},
	{"promote", cmd_promote},
	{"run", cmd_run},
	{"status", cmd_status},
};

static const char doc[] =
	"Set up and look after remote replicas of persistent memory pools."
	"\vCommands:\n"
	"  discard   give up what a copy has and its pool has not\n"
	"  keygen    make the key that initiator and target share\n"
	"  lineage   show what a pool and its copies have lived through\n"
	"  promote   make a copy on this machine the primary\n"
	"  run       start a program whose pools have replicas\n"
	"  status    show how the copies of a pool stand\n"
	"\n"
	"'rpmem COMMAND --help' tells more about one.";

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
	static const struct argp argp = {
		.parser = parse_opt, .args_doc = "COMMAND [...]", .doc = doc};
	int at = 0;

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
