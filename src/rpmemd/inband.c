/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inband.c -- see inband.h
 *
 * Locks.  rx_lock is held by whoever is in conn_poll (sleeping included) and
 * guards the queue of received frames; the tick only tries it.  tx_lock is
 * held from the start of a frame until it is sent, so that frame numbers go
 * out in order.  A thread that holds tx_lock may take rx_lock (to poll for a
 * free send slot) by trying only.
 */
#include "rpmemd/inband.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/err.h"
#include "base/log.h"
#include "pool/state_hold.h"
#include "rpmemd/apply.h"

#define SLICE_MS 100u
/* instead of a deadline: only what has been taken in already */
#define NO_LOOK UINT64_MAX

int
inband_tx_begin(struct inband *ib, struct frame_writer *w, int *slot_out)
{
	for (;;) {
		mutex_lock(&ib->tx_lock);
		int slot = conn_slot(ib->conn);
		if (slot >= 0) {
			frame_begin(
				w, conn_slot_buf(ib->conn, slot), FRAME_MAX);
			*slot_out = slot;
			return 0;
		}
		mutex_unlock(&ib->tx_lock);
		if (slot != -EAGAIN)
			return slot;
		/* sends complete while somebody polls */
		if (!mutex_trylock(&ib->rx_lock))
			continue;
		int rc = inband_receive(ib, deadline_in_ms(1));
		mutex_unlock(&ib->rx_lock);
		if (rc < 0)
			return rc;
	}
}

int
inband_tx_send(struct inband *ib, struct frame_writer *w, int slot)
{
	uint64_t done =
		atomic_load_explicit(&ib->frames_done, memory_order_relaxed);
	uint32_t len = frame_end(w, ++ib->frames_sent, done, ib->seed);
	ib->credits_told = done;
	int rc;
	do {
		rc = conn_send(ib->conn, slot, len);
		if (rc == -EAGAIN && mutex_trylock(&ib->rx_lock)) {
			int got = inband_receive(ib, 0);
			mutex_unlock(&ib->rx_lock);
			rc = got < 0 ? got : rc;
		}
	} while (rc == -EAGAIN && !atomic_load(&ib->stop));
	mutex_unlock(&ib->tx_lock);
	return rc;
}

/* a frame without records, when the initiator may run out of credit */
static int
tell_credits(struct inband *ib)
{
	struct frame_writer w;
	int slot = 0;
	mutex_lock(&ib->tx_lock);
	uint64_t untold = atomic_load(&ib->frames_done) - ib->credits_told;
	mutex_unlock(&ib->tx_lock);
	if (untold < INBAND_CREDITS / 2)
		return 0;
	int rc = inband_tx_begin(ib, &w, &slot);
	return rc < 0 ? rc : inband_tx_send(ib, &w, slot);
}

void
inband_busy(struct inband *ib, bool is_busy)
{
	atomic_store_explicit(
		&ib->msync_at, is_busy ? now_ns() : 0, memory_order_relaxed);
}

static void
encode_beat(struct inband *ib, uint8_t out[BEAT_PAYLOAD])
{
	uint64_t since = atomic_load(&ib->msync_at);
	struct beat b = {.received = ib->frames_seen,
		.applied = atomic_load(&ib->applied),
		.durable = atomic_load(&ib->durable)};
	if (since != 0)
		b.msync_since_ms = (now_ns() - since) / NS_PER_MS + 1;
	beat_encode(&b, out);
}

/*
 * Answered by whoever takes frames in, before anything that waits in the
 * queue: that is what tells a busy target from a dead one.
 */
