/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * status_print.c -- a replica's status as text and as JSON
 */
#include "status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void
print_time(uint64_t seconds)
{
	char text[64];
	struct tm tm;
	time_t t = (time_t)seconds;
	if (seconds != 0 && localtime_r(&t, &tm) != NULL &&
		strftime(text, sizeof(text), " since %F %T", &tm) != 0)
		(void)printf("%s", text);
}

static void
print_program(const struct statefile_view *v)
{
	uint64_t pid = live_get(&v->live.pid);
	if (v->is_running && pid != 0)
		(void)printf("running, process %" PRIu64 "\n", pid);
	else if (v->is_running)
		(void)printf("running\n");
	else if (pid != 0)
		(void)printf("ended without closing the pool (was process "
			     "%" PRIu64 ")\n",
			pid);
	else
		(void)printf("not running\n");
}

static void
print_missing(const struct status *s)
{
	if (!s->standing.knows_missing)
		(void)printf("unknown: any of it\n");
	else
		(void)printf("%" PRIu64 " bytes%s\n", s->standing.missing,
			s->standing.missing == 0 ? "" : ", at most");
}

static void
print_error(const struct statefile_live *live)
{
	uint64_t error = live_get(&live->last_error);
	if (error != 0 && error <= INT32_MAX)
		(void)printf("  last error  %s\n", strerror((int)error));
	if (live->said[0] != '\0')
		(void)printf("  last said   %s\n", live->said);
}

void
status_print(const struct status *s)
{
	(void)printf("%s %s\n", s->target, s->set_name);
	(void)printf("  state       %s", s->standing.word);
	if (s->view == NULL) {
		(void)printf("\n              %s\n", s->why);
		return;
	}
	const struct statefile_live *live = &s->view->live;
	if (s->view->is_running)
		print_time(live_get(&live->state_since_s));
	(void)printf("\n  program     ");
	print_program(s->view);
	(void)printf("  acked       record %" PRIu64 " of %" PRIu64 "\n",
		live_get(&live->acked_seq), live_get(&live->appended_seq));
	(void)printf("  missing     ");
	print_missing(s);
	(void)printf("  settled     %s\n",
		live_get(&live->is_settled) != 0 ? "yes" : "no");
	(void)printf("  lost        %" PRIu64 " times, %" PRIu64
		     " bytes sent again\n",
		live_get(&live->losses), live_get(&live->resent_bytes));
	if (s->generation[0] != '\0')
		(void)printf("  generation  %s\n", s->generation);
	(void)printf("  if away     an open %s\n", without_name(s->without));
	print_error(live);
}

static int
set_number(json_t *o, const char *key, const live_u64 *number)
{
	return json_object_set_new(
		o, key, json_integer((json_int_t)live_get(number)));
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
	};
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		rc |= set_number(o, numbers[i].key, numbers[i].number);
	rc |= json_object_set_new(
		o, "settled", json_boolean(live_get(&live->is_settled) != 0));
	return rc | json_object_set_new(o, "said", json_string(live->said));
}

int
status_json(const struct status *s, json_t *list)
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
	if (s->view == NULL)
		rc |= json_object_set_new(o, "why", json_string(s->why));
	else
		rc |= json_object_set_new(
			      o, "running", json_boolean(s->view->is_running)) |
		      add_live(o, &s->view->live);
	rc |= json_array_append_new(list, o);
	return rc == 0 ? 0
		       : err_set(-EINVAL,
				 "'%s' at '%s' cannot be reported as JSON: no "
				 "memory, or a name is not UTF-8",
				 s->set_name, s->target);
}
