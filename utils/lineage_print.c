/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage_print.c -- lineages as text
 */
#include "lineage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_LEN 5000u /* of a member: target and set file */

const char *
past_name(enum past past)
{
	static const char *const names[] = {[PAST_NONE] = "none",
		[PAST_KNOWN] = "known",
		[PAST_LOST] = "lost"};
	return names[past];
}

void
generation_text(const uint8_t generation[UUID16_LEN], char out[9])
{
	(void)snprintf(out, 9, "%02x%02x%02x%02x", generation[0], generation[1],
		generation[2], generation[3]);
}

void
member_name(const struct pasts *p, uint64_t id, char *out, uint32_t size)
{
	for (unsigned i = 0; p != NULL && i < p->ncopies; i++)
		if (p->copies[i].id == id) {
			(void)snprintf(out, size, "%s %s", p->copies[i].target,
				p->copies[i].set_name);
			return;
		}
	if (p != NULL && p->pool.writer == id)
		(void)snprintf(out, size, "this pool");
	else
		(void)snprintf(out, size, "%016" PRIx64, id);
}

static void
print_entry(const struct lineage_entry *e, const struct pasts *names)
{
	char generation[9];
	char member[NAME_LEN];
	generation_text(e->generation, generation);
	(void)printf("    %s  %-14s ", generation, lineage_kind_name(e->kind));
	if (e->end == LINEAGE_OPEN)
		(void)printf("open");
	else
		(void)printf("ended at record %" PRIu64, e->end);
	for (unsigned i = 0; i < e->nmembers; i++) {
		member_name(names, e->members[i], member, sizeof(member));
		(void)printf("%s%s", i == 0 ? "; " : ", ", member);
	}
	(void)printf("\n");
}

void
lineage_print(const struct lineage *l, const struct pasts *names)
{
	if (l->is_cut)
		(void)printf("    ... older generations are forgotten\n");
	for (uint32_t i = 0; i < l->n; i++)
		print_entry(&l->entry[i], names);
}

static const struct {
	uint32_t flag;
	const char *word;
} flag_words[] = {
	{OOB_COPY_F_CREATING, "unfinished"},
	{OOB_COPY_F_CLEAN, "closed"},
	{OOB_COPY_F_LENT, "lent"},
	{OOB_COPY_F_EQUALISING, "being made equal"},
	{OOB_COPY_F_RECORD, "recorded"},
	{OOB_COPY_F_RAW, "raw"},
	{OOB_COPY_F_SUSPECT, "suspect"},
	{OOB_COPY_F_UNWRITTEN, "unwritten"},
	{OOB_COPY_F_PROMOTED, "promoted"},
	{OOB_COPY_F_UNKNOWN, "unknown"},
	{OOB_COPY_F_REBUILT, "rebuilt from"},
	{OOB_COPY_F_CHANGED, "changed"},
	{OOB_LINEAGE_F_PROMOTING, "being promoted"},
};

void
copy_flags_text(uint32_t flags, char *out, uint32_t size)
{
	uint32_t at = 0;
	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(flag_words) && at < size; i++)
		if ((flags & flag_words[i].flag) != 0)
			at += (uint32_t)snprintf(out + at, size - at, "%s%s",
				at == 0 ? "" : ", ", flag_words[i].word);
	if (at == 0)
		(void)snprintf(out, size, "in use");
}

json_t *
copy_flags_json(uint32_t flags)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ARRAY_LEN(flag_words); i++)
		if ((flags & flag_words[i].flag) != 0 &&
			json_array_append_new(
				list, json_string(flag_words[i].word)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static void
print_count(const char *who, uint64_t n)
{
	if (n == UINT64_MAX)
		(void)printf("  %s  an unknown number of records\n", who);
	else
		(void)printf("  %s  %" PRIu64 " records%s\n", who, n,
			n == 0 ? "" : ", at most");
}

static void
print_relation(const struct copy_past *c)
{
	static const char *const verdicts[] = {
		[LINEAGE_ATTACH] = "may be brought forward",
		[LINEAGE_IF_EQUAL] = "attached if every byte is equal",
		[LINEAGE_FENCED] = "this pool is fenced",
		[LINEAGE_REFUSE] = "refused",
	};
	(void)printf("  to the pool    %s: %s\n",
		lineage_relation_name(c->decision.relation),
		verdicts[c->decision.verdict]);
	print_count("only the copy", c->decision.theirs_alone);
	print_count("only the pool", c->decision.ours_alone);
}

static void
print_copy(const struct pasts *p, const struct copy_past *c)
{
	char flags[256];
	(void)printf("%s %s\n", c->target, c->set_name);
	if (c->asked != 0) {
		(void)printf("  %s      %s\n",
			c->asked == -EUCLEAN ? "bad record"
			: c->is_reached	     ? "no record"
					     : "no answer",
			c->why);
	} else {
		copy_flags_text(c->reply.flags, flags, sizeof(flags));
		(void)printf("  record         %s; last record %" PRIu64 "\n",
			flags, c->reply.last_seq);
		(void)printf("  lineage        %s\n", past_name(c->past));
		lineage_print(&c->lineage, p);
		if (p->nbad_here == 0)
			print_relation(c);
	}
	(void)printf("  state here     %s\n", c->standing.word);
	(void)printf("  if it is away  an open %s\n", without_name(c->without));
	(void)printf("  %s\n", c->advice);
}

void
pasts_print(const struct pasts *p)
{
	(void)printf("%s: this pool\n  lineage        %s", p->set,
		past_name(p->pool.past));
	if (p->pool.past == PAST_KNOWN)
		(void)printf("; %s record %" PRIu64 "%s\n",
			p->pool.is_clean ? "last" : "none behind", p->pool.last,
			p->pool.is_running ? ", a program has it open" : "");
	else
		(void)printf("\n  %s\n", p->pool.why);
	lineage_print(&p->pool.lineage, p);
	for (unsigned i = 0; i < p->ncopies; i++)
		print_copy(p, &p->copies[i]);
}
