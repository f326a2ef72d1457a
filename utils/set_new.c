/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_new.c -- rpmem set new: a pool set file from options
 *
 * The options become text, and the text is read by the same parser as
 * everybody's: there is no second grammar here.  What is known to be wrong is
 * not written.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "cmd.h"
#include "consent.h"
#include "options.h"
#include "set_cmd.h"
#include "set_lock.h"

enum { OPT_SIZE = 's', OPT_PART = 'p', OPT_DIR = 'd', OPT_REPLICA = 'r' };
enum { OPT_LOCAL = 'l', OPT_SINGLEHDR = 0x200, OPT_NOHDRS };

struct args {
	const char *path;
	const char *size; /* of parts that say none */
	bool is_singlehdr;
	bool is_nohdrs;
	bool is_for_target;
	unsigned nparts;   /* of the replica that is open */
	unsigned nunsized; /* parts without a size of their own */
	unsigned nreplicas;
	FILE *local;  /* lines of parts and local replicas */
	FILE *remote; /* lines of remote ones */
	struct settext local_text;
	struct settext remote_text;
	struct change change;
	bool json;
};

/* in place of a size that comes later, perhaps: no word of a set has it */
#define LATER '\001'

static void
take_part(struct args *a, const char *arg, struct argp_state *state)
{
	struct set_part p;
	set_part_arg(&p, arg, state);
	if (p.size_len > 0)
		(void)fprintf(
			a->local, "%.*s %s\n", (int)p.size_len, p.size, p.path);
	else
		(void)fprintf(a->local, "%c %s\n", LATER, p.path);
	a->nunsized += p.size_len == 0;
	a->nparts++;
}

/* "TARGET NAME" */
static void
take_replica(struct args *a, const char *arg, struct argp_state *state)
{
	size_t node = strcspn(arg, " \t");
	const char *name = arg + node + strspn(arg + node, " \t");
	char text[POOLSET_WORD_MAX + 1];
	if (name[0] == '\0' || node == 0 || node >= sizeof(text))
		argp_error(state,
			"--replica '%s': expected \"TARGET NAME\" in one word, "
			"for example \"tcp://beta db.set\"",
			arg);
	(void)snprintf(text, sizeof(text), "%.*s", (int)node, arg);
	set_word_arg("the target", text, state);
	set_word_arg("the name", name, state);
	(void)fprintf(a->remote, "REPLICA %s %s\n", text, name);
	a->nreplicas++;
}

static void
take_local(struct args *a, struct argp_state *state)
{
	if (a->nparts == 0)
		argp_error(state,
			"--local begins another replica: the one before it "
			"needs a --part first");
	(void)fprintf(a->local, "REPLICA\n");
	a->nparts = 0;
	a->nreplicas++;
}

static void
check_args(const struct args *a, struct argp_state *state)
{
	if (a->path == NULL)
		argp_error(state, "FILE is needed");
	if (a->nparts == 0)
		argp_error(state,
			"no part is named: --size 1G --part /PATH, or --part "
			"1G:/PATH");
	if (a->nunsized > 0 && a->size == NULL)
		argp_error(state,
			"a part without a size: --size SIZE, or --part "
			"SIZE:/PATH");
	if (a->is_for_target && a->nreplicas > 0)
		argp_error(state,
			"a target's set has no replicas: --for-target goes "
			"without --replica and --local");
	if (a->is_nohdrs && (!a->is_for_target || a->is_singlehdr))
		argp_error(state,
			"--nohdrs goes with --for-target only, and without "
			"--singlehdr and --dir");
}

static error_t
parse_flag(int key, struct args *a)
{
	switch (key) {
	case OPT_SINGLEHDR:
		a->is_singlehdr = true;
		return 0;
	case OPT_NOHDRS:
		a->is_nohdrs = true;
		return 0;
	case 't':
		a->is_for_target = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->change;
		state->child_inputs[1] = &a->json;
		return 0;
	case OPT_SIZE:
		set_word_arg("--size", arg, state);
		a->size = arg;
		return 0;
	case OPT_DIR:
		a->is_singlehdr = true;
		take_part(a, arg, state);
		return 0;
	case OPT_PART:
		take_part(a, arg, state);
		return 0;
	case OPT_REPLICA:
		take_replica(a, arg, state);
		return 0;
	case OPT_LOCAL:
		take_local(a, state);
		return 0;
	case ARGP_KEY_ARG:
		if (a->path != NULL)
			argp_error(state,
				"more than one FILE is given; \"TARGET NAME\" "
				"is one word, in quotes");
		a->path = arg;
		return 0;
	case ARGP_KEY_END:
		check_args(a, state);
		return 0;
	default:
		return parse_flag(key, a);
	}
}

