/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify_tell.c -- the result, for people and for programs
 */
#include <inttypes.h>
#include <stdio.h>

#include "verify.h"

#define BLOCK 4096u

static const char *
blocks(uint64_t n)
{
	return n == 1 ? "block" : "blocks";
}

static void
say_different(struct verified *v, const struct verify_args *a, bool was_sent)
{
	static const char *const why[] = {
		[VERIFY_NOT] = "",
		[VERIFY_BY_TOOL] =
			("this may be harmless: programs leave bytes that they "
			 "have stored and never flushed, a few blocks in each "
			 "run of libpmemobj, which nothing relies on; or the "
			 "copy has missed something. Which of the two it is "
			 "cannot be told while no program runs"),
		[VERIFY_BY_PROGRAM] =
			("the program has stored there and not flushed, which "
			 "is harmless, or the copy has missed that"),
	};
	char who[SHELL_WORD_MAX];
	findings_add(&v->findings, LEVEL_PROBLEM, "different", v->who,
		"%" PRIu64 " %s of 4 KiB %s from the pool; %s", v->different,
		blocks(v->different), v->different == 1 ? "differs" : "differ",
		was_sent ? "sent again, that is still so: the target's memory "
			   "is not what it was given"
			 : why[v->how]);
	if (was_sent)
		findings_fix(&v->findings,
			"look at the memory and the disk of the target's "
			"machine; then remove the copy (rpmem rm) and make it "
			"anew (rpmem sync %s)",
			a->word);
	else if (v->how == VERIFY_BY_PROGRAM)
		findings_fix(&v->findings,
			"rpmem verify --repair %s makes the copy what the pool "
			"is, in both cases",
			a->word);
	else
		findings_fix(&v->findings,
			"rpmem verify --repair %s makes the copy what the pool "
			"is, in both cases, and rpmem verify ends with 0 until "
			"a program has run again. If the copy is the "
			"right one, since the pool "
			"was restored or its disk has failed: rpmem sync %s "
			"--from %s",
			a->word, a->word, shell_word(v->who, who));
}

static void
say_settled(struct verified *v)
{
	bool is_one = v->settled == 1;
	findings_add(&v->findings, LEVEL_NOTE, "settled", v->who,
		"%" PRIu64 " %s of 4 KiB differed, %s sent again, and %s equal "
		"now",
		v->settled, blocks(v->settled), is_one ? "was" : "were",
		is_one ? "is" : "are");
	findings_fix(&v->findings,
		"nothing, unless it happens again and again: then the copy "
		"loses what it is sent, or the program does not flush what it "
		"stores");
}

void
verify_conclude(struct verified *v, const struct verify_args *a, bool was_sent)
{
	if (v->different != 0)
		say_different(v, a, was_sent);
	else if (v->settled != 0 && v->is_whole)
		say_settled(v);
	else if (v->is_whole && findings_are_good(&v->findings))
		findings_add(&v->findings, LEVEL_OK, "equal", v->who,
			"equal to the pool");
}

static void
print_ranges(const struct verified *v)
{
	uint64_t told = 0;
	for (unsigned i = 0; i < v->nranges; i++) {
		const struct verify_range *r = &v->ranges[i];
		(void)printf("         %-9s %" PRIu64
			     " bytes at offset %" PRIu64 "\n",
			r->kind == WALK_SETTLED ? "settled" : "different",
			r->len, r->off);
		told += (r->len + BLOCK - 1) / BLOCK;
	}
	if (told < v->different + v->settled)
		(void)printf("         and %" PRIu64 " more of 4 KiB\n",
			v->different + v->settled - told);
}

static void
print_one(const struct verified *v)
{
	findings_print(&v->findings, true);
	print_ranges(v);
	if (v->how == VERIFY_NOT)
		return;
	(void)printf("         %" PRIu64 " of %" PRIu64 " bytes compared, %s\n",
		v->compared, v->total,
		v->how == VERIFY_BY_PROGRAM
			? "by the program that has the pool open"
			: "with no program running");
	if (v->left_out != 0)
		(void)printf("         left out: %s, bytes %u to %u\n",
			WALK_RUNTIME_NAME, WALK_RUNTIME_FROM,
			WALK_RUNTIME_TO - 1);
}

/* --repair --dry-run */
static void
say_dry_run(const struct verify_run *run)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < run->ncopies; i++)
		n += run->copies[i].different;
	(void)printf(
		"Nothing was changed (--dry-run). --repair would send %" PRIu64
		" %s of 4 KiB again.\n",
		n, blocks(n));
}

void
verify_print(const struct verify_run *run)
{
	bool is_any = false;
	for (unsigned i = 0; i < run->ncopies; i++) {
		print_one(&run->copies[i]);
		is_any |= run->copies[i].how != VERIFY_NOT;
	}
	if (run->args->would_repair)
		say_dry_run(run);
	if (is_any)
		(void)printf("Headers belong to each side and are not "
			     "compared: rpmem check looks at them.\n");
}

/* ---- JSON ---- */

static json_t *
left_out_json(const struct verified *v)
{
	json_t *list = json_array();
	if (v->left_out != 0)
		(void)json_array_append_new(list,
			json_pack("{s:s, s:i, s:i}", "what", WALK_RUNTIME_NAME,
				"offset", WALK_RUNTIME_FROM, "bytes",
				WALK_RUNTIME_TO - WALK_RUNTIME_FROM));
	return list;
}

static json_t *
ranges_json(const struct verified *v)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < v->nranges; i++)
		(void)json_array_append_new(
			list, json_pack("{s:I, s:I, s:s}", "offset",
				      (json_int_t)v->ranges[i].off, "bytes",
				      (json_int_t)v->ranges[i].len, "result",
				      v->ranges[i].kind == WALK_SETTLED
					      ? "settled"
					      : "different"));
	return list;
}

static json_t *
one_json(const struct verified *v)
{
	static const char *const how[] = {[VERIFY_NOT] = "not",
		[VERIFY_BY_TOOL] = "tool",
		[VERIFY_BY_PROGRAM] = "program"};
	return json_pack("{s:s, s:s, s:b, s:s, s:b, s:I, s:I, s:I, s:I, s:I, "
			 "s:o, s:o, s:o}",
		"target", v->rep->node, "name", v->rep->desc, "good",
		findings_are_good(&v->findings), "compared_by", how[v->how],
		"whole", v->is_whole, "total_bytes", (json_int_t)v->total,
		"compared_bytes", (json_int_t)v->compared, "different_blocks",
		(json_int_t)v->different, "settled_blocks",
		(json_int_t)v->settled, "sent_bytes", (json_int_t)v->sent,
		"left_out", left_out_json(v), "ranges", ranges_json(v),
		"findings", findings_json(&v->findings));
}

json_t *
verify_json(const struct verify_run *run, bool is_good)
{
	json_t *list = json_array();
	for (unsigned i = 0; list != NULL && i < run->ncopies; i++)
		if (json_array_append_new(list, one_json(&run->copies[i])) !=
			0) {
			json_decref(list);
			return NULL;
		}
	return json_pack("{s:i, s:s, s:b, s:b, s:b, s:i, s:o}", "version", 1,
		"poolset", run->args->set, "good", is_good, "repair",
		run->args->repair, "dry_run", run->args->dry_run, "block_bytes",
		(int)BLOCK, "copies", list);
}
