/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * status_prometheus.c -- how replicas stand, as metrics
 *
 * The text format 0.0.4, as a node exporter's textfile collector reads it:
 * all samples of a metric stand together, behind its help and type.  What is
 * not known has no sample.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "librpmem/states.h"
#include "status.h"

#define UNKNOWN NAN

struct metric {
	const char *name; /* behind "rpmem_replica_" */
	const char *type;
	const char *help;
	double (*value)(const struct status *s); /* UNKNOWN: no sample */
};

static double
number(const struct status *s, const live_u64 *n)
{
	return s->view != NULL && s->view->has_live ? (double)live_get(n)
						    : UNKNOWN;
}

#define LIVE(name) (s->view == NULL ? NULL : &s->view->live.name)
#define VALUE(fn, expr)                                                        \
	static double fn(const struct status *s)                               \
	{                                                                      \
		return expr;                                                   \
	}

VALUE(good, s->standing.is_good ? 1 : 0)
VALUE(running, s->view != NULL && s->view->is_running ? 1 : 0)
VALUE(missing,
	s->standing.knows_missing ? (double)s->standing.missing : UNKNOWN)
VALUE(lag, s->view != NULL ? (double)status_lag(s) : UNKNOWN)
VALUE(appended, number(s, LIVE(appended_seq)))
VALUE(acked, number(s, LIVE(acked_seq)))
VALUE(losses, number(s, LIVE(losses)))
VALUE(reconnects, number(s, LIVE(reconnects)))
VALUE(waits, number(s, LIVE(waits)))
VALUE(resent, number(s, LIVE(resent_bytes)))
VALUE(settled, number(s, LIVE(is_settled)))
VALUE(last_error, number(s, LIVE(last_error)))
VALUE(since, number(s, LIVE(state_since_s)))
VALUE(updated, number(s, LIVE(updated_at_ms)) / 1000)
VALUE(left, s->standing.phase != NULL ? (double)s->standing.left : UNKNOWN)
VALUE(eta, s->standing.phase != NULL && s->standing.eta_s != UINT64_MAX
		   ? (double)s->standing.eta_s
		   : UNKNOWN)

static const struct metric metrics[] = {
	{"good", "gauge", "1: attached, or closed with everything", good},
	{"program_running", "gauge", "A program has the pool open", running},
	{"state_since_seconds", "gauge", "When the state was entered", since},
	{"appended_records", "counter", "Number of the pool's last record",
		appended},
	{"acked_records", "counter", "Number up to which the copy has all",
		acked},
	{"lag_records", "gauge", "Records that are not acknowledged", lag},
	{"missing_bytes", "gauge", "What the copy may miss, at most", missing},
	{"settled", "gauge", "All of the copy has been compared", settled},
	{"left_bytes", "gauge", "To be compared or sent while it catches up",
		left},
	{"eta_seconds", "gauge", "How long that takes, as it goes now", eta},
	{"resent_bytes", "gauge", "Sent again since it came back", resent},
	{"losses_total", "counter", "How often it was lost", losses},
	{"reconnects_total", "counter", "How often it came back", reconnects},
	{"waits_total", "counter", "Calls that waited for it", waits},
	{"last_error", "gauge", "errno of the last error, 0: none", last_error},
	{"updated_seconds", "gauge", "When these numbers were written",
		updated},
};

/* a label's value */
static void
escape(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			(void)printf("\\%c", *text);
		else if (*text == '\n')
			(void)printf("\\n");
		else
			(void)putchar(*text);
	}
}

/* name{set="...",target="...",name="..." and more */
static void
begin_sample(
	const char *name, const struct statuses *all, const struct status *s)
{
	(void)printf("rpmem_replica_%s{poolset=\"", name);
	escape(all->set);
	(void)printf("\",target=\"");
	escape(s->target);
	(void)printf("\",name=\"");
	escape(s->set_name);
	(void)printf("\"");
}

static void
begin_metric(const char *name, const char *type, const char *help)
{
	(void)printf("# HELP rpmem_replica_%s %s\n# TYPE rpmem_replica_%s %s\n",
		name, help, name, type);
}

static void
one_metric(const struct statuses *all, const struct metric *m)
{
	begin_metric(m->name, m->type, m->help);
	for (unsigned i = 0; i < all->n; i++) {
		double value = m->value(&all->list[i]);
		if (isnan(value))
			continue;
		begin_sample(m->name, all, &all->list[i]);
		(void)printf("} %.17g\n", value);
	}
}

/* the state is a word: its sample is 1 */
static void
words(const struct statuses *all)
{
	begin_metric("state", "gauge", "1, with the state as a label");
	for (unsigned i = 0; i < all->n; i++) {
		const struct status *s = &all->list[i];
		begin_sample("state", all, s);
		(void)printf(",state=\"%s\",generation=\"%s\"} 1\n",
			s->standing.word, s->generation);
	}
}

static void
round_trips(const struct statuses *all)
{
	begin_metric("rtt_seconds", "gauge", "Round trips of frames with acks");
	for (unsigned i = 0; i < all->n; i++) {
		const struct status *s = &all->list[i];
		double p50 = number(s, LIVE(rtt_p50_ns));
		double p99 = number(s, LIVE(rtt_p99_ns));
		if (isnan(p50) || isnan(p99))
			continue;
		begin_sample("rtt_seconds", all, s);
		(void)printf(",quantile=\"0.5\"} %.9g\n", p50 / 1e9);
		begin_sample("rtt_seconds", all, s);
		(void)printf(",quantile=\"0.99\"} %.9g\n", p99 / 1e9);
	}
}

static void
bad_parts(const struct statuses *all)
{
	(void)printf("# HELP rpmem_pool_bad_parts Parts of the pool that are "
		     "not as they should be\n"
		     "# TYPE rpmem_pool_bad_parts gauge\n"
		     "rpmem_pool_bad_parts{poolset=\"");
	escape(all->set);
	(void)printf("\"} %u\n", all->here.nbad);
}

void
statuses_prometheus(const struct statuses *s)
{
	bad_parts(s);
	words(s);
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		one_metric(s, &metrics[i]);
	round_trips(s);
}
