/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * check_record.c -- what is wrong with what is known of a copy: at its target,
 * in its lineage, and on this machine (pure)
 */
#include "check_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- what is on record ---- */

static const struct {
	uint32_t flag;
	const char *code;
	bool is_passing; /* while a program runs it is only a step */
	const char *what;
} states[] = {
	{OOB_COPY_F_CREATING, "unfinished", true,
		"it was never completed: its create was cut short, or the "
		"program that made it was not closed in order"},
	{OOB_COPY_F_EQUALISING, "being-made-equal", true,
		"it was being made equal to the pool, and is no point of it"},
	{OOB_COPY_F_CHANGED, "changed", false,
		"its parts were written to by something else than rpmemd since "
		"its last session ended (restored from a backup?): nobody "
		"knows what it holds"},
	{OOB_COPY_F_SUSPECT, "suspect", false,
		"the target's machine went down while it was in use: pages of "
		"it may be missing"},
	{OOB_COPY_F_UNWRITTEN, "unwritten", false,
		"the target's disk refused to write some of it"},
	{OOB_COPY_F_UNKNOWN, "unknown", false,
		"its record or its lineage was lost: what it holds is not "
		"known"},
};

/* a level of what passes by itself while a program runs */
static enum level
level_of(const struct judging *j, bool is_passing)
{
	return is_passing && set_look_is_running(j->l) ? LEVEL_NOTE
						       : LEVEL_PROBLEM;
}

static void
check_flags(const struct judging *j, uint32_t flags)
{
	const struct inquiry_copy *t = &j->r->told;
	/* that it is suspect follows from it; and a part that is not good was
	 * changed, which is said already */
	if ((flags & OOB_COPY_F_CHANGED) != 0)
		flags &= ~OOB_COPY_F_SUSPECT;
	if (t->looked == 0 && t->look.nbad != 0)
		flags &= ~OOB_COPY_F_CHANGED;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		if ((flags & states[i].flag) == 0)
			continue;
		enum level level = level_of(j, states[i].is_passing);
		findings_add(j->f, level, states[i].code, j->who, "%s",
			states[i].what);
		if (level == LEVEL_NOTE)
			findings_fix(j->f, "A program has the pool open, and "
					   "makes it equal");
		else
			findings_fix(j->f,
				"Make it equal to the pool: rpmem "
				"sync %s",
				j->l->word);
	}
	bool is_closed = (flags & (OOB_COPY_F_CLEAN | OOB_COPY_F_CREATING |
					  OOB_COPY_F_EQUALISING)) != 0 ||
			 (t->lineage.flags & OOB_COPY_F_CHANGED) != 0;
	if (is_closed || set_look_is_running(j->l))
		return;
	findings_add(j->f, LEVEL_PROBLEM, "interrupted", j->who,
		"its last session did not end in order: it may not have "
		"everything");
	findings_fix(j->f,
		"Make it equal to the pool: rpmem sync %s; the next open of "
		"the pool does that, too",
		j->l->word);
}

/* the code of what an open refuses */
static const char *
refusal_code(const struct judging *j)
{
	const struct copy_past *c = j->r->past;
	if ((c->reply.flags & OOB_LINEAGE_F_PROMOTING) != 0)
		return "being-promoted";
	if (c->twin != NULL)
		return "twin";
	if (remote_whose(j->l, j->r) == WHOSE_ANOTHER)
		return "other-primary";
	if ((c->reply.flags & OOB_COPY_F_LENT) != 0)
		return "lent";
	switch (c->decision.verdict) {
	case LINEAGE_FENCED:
		return "fenced";
	case LINEAGE_IF_EQUAL:
		return "if-equal";
	case LINEAGE_ATTACH:
	case LINEAGE_REFUSE:
		break;
	}
	if ((c->reply.flags & OOB_COPY_F_PROMOTED) != 0)
		return "promoted";
	return "forked";
}

static const char *
refusal_text(const char *code)
{
	static const struct {
		const char *code;
		const char *text;
	} texts[] = {
		{"being-promoted",
			"it is being promoted, and that was cut short or goes "
			"on: an open of this pool is refused"},
		{"twin", "it has the id of another copy of the set: it is that "
			 "one by another name, or the files of one were copied "
			 "from the other's; an open of this pool is refused"},
		{"lent", "a rebuild of a pool from it was cut short: an open "
			 "attaches it only if every byte is equal"},
		{"fenced", "it was promoted from the generation that this pool "
			   "is in: this pool is fenced, and an open of it is "
			   "refused"},
		{"if-equal", "nothing is on record that says which of the two "
			     "is newer: an open attaches it only if every byte "
			     "is equal"},
		{"promoted", "it was promoted, and is a primary of its own: an "
			     "open of this pool is refused"},
		{"forked", "its lineage is not the pool's: an open does not "
			   "touch it"},
		{"other-primary", "its record is of another primary: an open "
				  "of this pool is refused"},
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].code, code) == 0)
			return texts[i].text;
	return "";
}

/* the advice behind what it says of the state, which is said already */
static const char *
ways_out(const char *advice)
{
	const char *ways = strstr(advice, "If this pool");
	return ways != NULL ? ways : advice;
}

/* The pool is lost here, or not whole: what its files say of the past does not
 * count.  That the copy is a pool of its own does. */