/* all of it as text */
static int
make_text(const struct args *a, struct settext *out)
{
	FILE *f = open_memstream(&out->p, &out->len);
	if (f == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	(void)fputs(POOLSET_SIG "\n", f);
	if (a->is_singlehdr)
		(void)fputs("OPTION SINGLEHDR\n", f);
	if (a->is_nohdrs)
		(void)fputs("OPTION NOHDRS\n", f);
	for (const char *p = a->local_text.p; *p != '\0'; p++)
		if (*p == LATER)
			(void)fputs(a->size, f);
		else
			(void)fputc(*p, f);
	(void)fputs(a->remote_text.p, f);
	int failed = ferror(f);
	return fclose(f) == 0 && !failed
		       ? 0
		       : err_set(-ENOMEM, "no memory for a pool set");
}

static void
note_create(struct findings *f, const struct args *a)
{
	char word[SHELL_WORD_MAX];
	if (a->is_for_target) {
		findings_add(f, LEVEL_NOTE, "next", a->path,
			"rpmemd finds it below its pool set directory; the "
			"copy is made when the pool is");
		findings_fix(f, "rpmemd --listen ADDRESS --poolset-dir DIR, or "
				"for ssh nothing: the initiator starts it");
		return;
	}
	findings_add(f, LEVEL_NOTE, "next", a->path,
		"there is no pool in it before a program creates one");
	findings_fix(f,
		"rpmem run -- pmempool create obj --layout NAME %s, or "
		"a program of yours in its place",
		shell_word(a->path, word));
}

/* what is there would be lost: does somebody want that? */
static int
may_replace(const struct args *a, bool *replace_out)
{
	struct stat st;
	*replace_out = a->change.force;
	if (a->change.force || stat(a->path, &st) != 0)
		return 0;
	if (a->json || !consent_can_be_asked())
		return 0; /* and setfile_write refuses */
	(void)printf("%s is there already; its text would be lost.\n", a->path);
	if (!consent_is_given("replace it"))
		return err_set(-EPERM, "'%s' is left as it is", a->path);
	*replace_out = true;
	return 0;
}

static void
note_exists(const struct args *a, struct findings *f)
{
	struct stat st;
	if (a->change.force || stat(a->path, &st) != 0)
		return;
	findings_add(f, LEVEL_PROBLEM, "exists", a->path,
		"it is there already, and its text would be lost: it is not "
		"written without --force");
	findings_fix(f, "Name another file, or replace it with --force");
}

static int
write_set(const struct args *a, struct set_report *r)
{
	bool replace = false;
	if (a->change.dry_run) {
		note_exists(a, &r->f);
		return 0;
	}
	int lock = -1;
	int rc = may_replace(a, &replace);
	if (rc == 0 && replace)
		rc = set_lock(a->path, &lock);
	if (rc == 0)
		rc = setfile_write(a->path, &r->text, replace);
	closep(&lock);
	r->is_written = rc == 0;
	return rc;
}

static int
run(const struct args *a, struct set_report *r)
{
	struct poolset *set = NULL;
	int rc = make_text(a, &r->text);
	if (rc < 0)
		return rc;
	set_check_grammar(&r->f, &r->text, a->path, &set);
	if (set != NULL) {
		set_check_value(&r->f, set, a->is_for_target);
		set_check_itself(&r->f, a->path, set);
	}
	if (set != NULL && findings_are_good(&r->f)) {
		rc = write_set(a, r);
		/* it may be meant for a machine that is not set up yet */
		set_check_files(&r->f, set, LEVEL_NOTE);
		for (unsigned i = 0; i < set->nreplicas; i++)
			set_note_target(&r->f, set, &set->replicas[i]);
		note_create(&r->f, a);
	}
	poolset_free(set);
	return rc;
}

static const struct argp_option options[] = {
	{"size", OPT_SIZE, "SIZE", 0,
		"the size of parts that say none, for example 1G", 0},
	{"part", OPT_PART, "[SIZE:]/PATH", 0,
		"a file or device of the pool; several in their order", 0},
	{"dir", OPT_DIR, "[SIZE:]/PATH", 0,
		"a directory, in which the pool grows up to SIZE", 0},
	{"replica", OPT_REPLICA, "\"TARGET NAME\"", 0,
		"a copy at TARGET, in its pool set file NAME", 0},
	{"local", OPT_LOCAL, NULL, 0,
		"the parts that follow are a copy on this machine", 0},
	{"for-target", 't', NULL, 0, "write the set of a copy, at its target",
		0},
	{"singlehdr", OPT_SINGLEHDR, NULL, 0,
		"OPTION SINGLEHDR: only the first part has a header", 0},
	{"nohdrs", OPT_NOHDRS, NULL, 0,
		"OPTION NOHDRS: a target's set for a raw pool or --map", 0},
	{0}};

int
set_new_cmd(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_change, 0, NULL, 0}, {&options_json, 0, NULL, 0},
		{0}};
	static const struct argp argp = {.options = options,
		.parser = parse_opt,
		.children = children,
		.args_doc = "FILE",
		.doc = "Write the pool set file FILE, and say what is needed "
		       "at "
		       "the targets.\vFor example: rpmem set new /pools/db.set "
		       "--size 1G --part /mnt/pmem/db --replica \"tcp://beta "
		       "db.set\""};
	struct args a = {0};
	struct set_report r = {.command = "new"};
	a.local = open_memstream(&a.local_text.p, &a.local_text.len);
	a.remote = open_memstream(&a.remote_text.p, &a.remote_text.len);
	int rc = a.local == NULL || a.remote == NULL
			 ? err_set(-ENOMEM, "no memory for a pool set")
			 : 0;
	if (rc == 0 && argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	if (rc == 0 && (fclose(a.local) != 0 || fclose(a.remote) != 0))
		rc = err_set(-ENOMEM, "no memory for a pool set");
	r.path = a.path;
	if (rc == 0)
		rc = run(&a, &r);
	settext_free(&a.local_text);
	settext_free(&a.remote_text);
	return set_report_end(&r, argv[0], a.json, rc);
}
