/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_pulse.c -- the thread that keeps watch over a stream
 *
 * libfabric's tcp provider never reports a stopped or partitioned peer, and
 * a dead one only to whoever reads the completion queue.  So a thread ticks
 * twelve times per RPMEM_TIMEOUT_MS: it polls when nobody else does, sends a
 * heartbeat when nothing was heard for a quarter of the time-out, and ends
 * the stream with -ETIMEDOUT when a heartbeat stays unanswered for 7/12 of
 * it.  With two ticks of delay that is one time-out in the worst case.  The
 * limit counts from the heartbeat, so a program that was stopped itself
 * (SIGSTOP, a suspended machine) first gets the answers that are waiting.
 *
 * Of a stream that can be started again the same thread keeps the copy: it is
 * woken by the end of the connection and calls cfg.keep, which tries to reach
 * the target and sends what the copy has missed (keeper.c).  There it may be in
 * a call that the target does not answer: whoever waits for the stream beats
 * in its place when it is late by one tick.
 *
 * It is a guest in somebody else's process: all signals blocked, a small
 * fixed stack, a name; it never touches pool memory.
 */
#include "librpmem/stream_internal.h"

#include <errno.h>
#include <signal.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/log.h"
#include "librpmem/stream_resend.h"

#define TICKS_PER_TIMEOUT 12u
#define PULSE_STACK (512u * 1024) /* a TLS handshake fits */

void
stream_heartbeat(struct stream *st)
{
	struct frame_writer w;
	struct record rec = {.type = REC_HEARTBEAT};
	/* a closed frame has its number already and must go first */
	int slot = st->closed ? -EAGAIN : conn_slot(st->conn);
	if (slot < 0)
		return; /* the silence counts all the same */
	rec.seq = st->hb_count + 1;
	frame_begin(&w, conn_slot_buf(st->conn, slot), st->cfg.frame_max);
	(void)frame_add(&w, &rec, 0);
	uint32_t len = frame_end(
		&w, st->frames_sent + 1, st->frames_taken, st->cfg.seed);
	if (conn_send(st->conn, slot, len) < 0) {
		conn_slot_put(st->conn, slot);
		return;
	}
	st->frames_sent++;
	st->hb_count++;
}

void
stream_tick(struct stream *st)
{
	uint64_t timeout = st->cfg.timeout_ms * NS_PER_MS;
	st->tick_at = now_ns() + timeout / TICKS_PER_TIMEOUT;
	stream_progress(st, 0);
	if (st->error != 0)
		return;
	uint64_t now = now_ns();
	if (st->hb_sent_at != 0 && now - st->hb_sent_at >= timeout * 7 / 12) {
		LOG_ERR("%s: silent for %u ms (RPMEM_TIMEOUT_MS): the link is "
			"taken as dead",
			st->cfg.target, st->cfg.timeout_ms);
		stream_die(st, -ETIMEDOUT);
		return;
	}
	if (st->hb_sent_at == 0 && now - st->rx_at >= timeout / 4) {
		st->hb_sent_at = now;
		stream_heartbeat(st);
	}
}

uint64_t
stream_beat_at(const struct stream *st)
{
	if (!st->pulse_beats)
		return UINT64_MAX;
	if (pthread_equal(pthread_self(), st->beating))
		return st->tick_at;
	return st->tick_at + st->cfg.timeout_ms * NS_PER_MS / TICKS_PER_TIMEOUT;
}

/* until then, or the connection ends, or we have to stop */
static void
sleep_until(struct stream *st, uint64_t when) REQUIRES(&st->lock)
{
	bool was_up = st->error == 0;
	bool was_behind = stream_is_behind(st);
	while (!st->pulse_stop && !st->keep_now && (st->error == 0) == was_up &&
		stream_is_behind(st) == was_behind && !deadline_passed(when))
		cond_wait(&st->pulse_tick, &st->lock, when);
	st->keep_now = false;
}

void
stream_keep_now(struct stream *st)
{
	mutex_lock(&st->lock);
	st->keep_now = true;
	cond_wake_all(&st->pulse_tick);
	mutex_unlock(&st->lock);
}

static void *
pulse(void *arg)
{
	struct stream *st = arg;
	uint64_t period = st->cfg.timeout_ms * NS_PER_MS / TICKS_PER_TIMEOUT;
	uint64_t keep_at = UINT64_MAX;
	mutex_lock(&st->lock);
	st->beating = pthread_self();
	st->pulse_beats = true;
	st->tick_at = now_ns() + period;
	while (!st->pulse_stop && (st->error == 0 || st->cfg.keep != NULL)) {
		sleep_until(st, min_u64(st->tick_at, keep_at));
		if (st->pulse_stop)
			break;
		if (deadline_passed(st->tick_at) && st->error == 0)
			stream_tick(st);
		else if (deadline_passed(st->tick_at))
			st->tick_at = now_ns() + period;
		if (st->cfg.keep == NULL)
			continue;
		mutex_unlock(&st->lock);
		keep_at = st->cfg.keep(st->cfg.keep_arg);
		mutex_lock(&st->lock);
	}
	mutex_unlock(&st->lock);
	return NULL;
}

int
stream_pulse_start(struct stream *st)
{
	sigset_t all;
	sigset_t old;
	pthread_attr_t attr;
	(void)sigfillset(&all);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, PULSE_STACK);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(&st->pulse, &attr, pulse, st);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attr);
	if (rc != 0)
		return err_sys(-rc, "cannot start the heartbeat thread");
	st->pulse_runs = true;
	(void)pthread_setname_np(st->pulse, "rpmem-pulse");
	return 0;
}

static void
tell_to_stop(struct stream *st)
{
	mutex_lock(&st->lock);
	st->pulse_stop = true;
	cond_wake_all(&st->pulse_tick);
	mutex_unlock(&st->lock);
}

void
stream_pulse_join(struct stream *st)
{
	if (!st->pulse_runs)
		return;
	tell_to_stop(st);
	(void)pthread_join(st->pulse, NULL);
	st->pulse_runs = false;
}

void
stream_park(struct stream *st, uint32_t ms)
{
	struct timespec until;
	if (!st->pulse_runs)
		return;
	tell_to_stop(st);
	/* the wall clock: a jump shortens or lengthens an exit by itself */
	(void)clock_gettime(CLOCK_REALTIME, &until);
	uint64_t ns = (uint64_t)until.tv_nsec + ms * NS_PER_MS;
	until.tv_sec += (time_t)(ns / NS_PER_SEC);
	until.tv_nsec = (long)(ns % NS_PER_SEC);
	if (pthread_timedjoin_np(st->pulse, NULL, &until) == 0)
		st->pulse_runs = false;
}
