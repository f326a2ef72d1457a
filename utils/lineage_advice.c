/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage_advice.c -- what an open does with a copy, and what goes on (pure)
 *
 * Each refusal has two ways out, since only the operator knows which of the
 * two is the right one: give up what the copy has, or what this pool has.
 */
#include "lineage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "setfile.h"

/* as a shell wants them */
struct words {
	char set[SHELL_WORD_MAX];
	char copy[SHELL_WORD_MAX];
};

static struct words
words_of(const struct pasts *p, const struct copy_past *c)
{
	struct words w;
	char title[TARGET_TEXT_MAX + OOB_DESC_MAX];
	(void)snprintf(title, sizeof(title), "%s %s", c->target, c->set_name);
	(void)shell_word(p->set, w.set);
	(void)shell_word(title, w.copy);
	return w;
}

/* a sentence, and both ways out */
static void
two_ways(const struct pasts *p, const struct copy_past *c, const char *what,
	char out[ADVICE_MAX])
{
	char there[ADVICE_MAX / 2] = "open the pool there";
	char name[SHELL_WORD_MAX];
	struct words w = words_of(p, c);
	if ((c->reply.flags & OOB_COPY_F_PROMOTED) == 0 && c->asked == 0)
		(void)snprintf(there, sizeof(there),
			"rpmem promote --poolset-dir DIR %.700s, at its "
			"target, and open the pool there",
			shell_word(c->set_name, name));
	(void)snprintf(out, ADVICE_MAX,
		"%s. If this pool is the right one: rpmem discard %.600s "
		"%.800s. If the copy is: %s",
		what, w.set, w.copy, there);
}

static void
without_answer(
	const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX])
{
	static const char *const texts[] = {
		[WITHOUT_FAILS] =
			"An open fails until the target answers: nothing is "
			"known of the copy on this machine",
		[WITHOUT_WAITS] =
			"It followed the pool when that was last open, so it "
			"may have been promoted since: an open waits for it "
			"(RPMEM_OPEN_WAIT), and fails then. Bring its target "
			"back; if it was not promoted, RPMEM_OPEN_ALONE=1 "
			"opens the pool without it",
		[WITHOUT_GOES_ON] =
			"An open goes on without it, since it did not follow "
			"any more: it is caught up when it is back",
	};
	struct words w = words_of(p, c);
	if (c->asked == -ENOENT)
		(void)snprintf(out, ADVICE_MAX,
			"There is no such copy, or no record of it: rpmem sync "
			"%.600s makes it, or rpmem run --make-copies when the "
			"pool is opened",
			w.set);
	else
		(void)snprintf(out, ADVICE_MAX,
			"%s. Why it does not answer: rpmem doctor %.800s",
			texts[c->without], shell_word(c->target, w.copy));
}

static void
record_unfit(
	const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX])
{
	struct words w = words_of(p, c);
	if ((c->reply.flags & OOB_COPY_F_LENT) != 0)
		(void)snprintf(out, ADVICE_MAX,
			"A rebuild of this pool from it was cut short: it is "
			"attached only if every byte is equal. If this pool is "
			"that already: rpmem sync %.400s finishes it. If it is "
			"no good: rpmem sync --from %.512s %.400s "
			"makes it again. If it is good, and the copy is not: "
			"rpmem discard %.400s %.512s",
			w.set, w.copy, w.set, w.set, w.copy);
	else
		two_ways(p, c,
			"Its record is of another primary: an open is refused",
			out);
}

/* whose record says that it was promoted cannot be asked to forget that */
void
copy_past_promoting(const struct copy_past *c, char out[ADVICE_MAX])
{
	char name[SHELL_WORD_MAX];
	const char *word = shell_word(c->set_name, name);
	int n = snprintf(out, ADVICE_MAX,
		"At its target, rpmem promote --poolset-dir DIR %.700s "
		"finishes it (DIR is the --poolset-dir of rpmemd there)",
		word);
	if ((c->reply.flags & OOB_COPY_F_PROMOTED) == 0 && n > 0)
		(void)snprintf(out + n, ADVICE_MAX - (size_t)n,
			"; if it was not meant: rpmem promote --undo "
			"--poolset-dir DIR %.700s, there, takes it back",
			word);
}

static void
promoting(const struct copy_past *c, char out[ADVICE_MAX])
{
	char how[ADVICE_MAX];
	copy_past_promoting(c, how);
	(void)snprintf(out, ADVICE_MAX,
		"It is being promoted, and that was cut short or goes on: an "
		"open is refused. %.2000s",
		how);
}

static void
refused(const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX])
{
	static const char *const texts[LINEAGE_RELATION_END] = {
		[LINEAGE_DESCENDANT] =
			"It has gone on from where this pool stands: what is "
			"known here is older (a backup?). An open does not "
			"touch it",
		[LINEAGE_FORKED] = "Both have gone on, apart from each other, "
				   "from a point that they have in common. An "
				   "open does not touch it",
		[LINEAGE_UNRELATED] =
			"They have no generation in common. An open does not "
			"touch it",
		[LINEAGE_UNKNOWN] =
			"They have no generation in common any more: older "
			"ones were forgotten. An open does not touch it",
	};
	const char *text = texts[c->decision.relation];
	if ((c->reply.flags & OOB_COPY_F_PROMOTED) != 0 && text == NULL)
		text = "It was promoted, and is a primary of its own: an open "
		       "is refused";
	two_ways(p, c, text != NULL ? text : "An open does not touch it", out);
}

