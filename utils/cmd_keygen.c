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

struct args {
	const char *file; /* NULL: the default one */
	bool json;
};

static const struct argp_option options[] = {
	{"json", 'j', NULL, 0, "Print path and identity as a JSON object", 0},
	{0},
};

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	if (key == 'j') {
		args->json = true;
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

static int
print_json(const char *path, const char *identity)
{
	json_t *root =
		json_pack("{s:s, s:s}", "path", path, "identity", identity);
	int rc = root == NULL ? -1 : json_dumpf(root, stdout, JSON_COMPACT);
	json_decref(root);
	if (rc != 0) {
		(void)fprintf(stderr,
			"rpmem: wrote '%s', but its name cannot be printed as "
			"JSON\n",
			path);
		return CMD_CANNOT_RUN;
	}
	(void)putchar('\n');
	return CMD_OK;
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
print_text(const char *path, const char *identity)
{
	(void)printf("wrote %s (identity %s)\n", path, identity);
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

int
cmd_keygen(int argc, char **argv)
{
	static const struct argp argp = {.options = options,
		.parser = parse_opt,
		.args_doc = "[FILE]",
		.doc = "Make the key that initiator and target share."
		       "\vFILE is RPMEM_PSK_FILE, else ~/.config/rpmem/psk, "
		       "unless it is given.  An existing file is never "
		       "changed."};
	struct args args = {0};
	char path[PATH_MAX];
	struct psk_key key;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args) != 0)
		return CMD_USAGE;
	int rc = 0;
	if (args.file == NULL)
		rc = psk_default_path(path, sizeof(path));
	const char *file = args.file != NULL ? args.file : path;
	if (rc == 0)
		rc = psk_generate(file, &key);
	if (rc != 0) {
		(void)fprintf(stderr, "rpmem: %s\n", err_msg());
		return rc == -EEXIST ? CMD_NEGATIVE : CMD_CANNOT_RUN;
	}
	explicit_bzero(key.key, sizeof(key.key));
	if (args.json)
		return print_json(file, key.identity);
	print_text(file, key.identity);
	return CMD_OK;
}
