/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_discard.c -- rpmem discard: what a copy has that its pool has not is
 * given up
 *
 * The one thing that overwrites what no program may: so it shows both, says
 * what goes, and wants a word of consent.  It only puts it on record at the
 * target; the bytes are sent by the next program that opens the pool.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "cmd.h"
#include "consent.h"
#include "copy_find.h"
#include "librpmem/inquiry.h"
#include "lineage.h"
#include "links.h"
#include "options.h"
#include "report.h"
#include "setfile.h"

struct args {
	const char *set;
	const char *copy;
	struct change change;
	bool json;
};

/* what became of it */
enum outcome { NEEDLESS, NOT_DONE, DONE, KEPT };

static void
take_word(struct args *a, char *arg, struct argp_state *state)
{
	if (a->set == NULL)
		a->set = arg;
	else if (a->copy == NULL)
		a->copy = arg;
	else
		argp_error(
			state, "too many words: COPY is one, \"TARGET NAME\"");
}

static void
check(const struct args *a, struct argp_state *state)
{
	if (a->copy == NULL)
		argp_error(state, "SET and COPY are needed");
	if (!a->change.force && !a->change.dry_run &&
		(a->json || !consent_can_be_asked()))
		argp_error(state,
			"nobody can be asked here: --force or --dry-run is "
			"needed");
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
	case ARGP_KEY_ARG:
		take_word(a, arg, state);
		return 0;
	case ARGP_KEY_END:
		check(a, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
say_loss(const struct copy_past *c)
{
	if (c->decision.theirs_alone == UINT64_MAX)
		(void)printf("Lost is everything that only this copy has: how "
			     "much that is, nobody knows.\n");
	else
		(void)printf("Lost are the records that only this copy has: "
			     "%" PRIu64 " at most.\n",
			c->decision.theirs_alone);
}

static int
discard(const struct args *a, const struct pasts *p, const struct poolset *set,
	enum outcome *outcome_out)
{
	const struct copy_past *c = &p->copies[0];
	char word[SHELL_WORD_MAX];
	struct pool_attr attr;
	struct inquiry_discard d = {.target = c->target,
		.set_name = c->set_name,
		.primary_uuid = p->primary.uuid,
		.attr = &attr,
		.agreed = &c->reply,
		.pool_size = p->pool.size};
	bool is_needless = c->attaches && !c->is_discarded;
	if (p->nbad_here != 0)
		return err_set(-EPERM,
			"%u of this pool's %u parts are bad here, so the copy "
			"may be all that is left of it: it is not given up. "
			"rpmem check %s tells more; rpmem sync %s rebuilds the "
			"pool from a copy",
			p->nbad_here, p->nparts_here, shell_word(p->set, word),
			word);
	/* its advice is to remove it, or what ends a promotion */
	if (c->nbad != 0 || (c->reply.flags & OOB_LINEAGE_F_PROMOTING) != 0)
		return err_set(-EPERM, "%s", c->advice);
	*outcome_out = is_needless ? NEEDLESS : NOT_DONE;
	if (is_needless || a->change.dry_run)
		return 0;
	int rc = links_in_set(&p->primary.attr, set, c->at, &attr);
	if (rc < 0)
		return rc;
	if (!a->change.force && !consent_is_given("give them up")) {
		*outcome_out = KEPT;
		return 0;
	}
	*outcome_out = DONE;
	return inquiry_discard(&d);
}

static void
report(const struct pasts *p, enum outcome outcome)
{
	static const char *const texts[] = {
		[NEEDLESS] = "Nothing is discarded: an open of the pool brings "
			     "this copy forward as it is.",
		[NOT_DONE] = "Nothing was changed (--dry-run).",
		[KEPT] = "Nothing was changed.",
		[DONE] = "Discarded. The copy can be used for nothing until it "
			 "is made equal: the next open of the pool does that, "
			 "and so does: rpmem sync ",
	};
	char word[SHELL_WORD_MAX];
	(void)printf("%s%s\n", texts[outcome],
		outcome == DONE ? shell_word(p->set, word) : "");
	if (outcome == DONE && p->pool.is_running)
		(void)printf("A program has the pool open, and has refused the "
			     "copy: it does not try it again. Restart it.\n");
}

static json_t *
result_json(const struct pasts *p, enum outcome outcome)
{
	return json_pack("{s:i, s:s, s:b, s:b, s:b, s:o}", "version", 1,
		"poolset", p->set, "discarded", outcome == DONE, "needless",
		outcome == NEEDLESS, "restart",
		outcome == DONE && p->pool.is_running, "before",
		copy_past_json(p, &p->copies[0]));
}

static int
run(const struct args *a, struct pasts *p, enum outcome *outcome_out)
{
	struct poolset *set = NULL;
	unsigned at = 0;
	int rc = status_read_set(a->set, &set);
	if (rc == 0)
		rc = copy_find(set, a->set, a->copy, &at);
	if (rc == 0)
		rc = pasts_read(p, a->set, set, &set->replicas[at]);
	/* an open of the target's, to discard it, makes one */
	if (rc == 0 && copy_past_is_unrecorded(&p->copies[0]))
		p->copies[0].decision.theirs_alone = UINT64_MAX;
	else if (rc == 0 && p->copies[0].asked != 0)
		rc = err_set(p->copies[0].asked, "%s", p->copies[0].why);
	if (rc == 0 && !a->json) {
		pasts_print(p);
		if (!p->copies[0].attaches)
			say_loss(&p->copies[0]);
	}
	if (rc == 0)
		rc = discard(a, p, set, outcome_out);
	if (rc == 0 && a->json)
		rc = json_report(result_json(p, *outcome_out));
	else if (rc == 0)
		report(p, *outcome_out);
	poolset_free(set);
	return rc;
}

int
cmd_discard(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_change, 0, NULL, 0}, {&options_json, 0, NULL, 0},
		{0}};
	static const struct argp argp = {.parser = parse_opt,
		.children = children,
		.args_doc = "SET COPY",
		.doc = "Give up what the copy COPY of the pool set file SET "
		       "has and its pool has not, so that the next open of the "
		       "pool makes it equal.  COPY is \"TARGET NAME\" as in "
		       "its REPLICA line, in one word; TARGET is enough if it "
		       "has no other copy."};
	struct args a = {0};
	struct pasts p = {0};
	enum outcome outcome = NOT_DONE;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	int rc = run(&a, &p, &outcome);
	pasts_free(&p);
	if (rc < 0) {
		report_failed("rpmem discard", a.json);
		return rc == -EBUSY || rc == -ESTALE || rc == -EPERM
			       ? CMD_NEGATIVE
			       : CMD_CANNOT_RUN;
	}
	return outcome == KEPT ? CMD_NEGATIVE : CMD_OK;
}