static int
answer_heartbeat(
	struct inband *ib, const struct record *hb, const struct conn_event *ev)
{
	int rc = conn_repost(ib->conn, ev->slot);
	atomic_fetch_add(&ib->frames_done, 1);
	/* Held: a frame of ours is about to leave, which answers as well.  And
	 * this may be the very thread that holds it, polling for room. */
	if (rc < 0 || !mutex_trylock(&ib->tx_lock))
		return rc;
	int slot = conn_slot(ib->conn);
	if (slot < 0) {
		mutex_unlock(&ib->tx_lock);
		/* no free slot: answers are on their way, they will do */
		return slot == -EAGAIN ? 0 : slot;
	}
	struct frame_writer w;
	struct record re = {
		.type = REC_BEAT, .seq = hb->seq, .len = BEAT_PAYLOAD};
	frame_begin(&w, conn_slot_buf(ib->conn, slot), FRAME_MAX);
	encode_beat(ib, frame_add(&w, &re, BEAT_PAYLOAD));
	uint64_t done = atomic_load(&ib->frames_done);
	uint32_t len = frame_end(&w, ib->frames_sent + 1, done, ib->seed);
	rc = conn_send(ib->conn, slot, len);
	if (rc == 0) {
		ib->frames_sent++;
		ib->credits_told = done;
	} else {
		conn_slot_put(ib->conn, slot);
	}
	mutex_unlock(&ib->tx_lock);
	return rc == -EAGAIN ? 0 : rc;
}

static int
take_in(struct inband *ib, const struct conn_event *ev)
{
	struct inband_frame f = {.ev = *ev};
	struct record first;
	int rc = frame_open(
		&f.rd, ev->buf, ev->len, ib->seed, FRAME_FROM_INITIATOR);
	if (rc < 0)
		return rc;
	struct frame_reader rd = f.rd;
	if (rd.frame_no != ib->frames_seen + 1 || ib->queue_len == INBAND_NRECV)
		return err_set(-EPROTO, "frame %llu out of order",
			(unsigned long long)rd.frame_no);
	ib->frames_seen++;
	atomic_store(&ib->rx_at, now_ns());
	rc = frame_next(&rd, &first);
	if (rc < 0)
		return rc;
	if (rc == 1 && first.type == REC_HEARTBEAT)
		return answer_heartbeat(ib, &first, ev);
	unsigned at = (ib->queue_head + ib->queue_len) % INBAND_NRECV;
	ib->queue[at] = f;
	ib->queue_len++;
	return 0;
}

int
inband_receive(struct inband *ib, uint64_t deadline)
{
	struct conn_event ev[8];
	int n = conn_poll(ib->conn, ev, ARRAY_LEN(ev), deadline);
	int rc = n < 0 ? n : 0;
	for (int i = 0; rc == 0 && i < n; i++)
		rc = take_in(ib, &ev[i]);
	return rc;
}

/* how long next_frame may sleep for a frame */
static uint64_t
patience(struct inband *ib, bool stopping)
{
	if (ib->acks_due == 0 && ib->catchup.mode == CATCHUP_DRAINING)
		return 0;
	if (ib->acks_due == 0 && !stopping)
		return deadline_in_ms(SLICE_MS);
	/* One more look for frames that the same write to the disk can cover.
	 * Where a fence is all it takes, that look (three system calls) costs
	 * more than it saves. */
	return stopping || pool_writes_disk(ib->copy->pool) ? 0 : NO_LOOK;
}

int
inband_next_frame(
	struct inband *ib, uint64_t deadline, struct inband_frame *f_out)
{
	int rc = 0;
	mutex_lock(&ib->rx_lock);
	if (ib->queue_len == 0 && deadline != NO_LOOK)
		rc = inband_receive(ib, deadline);
	if (ib->queue_len != 0) {
		*f_out = ib->queue[ib->queue_head];
		ib->queue_head = (ib->queue_head + 1) % INBAND_NRECV;
		ib->queue_len--;
		rc = 1;
	}
	mutex_unlock(&ib->rx_lock);
	return rc;
}

static int
serve_frame(struct inband *ib, struct inband_frame *f)
{
	int rc = inband_check_fence(ib);
	if (rc == 0)
		rc = apply_frame(ib, &f->rd);
	if (rc == 0)
		rc = conn_repost(ib->conn, f->ev.slot);
	atomic_fetch_add(&ib->frames_done, 1);
	return rc == 0 ? tell_credits(ib) : rc;
}

/*
 * Frames that wait are applied before the acks they ask for are answered
 * together, after one flush.  A journal that counts is applied in pieces, one
 * between two frames: a piece is larger than what a frame adds to it, so it
 * ends.  A stop ends the loop once nothing waits; with a fence, what waits is
 * not applied.
 */
