/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_json.c -- the plan, and what became of it, as JSON
 */
#include "sync.h"

static const char *
primary_name(enum sync_primary p)
{
	static const char *const names[] = {[SYNC_WHOLE] = "whole",
		[SYNC_RUNNING] = "running",
		[SYNC_LOST] = "lost"};
	return names[p];
}

static const char *
result_name(enum sync_result r)
{
	static const char *const names[] = {[SYNC_NOT_TRIED] = "not tried",
		[SYNC_DONE] = "done",
		[SYNC_FAILED] = "failed"};
	return names[r];
}

static const char *
rebuild_name(enum sync_rebuild r)
{
	static const char *const names[] = {[SYNC_KEEP] = "nothing",
		[SYNC_REBUILD] = "rebuild",
		[SYNC_CANNOT] = "cannot"};
	return names[r];
}

static json_t *
from_json(const struct sync *s)
{
	if (s->rebuild != SYNC_REBUILD)
		return json_null();
	const struct copy_past *c = s->members[s->source].c;
	return json_pack(
		"{s:s, s:s}", "target", c->target, "name", c->set_name);
}

/* why somebody is asked, but for losses */
static json_t *
asks_json(const struct sync *s)
{
	json_t *list = json_array();
	if (s->is_foreign)
		(void)json_array_append_new(list, json_string("foreign"));
	if (s->asks & SYNC_ASKS_MOUNT)
		(void)json_array_append_new(list, json_string("mount"));
	if (s->asks & SYNC_ASKS_ALIVE)
		(void)json_array_append_new(list, json_string("alive"));
	return list;
}

static json_t *
pool_json(const struct sync *s)
{
	return json_pack(
		"{s:s, s:s, s:b, s:o, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s}",
		"is", primary_name(s->primary), "why", s->primary_why,
		"foreign", s->is_foreign, "asks", asks_json(s), "action",
		rebuild_name(s->rebuild), "from", from_json(s), "stock",
		s->rebuild == SYNC_REBUILD ? json_boolean(s->is_stock)
					   : json_null(),
		"reason", s->rebuild_why, "next", s->rebuild_next, "result",
		result_name(s->rebuilt), "error", s->rebuild_error, "set_aside",
		s->aside);
}

static json_t *
loss_json(const struct sync_member *m)
{
	if ((m->act != SYNC_DISCARD && !m->drops_record) || m->loss > INT64_MAX)
		return json_null();
	return json_integer((json_int_t)m->loss);
}

/* are its blocks looked at, or only those sent that it is known to lack? */
static bool
is_compared(const struct sync_member *m)
{
	return m->act == SYNC_MAKE || m->act == SYNC_COMPARE ||
	       m->act == SYNC_DISCARD;
}

static json_t *
member_json(const struct sync_member *m)
{
	return json_pack(
		"{s:s, s:s, s:b, s:s, s:b, s:s, s:s, s:o, s:s, s:s, s:I}",
		"target", m->c->target, "name", m->c->set_name, "answered",
		m->c->asked == 0, "action", sync_act_name(m->act), "compared",
		is_compared(m), "why", m->why, "next", m->next, "lost_records",
		loss_json(m), "result", result_name(m->result), "error",
		m->error, "sent_bytes", (json_int_t)m->sent);
}

json_t *
sync_json(const struct sync *s)
{
	json_t *list = json_array();
	int rc = 0;
	for (unsigned i = 0; i < s->n; i++)
		rc |= json_array_append_new(list, member_json(&s->members[i]));
	if (rc != 0) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:i, s:s, s:b, s:b, s:b, s:s, s:o, s:o}", "version",
		1, "poolset", s->args->set, "dry_run", s->args->change.dry_run,
		"good", sync_is_good(s), "held", s->is_held, "hold", s->hold,
		"pool", pool_json(s), "replicas", list);
}
