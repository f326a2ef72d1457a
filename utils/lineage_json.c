/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage_json.c -- lineages as JSON
 *
 * Ids have 64 bits and generations 128: text, since a number of JSON may not
 * hold them.
 */
#include "lineage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_LEN 5000u

static json_t *
number_or_null(uint64_t n)
{
	return n > INT64_MAX ? json_null() : json_integer((json_int_t)n);
}

static json_t *
id_json(uint64_t id)
{
	char text[17];
	(void)snprintf(text, sizeof(text), "%016" PRIx64, id);
	return json_string(text);
}

static json_t *
member_json(uint64_t id, const struct pasts *names)
{
	char name[NAME_LEN];
	member_name(names, id, name, sizeof(name));
	return json_pack("{s:o, s:s}", "id", id_json(id), "name", name);
}

static json_t *
entry_json(const struct lineage_entry *e, const struct pasts *names)
{
	char generation[UUID16_TEXT_LEN];
	json_t *members = json_array();
	int rc = 0;
	for (unsigned i = 0; i < e->nmembers; i++)
		rc |= json_array_append_new(
			members, member_json(e->members[i], names));
	if (rc != 0) {
		json_decref(members);
		return NULL;
	}
	return json_pack("{s:s, s:s, s:o, s:o}", "generation",
		uuid16_text(e->generation, generation), "kind",
		lineage_kind_name(e->kind), "end", number_or_null(e->end),
		"members", members);
}

json_t *
lineage_json(enum past past, const struct lineage *l, const struct pasts *names)
{
	json_t *list = json_array();
	int rc = 0;
	for (uint32_t i = 0; i < l->n; i++)
		rc |= json_array_append_new(
			list, entry_json(&l->entry[i], names));
	if (rc != 0) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:s, s:b, s:o}", "is", past_name(past), "cut",
		l->is_cut, "generations", list);
}

static json_t *
pool_json(const struct pasts *p)
{
	const struct pool_past *pool = &p->pool;
	return json_pack("{s:s, s:b, s:b, s:o, s:s, s:o, s:o}", "file",
		pool->path, "running", pool->is_running, "clean",
		pool->is_clean, "last_seq", number_or_null(pool->last), "why",
		pool->why, "id", id_json(pool->writer), "lineage",
		lineage_json(pool->past, &pool->lineage, p));
}

static const char *
verdict_name(enum lineage_verdict v)
{
	static const char *const names[] = {
		[LINEAGE_ATTACH] = "attach",
		[LINEAGE_IF_EQUAL] = "if equal",
		[LINEAGE_FENCED] = "fenced",
		[LINEAGE_REFUSE] = "refuse",
	};
	return names[v];
}

/* what the target has said */
static int
add_reply(json_t *o, const struct pasts *p, const struct copy_past *c)
{
	const struct oob_lineage_reply *r = &c->reply;
	json_t *said = json_pack("{s:o, s:o, s:s, s:s, s:b, s:o, s:o, s:o}",
		"flags", copy_flags_json(r->flags), "last_seq",
		number_or_null(r->last_seq), "relation",
		lineage_relation_name(c->decision.relation), "verdict",
		verdict_name(c->decision.verdict), "attaches", c->attaches,
		"only_copy", number_or_null(c->decision.theirs_alone),
		"only_pool", number_or_null(c->decision.ours_alone), "lineage",
		lineage_json(c->past, &c->lineage, p));
	return json_object_update_new(o, said);
}

json_t *
copy_past_json(const struct pasts *p, const struct copy_past *c)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:b, s:s, s:o, s:s, s:s}",
		"target", c->target, "name", c->set_name, "answered",
		c->asked == 0, "good", c->attaches && c->standing.is_good,
		"state", c->standing.word, "id", id_json(c->id), "if_away",
		without_name(c->without), "advice", c->advice);
	int rc = o == NULL;
	if (c->asked == 0)
		rc = rc || add_reply(o, p, c) != 0;
	else
		rc = rc || json_object_set_new(o, "why", json_string(c->why));
	if (rc == 0)
		return o;
	json_decref(o);
	return NULL;
}

json_t *
pasts_json(const struct pasts *p)
{
	json_t *list = json_array();
	int rc = 0;
	for (unsigned i = 0; i < p->ncopies; i++)
		rc |= json_array_append_new(
			list, copy_past_json(p, &p->copies[i]));
	if (rc != 0) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:i, s:s, s:b, s:o, s:o}", "version", 1, "poolset",
		p->set, "good", p->is_good, "pool", pool_json(p), "replicas",
		list);
}