/* the copy is given up, and made anew */
static void
anew(const struct pasts *p, const struct copy_past *c, const char *what,
	char out[ADVICE_MAX])
{
	struct words w = words_of(p, c);
	(void)snprintf(out, ADVICE_MAX,
		"%.500s. If this pool is good, give the copy up and make it "
		"anew: rpmem rm --force %.600s %.800s, then rpmem sync %.600s",
		what, w.set, w.copy, w.set);
}

bool
copy_past_is_unrecorded(const struct copy_past *c)
{
	return c->is_reached && c->asked == -ENOENT && c->nparts != 0 &&
	       c->nmissing < c->nparts && c->nbad == 0;
}

static void
unrecorded(
	const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX])
{
	two_ways(p, c,
		"What is there has no record: it is a pool of its own (the "
		"former primary?), or a copy whose record was lost, which an "
		"open attaches only if every byte is equal; rpmem check tells "
		"which",
		out);
}

/* Parts that are not there or damaged, here or there, and a record that cannot
 * be read: no open gets any further.  False: it is none of that. */
static bool
not_whole(
	const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX])
{
	char what[400];
	struct words w = words_of(p, c);
	bool is_gone = c->nparts != 0 && c->nmissing == c->nparts;
	if (c->nbad != 0 && is_gone && c->asked == 0)
		anew(p, c,
			"Its parts are gone, and its record is there: an open "
			"fails. If their file system is not mounted at the "
			"target, mount it",
			out);
	else if (c->nbad != 0 && !is_gone) {
		(void)snprintf(what, sizeof(what),
			"%u of its %u parts are bad there: an open fails; "
			"rpmem check tells which",
			c->nbad, c->nparts);
		anew(p, c, what, out);
	} else if (copy_past_is_unrecorded(c)) {
		unrecorded(p, c, out);
	} else if (c->is_reached && c->asked != 0 && c->asked != -ENOENT)
		anew(p, c,
			"Its target has no record of it that can be read: an "
			"open attaches it only if every byte is equal",
			out);
	else if (p->nbad_here != 0)
		(void)snprintf(out, ADVICE_MAX,
			"%u of this pool's %u parts are bad here, so an open "
			"fails, and what the copy is to it is not known: rpmem "
			"check %.600s tells which; rpmem sync %.600s rebuilds "
			"the pool",
			p->nbad_here, p->nparts_here, w.set, w.set);
	else
		return false;
	return true;
}

/* it may follow, and has everything or not */
static void
brought_forward(
	const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX])
{
	struct words w = words_of(p, c);
	if (c->standing.is_good)
		(void)snprintf(out, ADVICE_MAX,
			p->pool.is_running
				? "It follows the pool, and has everything"
				: "It has everything, and the next open takes "
				  "it as it is");
	else if (p->pool.is_running)
		(void)snprintf(out, ADVICE_MAX,
			"It may follow, and does not have everything yet: "
			"rpmem status %.600s tells how far it is",
			w.set);
	else
		(void)snprintf(out, ADVICE_MAX,
			"It may not have everything: the next open makes it "
			"equal, and so does rpmem sync %.600s",
			w.set);
}

void
copy_past_twin(
	const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX])
{
	struct words w = words_of(p, c);
	(void)snprintf(out, ADVICE_MAX,
		"If both names mean one copy, take one of them out of the set "
		"(rpmem set remove-replica). Else, if nobody needs what this "
		"one has, rpmem sync %.600s --discard %.700s makes it a copy "
		"of its own",
		w.set, w.copy);
}

void
copy_past_advise(
	const struct pasts *p, const struct copy_past *c, char out[ADVICE_MAX])
{
	if (not_whole(p, c, out))
		return;
	if (c->asked != 0) {
		without_answer(p, c, out);
		return;
	}
	if ((c->reply.flags & OOB_LINEAGE_F_PROMOTING) != 0) {
		promoting(c, out);
		return;
	}
	if (c->twin != NULL) {
		copy_past_twin(p, c, out);
		return;
	}
	switch (c->decision.verdict) {
	case LINEAGE_ATTACH:
		if (c->attaches)
			brought_forward(p, c, out);
		else
			record_unfit(p, c, out);
		break;
	case LINEAGE_IF_EQUAL:
		two_ways(p, c,
			"Nothing is on record that says which of the two is "
			"newer: it is attached only if every byte is equal",
			out);
		break;
	case LINEAGE_FENCED:
		two_ways(p, c,
			"It was promoted from the generation that this pool "
			"is in: this pool is fenced, and an open is refused",
			out);
		break;
	case LINEAGE_REFUSE:
		refused(p, c, out);
		break;
	}
}
