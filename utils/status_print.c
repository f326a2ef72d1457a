/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * status_print.c -- how replicas stand, as text
 */
#include "status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "setfile.h"
#include "tint.h"

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

/* how far it is on its way back */
static void
print_phase(const struct standing *s)
{
	if (s->phase == NULL)
		return;
	(void)printf("  %-9s   %" PRIu64 " bytes left", s->phase, s->left);
	if (s->eta_s != UINT64_MAX)
		(void)printf(", about %" PRIu64 ":%02" PRIu64 " minutes",
			s->eta_s / 60, s->eta_s % 60);
	(void)printf("\n");
}

static void
print_records(const struct status *s)
{
	const struct statefile_live *live = &s->view->live;
	(void)printf("  acked       record %" PRIu64 " of %" PRIu64,
		live_get(&live->acked_seq), live_get(&live->appended_seq));
	if (status_lag(s) != 0)
		(void)printf(", %" PRIu64 " behind", status_lag(s));
	(void)printf("\n");
	if (live_get(&live->rtt_p50_ns) != 0)
		(void)printf(
			"  round trip  %.1f us (median), %.1f us (99 %%)\n",
			(double)live_get(&live->rtt_p50_ns) / 1000,
			(double)live_get(&live->rtt_p99_ns) / 1000);
}

static void
print_next(const struct status *s)
{
	if (s->next[0] != '\0')
		(void)printf("  next        %s\n", s->next);
}

static void
print_one(const struct status *s)
{
	(void)printf("%s %s\n", s->target, s->set_name);
	(void)printf("  state       %s%s%s",
		tint_on(s->standing.is_good ? TINT_GOOD : TINT_BAD),
		s->standing.word, tint_off());
	if (s->view == NULL) {
		(void)printf("\n              %s\n", s->why);
		print_next(s);
		return;
	}
	const struct statefile_live *live = &s->view->live;
	if (s->view->is_running)
		print_time(live_get(&live->state_since_s));
	(void)printf("\n  program     ");
	print_program(s->view);
	print_phase(&s->standing);
	print_records(s);
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
	print_next(s);
}

void
statuses_print(const struct statuses *s)
{
	char word[SHELL_WORD_MAX];
	if (s->here.nbad != 0)
		(void)printf("this pool\n  state       %sdamaged%s\n"
			     "              %u of its %u parts are bad: %s\n"
			     "  next        rpmem check %s tells what to do\n",
			tint_on(TINT_BAD), tint_off(), s->here.nbad, s->here.n,
			s->here.what, shell_word(s->set, word));
	for (unsigned i = 0; i < s->n; i++)
		print_one(&s->list[i]);
}
