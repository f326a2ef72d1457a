/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_set.c -- rpmem set: pool set files, for those who do not know their
 * grammar
 *
 * Commands of a command: the table, and what they have in common.
 */
#include <argp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cmd.h"
#include "options.h"
#include "report.h"
#include "set_cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"add-replica", set_add_cmd, "add a copy to a pool set file"},
	{"check", set_check_cmd, "say what is wrong with a pool set file"},
	{"new", set_new_cmd, "write a pool set file"},
	{"remove-replica", set_remove_cmd,
		"take a copy out of a pool set file"},
};

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
		(void)fprintf(out, "  %-14s %s\n", commands[i].name,
			commands[i].summary);
	(void)fprintf(
		out, "\n'rpmem set COMMAND --help' tells more about one.");
	return fclose(out) == 0 ? list : NULL;
}

/* where the command stands in argv; 0 for none */
static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	int *at = state->input;
	(void)arg;
	if (key == ARGP_KEY_NO_ARGS)
		argp_error(state, "no command is given");
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	*at = state->next - 1;
	state->next = state->argc; /* the rest is the command's */
	return 0;
}

static int
run(int argc, char **argv)
{
	char name[40];
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		(void)snprintf(name, sizeof(name), "rpmem set %s", argv[0]);
		argv[0] = name;
		return commands[i].run(argc, argv);
	}
	(void)fprintf(stderr,
		"rpmem set: unknown command '%s' ('rpmem set --help' lists "
		"them)\n",
		argv[0]);
	return CMD_USAGE;
}

int
cmd_set(int argc, char **argv)
{
	static const struct argp argp = {.parser = parse_opt,
		.args_doc = "COMMAND [...]",
		.doc = "Write and check pool set files, at the initiator and "
		       "at the target.\v",
		.help_filter = list_commands};
	int at = 0;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &at) != 0 ||
		at == 0)
		return CMD_USAGE;
	return run(argc - at, argv + at);
}

static int
report_json(const struct set_report *r)
{
	json_t *root = json_pack("{s:i, s:s, s:s, s:b, s:b, s:o}", "version", 1,
		"command", r->command, "poolset", r->path, "good",
		findings_are_good(&r->f), "written", r->is_written, "findings",
		findings_json(&r->f));
	if (root != NULL && r->text.p != NULL &&
		json_object_set_new(root, "text", json_string(r->text.p)) !=
			0) {
		json_decref(root);
		root = NULL;
	}
	return json_report(root);
}

static void
report_text(const struct set_report *r)
{
	if (r->is_written)
		(void)printf("wrote %s:\n\n%s\n", r->path, r->text.p);
	else if (r->text.p != NULL)
		(void)printf("%s would be, and was not written:\n\n%s\n",
			r->path, r->text.p);
	findings_print(&r->f, true);
}

int
set_report_end(struct set_report *r, const char *who, bool is_json, int rc)
{
	bool is_good = findings_are_good(&r->f);
	if (rc == 0)
		rc = findings_end(&r->f);
	if (rc == 0 && is_json)
		rc = report_json(r);
	else if (rc == 0)
		report_text(r);
	findings_free(&r->f);
	settext_free(&r->text);
	if (rc < 0) {
		report_failed(who, is_json);
		return rc == -EEXIST || rc == -EPERM || rc == -EBUSY ||
				       rc == -ESTALE
			       ? CMD_NEGATIVE
			       : CMD_CANNOT_RUN;
	}
	return is_good ? CMD_OK : CMD_NEGATIVE;
}

void
set_word_arg(const char *what, const char *arg, struct argp_state *state)
{
	for (const char *p = arg; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '#')
			argp_error(state,
				"%s '%s': blanks, control characters and '#' "
				"cannot stand in a pool set file",
				what, arg);
	if (arg[0] == '\0')
		argp_error(state, "%s is empty", what);
}

void
set_part_arg(struct set_part *p, const char *arg, struct argp_state *state)
{
	size_t len = arg[0] == '/' ? 0 : strcspn(arg, ":");
	set_word_arg("a part", arg, state);
	*p = (struct set_part){.size = arg, .size_len = len};
	p->path = arg + len + (arg[len] == ':');
	if (p->path[0] != '/')
		argp_error(state,
			"'%s': a part is [SIZE:]/PATH, with an absolute path: "
			"a set is read in whatever directory the program is",
			arg);
}

struct check_args {
	const char *path;
	bool is_for_target;
	bool json;
};

static error_t
parse_check(int key, char *arg, struct argp_state *state)
{
	struct check_args *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->json;
		return 0;
	case 't':
		a->is_for_target = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->path != NULL)
			argp_error(state, "more than one FILE is given");
		a->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->path == NULL)
			argp_error(state, "FILE is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
say_good(struct findings *f, const struct poolset *set, const char *path)
{
	char size[POOLSET_SIZE_TEXT_MAX];
	uint64_t bytes = set_pool_size(set);
	unsigned nremote = 0;
	for (unsigned i = 0; i < set->nreplicas; i++)
		nremote += poolset_replica_is_remote(&set->replicas[i]);
	findings_add(f, LEVEL_OK, "set", path,
		"a pool of %s; local replicas: %u, remote ones: %u",
		bytes != 0 ? poolset_size_text(bytes, size)
			   : "what its devices have",
		set->nreplicas - nremote, nremote);
}

int
set_check_cmd(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_json, 0, NULL, 0}, {0}};
	static const struct argp_option options[] = {
		{"for-target", 't', NULL, 0,
			"it is the set of a copy, at its target", 0},
		{0}};
	static const struct argp argp = {.options = options,
		.parser = parse_check,
		.children = children,
		.args_doc = "FILE",
		.doc = "Say what is wrong with the pool set file FILE and with "
		       "the parts that it names, and what to do about it.  "
		       "Nothing is changed."};
	struct check_args a = {0};
	struct set_report r = {.command = "check"};
	struct settext text = {.p = NULL};
	struct poolset *set = NULL;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	r.path = a.path;
	int rc = setfile_read(a.path, &text);
	if (rc == 0) {
		set_check_grammar(&r.f, &text, a.path, &set);
		set_check_mode(&r.f, a.path);
	}
	if (set != NULL) {
		say_good(&r.f, set, a.path);
		set_check_value(&r.f, set, a.is_for_target);
		set_check_itself(&r.f, a.path, set);
		set_check_files(&r.f, set, LEVEL_PROBLEM);
	}
	poolset_free(set);
	settext_free(&text);
	return set_report_end(&r, argv[0], a.json, rc);
}
