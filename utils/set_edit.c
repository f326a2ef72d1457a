/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_edit.c -- rpmem set add-replica, rpmem set remove-replica
 *
 * The text is edited, not written anew: comments, order and blanks of the
 * lines that stay are somebody's.  What comes out is parsed before it is
 * written.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fault.h"
#include "cmd.h"
#include "librpmem/target.h"
#include "options.h"
#include "set_cmd.h"
#include "set_lock.h"
#include "status.h"

struct args {
	const char *words[3]; /* FILE, then TARGET and NAME, or COPY */
	unsigned nwords;
	FILE *parts; /* lines of a local replica */
	struct settext part_lines;
	unsigned nparts;
	bool dry_run;
	bool json;
};

static void
take_word(struct args *a, const char *arg, struct argp_state *state)
{
	if (a->nwords == ARRAY_LEN(a->words))
		argp_error(state, "too many words: '%s'", arg);
	a->words[a->nwords++] = arg;
}

static void
take_part(struct args *a, const char *arg, struct argp_state *state)
{
	struct set_part p;
	set_part_arg(&p, arg, state);
	if (p.size_len == 0)
		argp_error(state, "--part '%s': SIZE:/PATH is needed", arg);
	(void)fprintf(a->parts, "%.*s %s\n", (int)p.size_len, p.size, p.path);
	a->nparts++;
}

