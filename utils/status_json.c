/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * status_json.c -- how replicas stand, as JSON
 */
#include "status.h"

static int
set_number(json_t *o, const char *key, const live_u64 *number)
{
	uint64_t n = live_get(number);
	/* all of it, or not known */
	return json_object_set_new(o, key,
		n != UINT64_MAX ? json_integer((json_int_t)n) : json_null());
}

static int
add_live(json_t *o, const struct statefile_live *live)
{
	const struct {
		const char *key;
		const live_u64 *number;
	} numbers[] = {
		{"pid", &live->pid},
		{"since", &live->state_since_s},
		{"appended_seq", &live->appended_seq},
		{"acked_seq", &live->acked_seq},
		{"scanned_to", &live->scanned_to},
		{"losses", &live->losses},
		{"reconnects", &live->reconnects},
		{"resent_bytes", &live->resent_bytes},
		{"waits", &live->waits},
		{"rtt_p50_ns", &live->rtt_p50_ns},
		{"rtt_p99_ns", &live->rtt_p99_ns},
		{"errno", &live->last_error},
		{"updated_ms", &live->updated_at_ms},
		{"speed", &live->speed},
	};
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		rc |= set_number(o, numbers[i].key, numbers[i].number);
	rc |= json_object_set_new(
		o, "settled", json_boolean(live_get(&live->is_settled) != 0));
	return rc | json_object_set_new(o, "said", json_string(live->said));
}

static int
add_phase(json_t *o, const struct standing *s)
{
	int rc = json_object_set_new(o, "phase",
		s->phase != NULL ? json_string(s->phase) : json_null());
	if (s->phase == NULL)
		return rc;
	rc |= json_object_set_new(
		o, "left_bytes", json_integer((json_int_t)s->left));
	return rc | json_object_set_new(o, "eta_s",
			    s->eta_s != UINT64_MAX
				    ? json_integer((json_int_t)s->eta_s)
				    : json_null());
}

static json_t *
one_json(const struct status *s)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:s}", "target", s->target,
		"name", s->set_name, "state", s->standing.word, "good",
		s->standing.is_good, "file", s->path);
	int rc = json_object_set_new(o, "missing_bytes",
		s->standing.knows_missing
			? json_integer((json_int_t)s->standing.missing)
			: json_null());
	rc |= json_object_set_new(
		o, "if_away", json_string(without_name(s->without)));
	rc |= json_object_set_new(o, "generation",
		s->generation[0] != '\0' ? json_string(s->generation)
					 : json_null());
	rc |= json_object_set_new(o, "next", json_string(s->next));
	rc |= add_phase(o, &s->standing);
	if (s->view == NULL)
		rc |= json_object_set_new(o, "why", json_string(s->why));
	else
		rc |= json_object_set_new(
			      o, "running", json_boolean(s->view->is_running)) |
		      json_object_set_new(o, "lag_records",
			      json_integer((json_int_t)status_lag(s))) |
		      add_live(o, &s->view->live);
	if (rc == 0)
		return o;
	json_decref(o);
	return NULL;
}

json_t *
statuses_json(const struct statuses *s)
{
	json_t *list = json_array();
	int rc = 0;
	for (unsigned i = 0; i < s->n; i++)
		rc |= json_array_append_new(list, one_json(&s->list[i]));
	if (rc != 0) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:i, s:s, s:b, s:{s:i, s:i, s:s}, s:o}", "version",
		1, "poolset", s->set, "good", s->is_good, "pool", "parts",
		(int)s->here.n, "bad_parts", (int)s->here.nbad, "what",
		s->here.what, "replicas", list);
}
