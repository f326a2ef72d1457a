/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_keygen.c -- rpmem keygen: make a key file and tell how to copy it
 *
 * The key itself goes to the file only: what is printed may end up in a log
 * or in a terminal's scrollback.  An existing file is never touched.
 */
#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cmd.h"
#include "oob/psk.h"
#include "options.h"
#include "report.h"

struct args {
	const char *file; /* NULL: the default one */
	bool json;
	bool dry_run;
};

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	if (key == ARGP_KEY_INIT) {
		state->child_inputs[0] = &args->json;
		state->child_inputs[1] = &args->dry_run;
		return 0;
	}
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (args->file != NULL)
		argp_error(state, "more than one FILE is given");
	if (arg[0] == '\0')
		argp_error(state, "the name of FILE is empty");
	args->file = arg;
	return 0;
}

static json_t *
keygen_json(const char *path, const char *identity, bool is_written)
{
	return json_pack("{s:i, s:s, s:s, s:b}", "version", 1, "path", path,
		"identity", identity, "written", is_written);
}

/* in single quotes when a shell would not take the word as it is */
static void
print_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+@%,=";
	if (word[strspn(word, plain)] == '\0') {
		(void)fputs(word, stdout);
		return;
	}
	(void)putchar('\'');
	for (const char *p = word; *p != '\0'; p++) {
		if (*p == '\'')
			(void)fputs("'\\''", stdout);
		else
			(void)putchar(*p);
	}
	(void)putchar('\'');
}

static void
print_text(const char *path, const char *identity, bool is_written)
{
	(void)printf("%s %s (identity %s)\n",
		is_written ? "wrote" : "would write", path, identity);
	if (!is_written) {
		(void)printf("Nothing was changed (--dry-run).\n");
		return;
	}
	(void)printf("copy it to the target, for example:\n"
		     "  ssh TARGET 'umask 077; mkdir -p .config/rpmem; "
		     "cat >> .config/rpmem/psk' < ");
	print_word(path);
	(void)printf("\n"
		     "this adds the line to a key file that the target has "
		     "already; where it has none,\n"
		     "  scp -p ");
	print_word(path);
	(void)printf(" TARGET:.config/rpmem/psk\n"
		     "does the same (the directory must exist)\n");
}

static int
keygen(const struct args *a, const char *file)
{
	struct psk_key key = {.identity = ""};
	int rc = 0;
	/* before there is a file that nothing is told of */
	if (a->json)
		rc = json_check(keygen_json(file, "", false));
	if (rc == 0)
		rc = a->dry_run ? psk_would_generate(file, key.identity)
				: psk_generate(file, &key);
	explicit_bzero(key.key, sizeof(key.key));
	if (rc < 0)
		return rc;
	if (a->json)
		return json_report(
			keygen_json(file, key.identity, !a->dry_run));
	print_text(file, key.identity, !a->dry_run);
	return 0;
}

int
cmd_keygen(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_json, 0, NULL, 0}, {&options_dry_run, 0, NULL, 0},
		{0}};
	static const struct argp argp = {.parser = parse_opt,
		.children = children,
		.args_doc = "[FILE]",
		.doc = "Make the key that initiator and target share."
		       "\vFILE is RPMEM_PSK_FILE, else ~/.config/rpmem/psk, "
		       "unless it is given.  An existing file is never "
		       "changed."};
	struct args args = {0};
	char path[PATH_MAX];

	if (argp_parse(&argp, argc, argv, 0, NULL, &args) != 0)
		return CMD_USAGE;
	int rc = 0;
	if (args.file == NULL)
		rc = psk_default_path(path, sizeof(path));
	const char *file = args.file != NULL ? args.file : path;
	if (rc == 0)
		rc = keygen(&args, file);
	if (rc < 0) {
		report_failed("rpmem keygen", args.json);
		return rc == -EEXIST ? CMD_NEGATIVE : CMD_CANNOT_RUN;
	}
	return CMD_OK;
}