static void
check_promoted(const struct judging *j)
{
	if ((j->r->told.lineage.flags & OOB_COPY_F_PROMOTED) == 0)
		return;
	findings_add(j->f, LEVEL_PROBLEM, "promoted", j->who,
		"it was promoted, and is a primary of its own: this pool is "
		"not rebuilt from it");
	findings_fix(j->f,
		"Go on with the pool at that target. To keep a copy of it on "
		"this machine: move the parts here out of the way, run rpmemd "
		"here, and name it in the set file there (rpmem set "
		"add-replica), then there: rpmem sync");
}

static void
tell_promoting(const struct judging *j, const struct copy_past *c)
{
	char how[ADVICE_MAX];
	copy_past_promoting(c, how);
	findings_fix(j->f, "%s", how);
}

static void
check_past(const struct judging *j)
{
	const struct copy_past *c = j->r->past;
	if (c == NULL || !set_look_is_whole(j->l)) {
		check_promoted(j);
		return;
	}
	if (c->attaches) {
		findings_add(j->f, LEVEL_OK, "lineage", j->who,
			"it is %s as the pool's lineage has it, and may follow",
			lineage_relation_name(c->decision.relation));
		return;
	}
	/* its parts, which are said already, keep an open from it */
	if (c->nbad != 0 && c->decision.verdict == LINEAGE_ATTACH &&
		remote_whose(j->l, j->r) == WHOSE_THIS &&
		(c->reply.flags & OOB_COPY_F_LENT) == 0)
		return;
	const char *code = refusal_code(j);
	findings_add(j->f, LEVEL_PROBLEM, code, j->who, "%s (its lineage: %s)",
		refusal_text(code),
		lineage_relation_name(c->decision.relation));
	if (strcmp(code, "other-primary") == 0)
		findings_fix(j->f,
			"If the other primary is the right one, take the copy "
			"out of this set: rpmem set remove-replica. If this "
			"pool is: rpmem discard %s %s; what the other one "
			"has given it is lost then",
			j->l->word, j->word);
	else if (strcmp(code, "being-promoted") == 0)
		tell_promoting(j, c);
	else
		findings_fix(j->f, "%s", ways_out(c->advice));
}

/* the header is of this pool: check_identity */
static void
no_record(const struct judging *j)
{
	findings_add(j->f, LEVEL_PROBLEM, "no-record", j->who,
		"what is there is of this pool, and has no record beside its "
		"set file: it is a pool of its own (the former primary?), or a "
		"copy whose record was lost, which an open attaches only if "
		"every byte is equal");
	findings_fix(j->f,
		"rpmem sync %s takes it for a copy if every byte is equal. If "
		"not, and this pool is the right one, make it a copy: rpmem "
		"discard %s %s, then rpmem sync %s; what only that one has is "
		"lost then",
		j->l->word, j->l->word, j->word, j->l->word);
}

void
check_record(const struct judging *j)
{
	const struct copy_past *c = j->r->past;
	const struct inquiry_copy *t = &j->r->told;
	if (t->told == 0) {
		check_flags(j, t->lineage.flags);
		check_past(j);
		return;
	}
	if (c != NULL && copy_past_is_unrecorded(c) && j->l->knows_primary) {
		no_record(j);
		return;
	}
	findings_add(j->f, LEVEL_PROBLEM,
		t->told == -ENOENT ? "no-record" : "record", j->who, "%s: %s",
		t->told == -ENOENT
			? "there is no record of it beside its set file"
		: t->told == -EUCLEAN ? "its record is damaged"
				      : "its record cannot be read",
		t->told_why);
	findings_fix(j->f,
		"An open attaches it only if every byte is equal. If this pool "
		"is good, remove the copy and make it anew: rpmem rm --force "
		"%s %s, then rpmem sync %s",
		j->l->word, j->word, j->l->word);
}

/* ---- what this machine remembers ---- */

/* one that is to be made is not remembered either */
static bool
has_copy(const struct remote_look *r)
{
	return r->asked != 0 || r->told.told == 0;
}

void
check_memory(const struct judging *j)
{
	const struct memory *m = &j->r->memory;
	const char *word = m->standing.word;
	if (j->r->past == NULL || !set_look_is_whole(j->l))
		return;
	if (m->error == -ENOENT && !has_copy(j->r))
		return;
	if (m->error < 0) {
		findings_add(j->f, LEVEL_PROBLEM, "state-file", j->who, "%s",
			m->error == -ENOENT
				? "no program of this user has had it open on "
				  "this machine, with this RPMEM_STATE_DIR"
				: m->why);
		findings_fix(j->f,
			"Compare all of the copy, which makes the file anew: "
			"rpmem sync %s; the next open does that, too",
			j->l->word);
		return;
	}
	if (m->standing.is_good) {
		findings_add(j->f, LEVEL_OK, "state", j->who, "%s", word);
		return;
	}
	findings_add(j->f, LEVEL_PROBLEM,
		m->is_running ? "not-attached" : "behind", j->who,
		m->standing.knows_missing
			? "it does not have everything: %s, %" PRIu64
			  " bytes at most are missing"
			: "it may not have everything: %s",
		word, m->standing.missing);
	findings_fix(j->f,
		m->is_running
			? "rpmem status %s tells more; it catches up by itself "
			  "once its target is back"
			: "Bring it up to date: rpmem sync %s",
		j->l->word);
}