static int
serve(struct inband *ib)
{
	struct inband_frame f;
	for (;;) {
		bool stopping = atomic_load(&ib->stop);
		inband_take_step(ib);
		int rc = inband_next_frame(ib, patience(ib, stopping), &f);
		if (rc < 0)
			return rc;
		if (rc == 1)
			rc = serve_frame(ib, &f);
		else if (ib->acks_due != 0)
			rc = apply_ack(ib);
		else if (stopping)
			return 0;
		else
			rc = inband_check_fence(ib);
		if (rc < 0)
			return rc;
		if (ib->acks_due == 0)
			catchup_drain(ib);
	}
}

static void *
work(void *arg)
{
	struct inband *ib = arg;
	int rc = inband_accept(ib);
	if (rc == 0) {
		atomic_store(&ib->rx_at, now_ns());
		atomic_store(&ib->is_up, true);
		rc = serve(ib);
		if (rc == -ESTALE)
			inband_tell_stale(ib);
	}
	if (rc < 0 && !atomic_load(&ib->stop) && rc != -ECONNRESET)
		LOG_WARN(
			"'%s': the stream ends: %s", ib->copy->desc, err_msg());
	atomic_store(&ib->error, rc);
	atomic_store(&ib->ended, true);
	uint64_t one = 1;
	IGNORE(write(ib->event_fd, &one, sizeof(one)));
	return NULL;
}

static int
start_worker(struct inband *ib)
{
	sigset_t all;
	sigset_t old;
	(void)sigfillset(&all);
	/* a bad store must still reach the guard */
	(void)sigdelset(&all, SIGBUS);
	(void)sigdelset(&all, SIGSEGV);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(&ib->worker, NULL, work, ib);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	ib->worker_runs = rc == 0;
	return rc == 0 ? 0 : err_sys(-rc, "cannot start a thread");
}

int
inband_start(
	struct inband *ib, const struct sockaddr *local, uint16_t *port_out)
{
	mutex_init(&ib->rx_lock);
	mutex_init(&ib->tx_lock);
	mutex_init(&ib->step_lock);
	cond_init(&ib->step_done);
	ib->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ib->event_fd < 0)
		return err_sys(-errno, "eventfd");
	int rc = inband_listen(ib, local, port_out);
	return rc < 0 ? rc : start_worker(ib);
}

/*
 * We were not running ourselves (a stopped process, a paused machine): what
 * the initiator sent meanwhile is still to be heard, and an answer to what
 * it asks now takes it a moment.
 */
static void
forgive_own_sleep(struct inband *ib)
{
	uint64_t now = now_ns();
	if (now - ib->ticked_at > ib->silent_ms * NS_PER_MS / 2)
		atomic_store(&ib->rx_at, now);
	ib->ticked_at = now;
}

int
inband_tick(struct inband *ib)
{
	int rc = inband_tick_fence(ib);
	if (rc < 0 || !atomic_load(&ib->is_up))
		return rc;
	forgive_own_sleep(ib);
	/* free: the worker is busy with records, so hear for it */
	if (mutex_trylock(&ib->rx_lock)) {
		rc = inband_receive(ib, 0);
		mutex_unlock(&ib->rx_lock);
	}
	if (rc == 0 &&
		now_ns() - atomic_load(&ib->rx_at) > ib->silent_ms * NS_PER_MS)
		rc = err_set(-ETIMEDOUT, "the initiator was silent for %u ms",
			ib->silent_ms);
	return rc;
}

/* bounded: a peer that reads nothing cannot keep the pool locked */
static void
join_worker(struct inband *ib)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(ib->cfg->disk_timeout_ms / 1000 + 1);
	if (pthread_timedjoin_np(ib->worker, NULL, &until) == 0)
		return;
	inband_abort(ib);
	(void)pthread_join(ib->worker, NULL);
}

int
inband_stop(struct inband *ib)
{
	if (!ib->worker_runs)
		return 0;
	atomic_store(&ib->stop, true);
	if (atomic_load(&ib->is_up))
		conn_wake(ib->conn);
	join_worker(ib);
	ib->worker_runs = false;
	return atomic_load(&ib->error);
}

void
inband_abort(struct inband *ib)
{
	if (atomic_load(&ib->is_up))
		conn_kill(ib->conn, -ECONNRESET);
}

void
inband_fini(struct inband *ib)
{
	IGNORE(inband_stop(ib));
	conn_close(ib->conn);
	ib->conn = NULL;
	listener_close(ib->listener);
	ib->listener = NULL;
	closep(&ib->event_fd);
}