static error_t
parse_common(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->json;
		return 0;
	case 'n':
		a->dry_run = true;
		return 0;
	case 'p':
		take_part(a, arg, state);
		return 0;
	case ARGP_KEY_ARG:
		take_word(a, arg, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* "TARGET NAME" in one word is as good as two */
static void
check_add(struct args *a, struct argp_state *state)
{
	bool is_local = a->nparts > 0;
	if (a->nwords == 2 && strpbrk(a->words[1], " \t") != NULL) {
		char *word = (char *)(uintptr_t)a->words[1];
		size_t len = strcspn(word, " \t");
		a->words[2] = word + len + strspn(word + len, " \t");
		word[len] = '\0';
		a->nwords = 3;
	}
	if (a->nwords != (is_local ? 1u : 3u))
		argp_error(state,
			"FILE TARGET NAME is needed, or FILE and --part for "
			"a copy on this machine");
	for (unsigned i = 1; i < a->nwords; i++)
		set_word_arg(i == 1 ? "TARGET" : "NAME", a->words[i], state);
}

static error_t
parse_add(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_END)
		return parse_common(key, arg, state);
	check_add(state->input, state);
	return 0;
}

static error_t
parse_remove(int key, char *arg, struct argp_state *state)
{
	const struct args *a = state->input;
	if (key != ARGP_KEY_END)
		return parse_common(key, arg, state);
	if (a->nwords != 2)
		argp_error(state,
			"FILE and COPY are needed; COPY is one word, \"TARGET "
			"NAME\"");
	return 0;
}

static void
note_open(struct findings *f, const char *path)
{
	findings_add(f, LEVEL_NOTE, "next-open", path,
		"a program that has the pool open has read the file already");
	findings_fix(f, "restart it");
}

/* has the set a pool, and was that made as a ring of headers by libpmemobj? */
static void
note_pool(struct findings *f, const struct args *a, const char *text_path)
{
	struct poolset *set = NULL;
	struct primary primary;
	char word[SHELL_WORD_MAX];
	int rc = status_read_set(a->words[0], &set);
	if (rc == 0)
		rc = status_read_primary(set, &primary);
	poolset_free(set);
	(void)shell_word(text_path, word);
	if (rc == -ENOENT) {
		findings_add(f, LEVEL_NOTE, "next", text_path,
			"there is no pool in it yet: whoever creates it makes "
			"the copy, too");
		findings_fix(f,
			"rpmem run -- pmempool create obj --layout "
			"NAME %s",
			word);
	} else {
		findings_add(f, LEVEL_NOTE, "next", text_path,
			"the copy is not made by this");
		findings_fix(f,
			"rpmem sync %s, while no program has the pool open; or "
			"its next open: rpmem run --make-copies -- PROGRAM; "
			"for "
			"programs on libpmemobj alone: pmempool transform OLD "
			"%s, OLD being the file as it was",
			word, word);
	}
}

static void
note_local(struct findings *f, const char *path)
{
	findings_add(f, LEVEL_NOTE, "next", path,
		"a pool that is there gets no local copy by this");
	findings_fix(f,
		"pmempool transform OLD %s, OLD being the file as it was; a "
		"program on libpmemreplica makes it at its next open",
		path);
}

static int
new_lines(const struct args *a, char **lines_out)
{
	int n = a->nparts > 0
			? asprintf(lines_out, "REPLICA\n%s", a->part_lines.p)
			: asprintf(lines_out, "REPLICA %s %s\n", a->words[1],
				  a->words[2]);
	return n < 0 ? err_set(-ENOMEM, "no memory for a pool set") : 0;
}

/* text and its value; what is wrong with it already is for somebody to see */
static int
read_set(const char *path, struct settext *text, struct poolset **set_out)
{
	int rc = setfile_read(path, text);
	if (rc == 0)
		rc = poolset_parse(text->p, text->len, path, set_out);
	return rc;
}

static int
write_set(const struct args *a, const struct settext *was, struct set_report *r)
{
	if (a->dry_run)
		return 0;
	if (FAULT("set/stop-editing"))
		(void)raise(SIGSTOP);
	int rc = setfile_edit(a->words[0], &r->text, was);
	r->is_written = rc == 0;
	return rc;
}

static int
add(const struct args *a, struct set_report *r)
{
	struct settext text = {.p = NULL};
	CLEANUP(freep) char *lines = NULL;
	struct poolset *set = NULL;
	int rc = read_set(a->words[0], &text, &set);
	poolset_free(set);
	set = NULL;
	if (rc == 0)
		rc = new_lines(a, &lines);
	if (rc == 0)
		rc = settext_add(&text, lines, &r->text);
	if (rc == 0)
		set_check_grammar(&r->f, &r->text, a->words[0], &set);
	if (set != NULL) {
		set_check_value(&r->f, set, false);
		set_check_itself(&r->f, a->words[0], set);
	}
	if (set != NULL && findings_are_good(&r->f))
		rc = write_set(a, &text, r);
	/* none of these has a message of its own to leave behind an error */
	if (rc == 0 && set != NULL && findings_are_good(&r->f)) {
		set_check_files(&r->f, set, LEVEL_NOTE);
		set_note_target(&r->f, set, &set->replicas[set->nreplicas - 1]);
		if (a->nparts > 0)
			note_local(&r->f, a->words[0]);
		else
			note_pool(&r->f, a, a->words[0]);
		note_open(&r->f, a->words[0]);
	}
	poolset_free(set);
	settext_free(&text);
	return rc;
}

/* "TARGET NAME", "TARGET", or for a local copy the path of a part */
static bool
is_called(const struct poolset_replica *r, const char *copy)
{
	size_t len = strcspn(copy, " \t");
	const char *name = copy + len + strspn(copy + len, " \t");
	for (unsigned i = 0; i < r->nparts; i++)
		if (strcmp(r->parts[i].path, copy) == 0)
			return true;
	return poolset_replica_is_remote(r) && strlen(r->node) == len &&
	       memcmp(r->node, copy, len) == 0 &&
	       (name[0] == '\0' || strcmp(name, r->desc) == 0);
}

static int
find(const struct args *a, const struct poolset *set, unsigned *at_out)
{
	unsigned n = 0;
	for (unsigned i = 0; i < set->nreplicas; i++)
		if (is_called(&set->replicas[i], a->words[1])) {
			*at_out = i;
			n++;
		}
	if (n == 0)
		return err_set(-ENOENT,
			"pool set '%s' has no copy '%s': \"TARGET NAME\" as in "
			"its REPLICA line, or the path of a local copy's part",
			a->words[0], a->words[1]);
	if (n > 1)
		return err_set(-EINVAL,
			"pool set '%s' has several copies '%s': say which one, "
			"\"TARGET NAME\"",
			a->words[0], a->words[1]);
	if (*at_out == 0)
		return err_set(-EPERM,
			"'%s' is the primary of pool set '%s', not a copy; to "
			"make a copy the primary, see rpmem-promote(1)",
			a->words[1], a->words[0]);
	return 0;
}

static void
note_removed(struct findings *f, const struct poolset_replica *r)
{
	struct target t;
	char who[ERR_MAX];
	char word[SHELL_WORD_MAX];
	if (!poolset_replica_is_remote(r)) {
		findings_add(f, LEVEL_NOTE, "left", r->parts[0].path,
			"the parts of the copy are left as they are, and the "
			"headers of a pool of libpmemobj still name it");
		findings_fix(f, "give libpmemobj's pools to pmempool transform "
				"OLD NEW in place of this");
		return;
	}
	(void)snprintf(who, sizeof(who), "%s %s", r->node, r->desc);
	findings_add(f, LEVEL_NOTE, "left", who,
		"what there is of it at its target stays, as it is: nothing "
		"was asked there");
	findings_fix(f,
		"if a copy is there, and nobody needs it, at %s: rpmemd "
		"--poolset-dir DIR --remove %s",
		target_parse(r->node, &t) == 0 ? t.node : r->node,
		shell_word(r->desc, word));
	findings_add(f, LEVEL_NOTE, "unasked", who,
		"an open of the pool does not ask or wait for it any more: it "
		"would not see that the copy was promoted");
	findings_fix(f, "promote nothing of it: remove it there, or add it "
			"again");
	findings_add(f, LEVEL_NOTE, "ring", who,
		"the headers of a pool that was made without rpmem run still "
		"name the copy");
	findings_fix(f, "for such a pool, in place of this: pmempool "
			"transform OLD NEW");
}

static int
remove_replica(const struct args *a, struct set_report *r)
{
	struct settext text = {.p = NULL};
	struct poolset *set = NULL;
	struct poolset *left = NULL;
	unsigned at = 0;
	int rc = read_set(a->words[0], &text, &set);
	if (rc == 0)
		rc = find(a, set, &at);
	if (rc == 0)
		rc = settext_remove(&text, &set->replicas[at], &r->text);
	if (rc == 0)
		rc = poolset_parse(r->text.p, r->text.len, a->words[0], &left);
	if (rc == 0)
		rc = write_set(a, &text, r);
	if (rc == 0) {
		note_removed(&r->f, &set->replicas[at]);
		note_open(&r->f, a->words[0]);
	}
	poolset_free(left);
	poolset_free(set);
	settext_free(&text);
	return rc;
}

/* one at a time, and not under a rpmem sync or rpmem rm that has read it */
static int
edit(const struct args *a, struct set_report *r,
	int (*how)(const struct args *a, struct set_report *r))
{
	int lock = -1;
	int rc = a->dry_run ? 0 : set_lock(a->words[0], &lock);
	if (rc == 0)
		rc = how(a, r);
	closep(&lock);
	return rc;
}

#define OPTION_DRY_RUN                                                         \
	{                                                                      \
		"dry-run", 'n', NULL, 0,                                       \
			"show what would be done, and change nothing", 0       \
	}

static const struct argp_child children[] = {{&options_json, 0, NULL, 0}, {0}};

static const struct argp_option add_options[] = {
	{"part", 'p', "SIZE:/PATH", 0,
		"a part of a copy on this machine; several in their order", 0},
	OPTION_DRY_RUN, {0}};

static const struct argp_option remove_options[] = {OPTION_DRY_RUN, {0}};

int
set_add_cmd(int argc, char **argv)
{
	static const struct argp argp = {.options = add_options,
		.parser = parse_add,
		.children = children,
		.args_doc = "FILE TARGET NAME\nFILE --part SIZE:/PATH...",
		.doc = "Add a copy to the pool set file FILE: at TARGET, in "
		       "its pool set file NAME, or on this machine.  All other "
		       "lines stay as they are.\vFor example: rpmem set "
		       "add-replica /pools/db.set tcp://beta db.set"};
	struct args a = {0};
	struct set_report r = {.command = "add-replica"};
	a.parts = open_memstream(&a.part_lines.p, &a.part_lines.len);
	int rc = a.parts == NULL ? err_set(-ENOMEM, "no memory for parts") : 0;
	if (rc == 0 && argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	if (rc == 0 && fclose(a.parts) != 0)
		rc = err_set(-ENOMEM, "no memory for parts");
	r.path = a.words[0];
	if (rc == 0)
		rc = edit(&a, &r, add);
	settext_free(&a.part_lines);
	return set_report_end(&r, argv[0], a.json, rc);
}

int
set_remove_cmd(int argc, char **argv)
{
	static const struct argp argp = {.options = remove_options,
		.parser = parse_remove,
		.children = children,
		.args_doc = "FILE COPY",
		.doc = "Take the copy COPY out of the pool set file FILE.  "
		       "COPY is \"TARGET NAME\" as in its REPLICA line, in one "
		       "word; TARGET is enough if the set has one copy there; "
		       "a copy on this machine is called by the path of one "
		       "of its parts.  The copy itself, and all other lines, "
		       "stay as they are."};
	struct args a = {0};
	struct set_report r = {.command = "remove-replica"};
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	r.path = a.words[0];
	int rc = edit(&a, &r, remove_replica);
	return set_report_end(&r, argv[0], a.json, rc);
}
