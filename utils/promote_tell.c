/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote_tell.c -- what rpmem promote has done, in words and as JSON
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "librpmem/statedir.h"
#include "promote.h"
#include "report.h"
#include "setfile.h"

static bool
is_dry(const struct promote_cmd *a)
{
	return (a->what.flags & PROMOTE_F_DRY_RUN) != 0;
}

/* ---- for people ---- */

static void
tell_session(const struct promote_cmd *a, const struct promote_result *r)
{
	if (r->ended != 0)
		(void)printf("the session that had it (rpmemd process %llu) %s"
			     "\n",
			(unsigned long long)r->ended,
			is_dry(a) ? "would be ended" : "was ended");
}

static void
tell_old(const struct promote_cmd *a, const struct promote_result *r)
{
	const char *name = a->what.name;
	const char *would = is_dry(a) ? "would be" : "is";
	if (r->is_back)
		(void)printf(
			"'%s.rpmem-old' %s '%s' again\n", name, would, name);
	if (r->is_back && r->is_aside)
		(void)printf("what was '%s' %s '%s.rpmem-old': drop it with "
			     "rpmemd --remove '%s.rpmem-old' --pool-set\n",
			name, would, name, name);
}

/* what a program lost that was being caught up with: its owner wants to know
 * which point this is */
static void
tell_point(const struct promote_cmd *a, const struct promote_result *r)
{
	if (r->journal == REDO_DROPPED)
		(void)printf("catching it up with its primary was cut short: "
			     "it stands where it was before, at record %llu\n",
			(unsigned long long)r->seq);
	else if (r->journal == REDO_DONE)
		(void)printf("what it had caught up %s applied: it stands at "
			     "record %llu\n",
			is_dry(a) ? "is to be" : "was",
			(unsigned long long)r->seq);
	else if (r->journal == REDO_DAMAGED)
		(void)printf("what it had caught up cannot be read whole: it "
			     "may be half of two points\n");
}

/* who decides whether this is the copy wants to know how it was left */
static void
foretell(const struct promote_result *r)
{
	const struct lineage_entry *last = lineage_last(&r->lineage);
	if (r->was_done || r->ended != 0)
		return;
	(void)printf("its last record: %llu; its last session %s\n",
		(unsigned long long)r->seq,
		r->was_closed ? "was closed in order"
			      : "did not end in order: its program may be cut "
				"off, and alive");
	/* the pool, this one, and others */
	if (last != NULL && last->nmembers > 2)
		(void)printf("there are other copies, which may be newer: "
			     "--need K --other \"TARGET NAME\" asks them\n");
}

static void
tell_next(const struct promote_cmd *a, const struct promote_result *r)
{
	char dir[STATEDIR_PATH_MAX];
	char words[2][SHELL_WORD_MAX];
	(void)printf("open it with the pool set file %s\n", a->set);
	if (statedir_path(dir) == 0 && (a->is_written || !r->was_done))
		(void)printf("its lineage is in %s, for programs that have "
			     "this RPMEM_STATE_DIR; for others, run this once "
			     "more with --state-dir\n",
			dir);
	else
		(void)printf("nothing was written for the programs that will "
			     "open it: it is in use, or has a lineage in "
			     "their state directory\n");
	if (r->was_done)
		return;
	(void)printf("it has no copy now; to give it one, in a set file "
		     "outside %s:\n"
		     "  cp %s FILE; rpmem set add-replica FILE TARGET NAME; "
		     "rpmem sync FILE\n",
		shell_word(a->what.dir, words[0]),
		shell_word(a->set, words[1]));
}

static void
tell_undo(const struct promote_cmd *a, const struct promote_result *r)
{
	if (!r->was_undone)
		(void)printf("'%s' is not being promoted: there is nothing to "
			     "take back\n",
			a->what.name);
	else
		(void)printf("'%s' %s a copy again: the next open of its pool "
			     "goes by what is on record, as before\n",
			a->what.name, is_dry(a) ? "would be" : "is");
}

void
promote_tell(const struct promote_cmd *a, const struct promote_result *r)
{
	char size[64] = "";
	char past[256];
	if (a->is_undo) {
		tell_undo(a, r);
		return;
	}
	tell_session(a, r);
	tell_old(a, r);
	tell_point(a, r);
	if (r->size != 0)
		(void)snprintf(size, sizeof(size), " (%llu bytes)",
			(unsigned long long)r->size);
	if (r->was_done)
		(void)printf("'%s' was promoted already\n", a->what.name);
	else if (is_dry(a))
		(void)printf("'%s'%s would be promoted\n", a->what.name, size);
	else
		(void)printf("promoted '%s'%s: it is a pool of its own now\n",
			a->what.name, size);
	lineage_describe(&r->lineage, past, sizeof(past));
	if (r->lineage.n != 0)
		(void)printf("its generation: %s\n", past);
	if (is_dry(a))
		foretell(r);
	else if (r->is_raw)
		(void)printf(
			"its bytes are those of the parts in %s\n", a->set);
	else
		tell_next(a, r);
}

/* ---- for programs ---- */

static const char *
journal_name(enum redo_result result)
{
	static const char *const names[] = {[REDO_NONE] = "none",
		[REDO_DROPPED] = "dropped",
		[REDO_DONE] = "applied",
		[REDO_DAMAGED] = "damaged"};
	return names[result];
}

/* 32 hex digits; "": there is no lineage */
static void
generation(const struct lineage *l, char text[2 * UUID16_LEN + 1])
{
	const struct lineage_entry *last = lineage_last(l);
	text[0] = '\0';
	for (unsigned i = 0; last != NULL && i < UUID16_LEN; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", last->generation[i]);
}

static json_t *
pack(const struct promote_cmd *a, const struct promote_result *r,
	const char *error)
{
	char name[2 * UUID16_LEN + 1];
	char past[256];
	generation(&r->lineage, name);
	lineage_describe(&r->lineage, past, sizeof(past));
	bool is_done =
		error == NULL && !a->is_undo && (r->was_done || !is_dry(a));
	return json_pack("{s:i, s:s, s:s, s:I, s:b, s:b, s:b, s:b, s:s, s:I, "
			 "s:I, s:b, s:b, s:b, s:b, s:b, s:s, s:s, s:s?}",
		"version", 1, "name", a->what.name, "poolset", a->set, "size",
		(json_int_t)r->size, "raw", r->is_raw, "promoted", is_done,
		"already", r->was_done, "dry_run", is_dry(a), "journal",
		journal_name(r->journal), "seq", (json_int_t)r->seq,
		"ended_pid", (json_int_t)r->ended, "old", r->is_back,
		"set_aside", r->is_aside, "undone",
		error == NULL && r->was_undone && !is_dry(a), "closed",
		r->was_closed, "handed_over", a->is_written, "generation", name,
		"lineage", past, "error", error);
}

int
promote_tell_json(const struct promote_cmd *a, const struct promote_result *r,
	const char *error)
{
	if (json_report(pack(a, r, error)) == 0)
		return CMD_OK;
	report_failed("rpmem promote", true);
	return CMD_CANNOT_RUN;
}
