/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * poll.c -- conn_poll: take what came, or sleep until something does
 *
 * Whoever is in conn_poll moves the connection.  It reads the completion
 * queue under the lock, and sleeps in poll(2) outside of it, on the
 * descriptors of both queues and on our eventfd.  fi_trywait, under the lock
 * and just before, is what makes that safe: it refuses when something came
 * since the last read, and otherwise arms the descriptors.
 *
 * What was received before the end of a connection is still handed out,
 * unless we ended it ourselves: `drained` says that there is no more.
 */
#include "fabric/internal.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <rdma/fi_errno.h>

#define CQ_BATCH 16u
#define EQ_PERIOD_NS (5 * NS_PER_MS)

struct taken {
	unsigned frames;
	unsigned sends;
};

/* false, the usual case, costs one load */
static bool
was_woken(struct conn *c)
{
	if (!atomic_load_explicit(&c->woken, memory_order_acquire))
		return false;
	/* the flag first: a wake-up between the two sets it again, and at
	 * worst leaves the eventfd readable for one more look */
	atomic_store_explicit(&c->woken, false, memory_order_release);
	eventfd_t count;
	(void)eventfd_read(c->wake_fd, &count);
	return true;
}

/* one good completion */
static void
complete(struct conn *c, const struct fi_cq_msg_entry *e, struct conn_event *ev,
	struct taken *taken) REQUIRES(&c->lock)
{
	struct op *op = CONTAINER_OF(e->op_context, struct op, context);
	size_t at = (size_t)(op - c->ops);
	c->nposted--;
	if (at < c->nsend) {
		conn_put_locked(c, (int)at);
		taken->sends++;
		return;
	}
	ev[taken->frames++] = (struct conn_event){
		.slot = (int)(at - c->nsend),
		.len = (uint32_t)e->len,
		.buf = c->slots + at * c->stride,
	};
}

/* one bad completion: its slot is never used again */
static void
take_error(struct conn *c) REQUIRES(&c->lock)
{
	struct fi_cq_err_entry err = {0};
	ssize_t rc = fi_cq_readerr(c->cq, &err, 0);
	if (rc >= 0 && err.op_context != NULL)
		c->nposted--;
	conn_die(c, ferr_death(rc < 0 ? rc : err.err));
	if (rc < 0)
		c->drained = true;
}

/* what the completion queue holds, at most max frames */
static struct taken
take_completions(struct conn *c, struct conn_event *ev, unsigned max)
	REQUIRES(&c->lock)
{
	struct fi_cq_msg_entry e[CQ_BATCH];
	struct taken taken = {0};
	while (taken.frames < max && !c->drained) {
		/* each of them may be a frame */
		size_t room = MIN_OF(CQ_BATCH, max - taken.frames);
		ssize_t rc = fi_cq_read(c->cq, e, room);
		if (rc == -FI_EAVAIL) {
			take_error(c);
			continue;
		}
		for (ssize_t i = 0; i < rc; i++)
			complete(c, &e[i], ev, &taken);
		if (rc < 0 && rc != -FI_EAGAIN)
			conn_die(c, ferr_death(rc));
		/* dead, and nothing in the queue any more */
		if (rc <= 0)
			c->drained = conn_error(c) != 0;
		/* fewer than asked for: reading on would cost the tcp
		 * provider a system call to find nothing */
		if (rc < (ssize_t)room)
			break;
	}
	return taken;
}

static void
take_events(struct conn *c) REQUIRES(&c->lock)
{
	union eq_event ev;
	uint32_t type = 0;
	c->eq_armed = false;
	ssize_t rc = eq_take(c->eq, &type, &ev);
	if (rc < 0)
		conn_die(c, ferr_death(rc));
	else if (rc > 0 && type == FI_SHUTDOWN)
		conn_die(c, -ECONNRESET);
}

enum step {
	STEP_NOTHING, /* may sleep: the descriptors are armed */
	STEP_AGAIN,   /* something came meanwhile */
	STEP_DONE,    /* *result is conn_poll's */
};

static enum step
outcome(struct conn *c, const struct taken *taken, int *result)
	REQUIRES(&c->lock)
{
	/* a send that nobody waited for is no news: to return for it would
	 * cost each round trip another look at the queue on both sides */
	bool room = taken->sends > 0 && c->room_wanted;
	if (taken->frames > 0 || room) {
		c->room_wanted = c->room_wanted && !room;
		*result = (int)taken->frames;
		return STEP_DONE;
	}
	if (!c->drained)
		return STEP_NOTHING;
	*result = conn_dead(c);
	return STEP_DONE;
}

