/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_life.c -- making, asking about and ending a stream
 */
#include <stdlib.h>

#include <errno.h>

#include "base/err.h"
#include "base/membarrier.h"
#include "librpmem/sequencer.h"
#include "librpmem/stream_internal.h"
#include "librpmem/stream_resend.h"

uint64_t
stream_last(struct stream *st)
{
	mutex_lock(&st->lock);
	uint64_t seq = st->last_seq;
	mutex_unlock(&st->lock);
	return seq;
}

struct sequencer *
stream_numbers_of(struct stream *st)
{
	return st->cfg.sequencer;
}

void
stream_numbers(struct stream *st, uint64_t *appended_out, uint64_t *acked_out)
{
	mutex_lock(&st->lock);
	*appended_out = st->last_seq;
	*acked_out = st->gap_to != 0 ? st->gap_from : st->acked_seq;
	mutex_unlock(&st->lock);
}

int
stream_error(struct stream *st)
{
	mutex_lock(&st->lock);
	int error = st->error;
	mutex_unlock(&st->lock);
	return error;
}

bool
stream_lags(struct stream *st)
{
	mutex_lock(&st->lock);
	bool lags = stream_is_behind(st);
	mutex_unlock(&st->lock);
	return lags;
}

bool
stream_lacks(struct stream *st)
{
	mutex_lock(&st->lock);
	bool lacks = st->error != 0 || st->gap_to != 0 || stream_is_behind(st);
	mutex_unlock(&st->lock);
	return lacks;
}

void
stream_kill(struct stream *st, int neg_errno)
{
	mutex_lock(&st->lock);
	stream_die(st, neg_errno);
	mutex_unlock(&st->lock);
}

void
stream_stats(struct stream *st, struct stats *stats_out)
{
	mutex_lock(&st->lock);
	*stats_out = st->stats;
	mutex_unlock(&st->lock);
}

void
stream_quiet(struct stream *st)
{
	stream_pulse_join(st);
}

const char *
stream_provider(struct stream *st)
{
	return st->conn != NULL ? conn_provider(st->conn) : "none";
}

int
stream_new(
	const struct stream_cfg *cfg, struct conn *conn, struct stream **st_out)
{
	struct stream *st = calloc(1, sizeof(*st));
	if (st == NULL)
		return err_set(-ENOMEM, "no memory for a stream");
	st->cfg = *cfg;
	st->size = cfg->size;
	st->conn = conn;
	st->slot = NO_SLOT;
	st->last_seq = st->acked_seq = st->ack_asked_seq = cfg->acked_seq;
	st->ordered_seq = st->real_acked = st->last_seq;
	st->rx_at = st->durable_at = now_ns();
	st->has_membarrier = cfg->marks != NULL && membarrier_init();
	mutex_init(&st->lock);
	cond_init(&st->changed);
	cond_init(&st->pulse_tick);
	if (conn == NULL) {
		mutex_lock(&st->lock);
		st->error = -EHOSTUNREACH;
		stream_mark_down(st);
		mutex_unlock(&st->lock);
	}
	int rc = stream_pulse_start(st);
	if (rc < 0) {
		st->conn = NULL;
		st->cfg.sequencer = NULL;
		stream_free(st);
		return rc;
	}
	*st_out = st;
	return 0;
}

void
stream_free(struct stream *st)
{
	if (st == NULL)
		return;
	stream_pulse_join(st);
	conn_close(st->conn);
	sequencer_leave(st->cfg.sequencer);
	mutex_fini(&st->lock);
	cond_fini(&st->changed);
	cond_fini(&st->pulse_tick);
	free(st);
}

void
stream_abandon(struct stream *st)
{
	/* mutex and conditions may be held by threads that are not here */
	conn_abandon(st->conn);
	free(st);
}