/* the completion queue only: it is what is spun on */
static enum step
look(struct conn *c, struct conn_event *ev, unsigned max, int *result)
{
	mutex_lock(&c->lock);
	struct taken taken = take_completions(c, ev, max);
	enum step step = outcome(c, &taken, result);
	mutex_unlock(&c->lock);
	return step;
}

/* both queues, and then arm their descriptors */
static enum step
look_and_arm(struct conn *c, struct conn_event *ev, unsigned max, int *result)
{
	struct fid *fids[] = {&c->cq->fid, &c->eq->fid};
	mutex_lock(&c->lock);
	struct taken taken = take_completions(c, ev, max);
	enum step step = outcome(c, &taken, result);
	if (step == STEP_NOTHING) {
		/* a system call, so only when there is reason to */
		if (c->eq_due)
			take_events(c);
		/* what was armed and not read since still is */
		int rc = fi_trywait(
			c->fab->fid, fids, c->eq_armed ? 1 : ARRAY_LEN(fids));
		if (rc != 0 && rc != -FI_EAGAIN)
			conn_die(c, ferr_death(rc));
		c->eq_due = rc != 0 && !c->eq_armed;
		c->eq_armed = rc == 0 || c->eq_armed;
		/* dead just now: the queue may have its last frames */
		if (rc != 0 || conn_error(c) != 0)
			step = STEP_AGAIN;
	}
	mutex_unlock(&c->lock);
	return step;
}

static inline void
relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

/* poll the queue for spin_us; a wake-up ends it with a result of 0 */
static enum step
spin(struct conn *c, struct conn_event *ev, unsigned max, uint64_t deadline,
	int *result)
{
	uint64_t end = now_ns() + c->spin_us * 1000ULL;
	end = MIN_OF(end, deadline);
	enum step step = look(c, ev, max, result);
	while (step == STEP_NOTHING && now_ns() < end) {
		if (was_woken(c)) {
			*result = 0;
			return STEP_DONE;
		}
		relax();
		step = look(c, ev, max, result);
	}
	return step;
}

/* until a queue has something, a wake-up (true), or the deadline */
static bool
doze(struct conn *c, uint64_t deadline)
{
	struct pollfd fds[] = {
		{.fd = c->cq_fd, .events = POLLIN},
		{.fd = c->eq_fd, .events = POLLIN},
		{.fd = c->wake_fd, .events = POLLIN},
	};
	(void)poll(fds, ARRAY_LEN(fds), deadline_poll_ms(deadline));
	c->eq_due = fds[1].revents != 0;
	if (fds[2].revents == 0)
		return false;
	/* readable without the flag is possible (see was_woken), and must
	 * not stay so: poll would never sleep again */
	atomic_store_explicit(&c->woken, false, memory_order_release);
	eventfd_t count;
	(void)eventfd_read(c->wake_fd, &count);
	return true;
}

static int
poll_and_sleep(
	struct conn *c, struct conn_event *ev, unsigned max, uint64_t deadline)
{
	for (bool woken = false;;) {
		int result = 0;
		enum step step = look_and_arm(c, ev, max, &result);
		if (step == STEP_DONE)
			return result;
		woken = was_woken(c) || woken;
		/* death wakes too, and has to be told */
		if (conn_error(c) == 0 && (woken || deadline_passed(deadline)))
			return 0;
		if (step == STEP_NOTHING)
			woken = doze(c, deadline);
	}
}

/* does a look that never sleeps also read the event queue, a system call? */
static bool
events_due(struct conn *c)
{
	uint64_t now = now_ns();
	if (now - c->eq_at < EQ_PERIOD_NS)
		return false;
	c->eq_at = now;
	return true;
}

/* neither sleeps nor takes a wake-up away from who does */
static int
poll_now(struct conn *c, struct conn_event *ev, unsigned max)
{
	int result = 0;
	enum step step = look(c, ev, max, &result);
	if (step == STEP_NOTHING && events_due(c)) {
		mutex_lock(&c->lock);
		take_events(c);
		mutex_unlock(&c->lock);
		/* dead just now: the queue may have its last frames */
		if (conn_error(c) != 0)
			(void)look(c, ev, max, &result);
	}
	return result;
}

int
conn_poll(
	struct conn *c, struct conn_event *ev, unsigned max, uint64_t deadline)
{
	assert(max > 0);
	int result = 0;
	if (deadline == 0)
		return poll_now(c, ev, max);
	if (c->spin_us > 0 && spin(c, ev, max, deadline, &result) == STEP_DONE)
		return result;
	return poll_and_sleep(c, ev, max, deadline);
}
