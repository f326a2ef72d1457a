/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_copies.c -- each copy becomes what the primary is
 *
 * As a program's open does it, by the same functions: see sync_open.c for the
 * first half.  The pool is locked, so nothing changes here meanwhile; it is
 * closed in order, and the next program finds its copies equal.
 */
#include "sync_open.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "librpmem/handle.h"
#include "librpmem/keeper.h"
#include "librpmem/stream_resend.h"
#include "progress.h"
#include "state_room.h"

#define POLL_MS 10u
/* a copy that is lost may come back for so long, in silence limits */
#define LOST_LIMITS 3u

static void
sleep_ms(unsigned ms)
{
	struct timespec ts = {.tv_nsec = (long)ms * (long)NS_PER_MS};
	(void)nanosleep(&ts, NULL);
}

struct work {
	struct rpmem_pool *h;
	int rc;
	char why[ERR_MAX];
	atomic_bool is_over;
};

static void *
equalise(void *arg)
{
	struct work *w = arg;
	w->rc = handle_ready(w->h);
	if (w->rc < 0)
		(void)snprintf(w->why, sizeof(w->why), "%s", err_msg());
	atomic_store(&w->is_over, true);
	return NULL;
}

/* the comparison, and what is sent at once */
static int
make_equal(struct sync *s, struct sync_opened *o, const char *step)
{
	struct work w = {.h = o->h};
	struct progress p;
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, equalise, &w);
	if (rc != 0)
		return err_sys(-rc, "cannot start a thread");
	progress_begin(&p, s->args->progress, step, o->who, s->pool->size);
	while (!atomic_load(&w.is_over)) {
		sleep_ms(POLL_MS);
		progress_show(&p, atomic_load(&o->h->equal_to));
	}
	(void)pthread_join(thread, NULL);
	progress_end(&p,
		w.rc == 0 ? s->pool->size : atomic_load(&o->h->equal_to),
		w.rc == 0);
	return w.rc == 0 ? 0 : err_set(w.rc, "%s", w.why);
}

/* what of the pool is compared, and not dirty */
static uint64_t
done_of(struct sync_opened *o, uint64_t size)
{
	const struct remember *m = &o->h->keeper.memory;
	uint64_t compared = size;
	if (m->has_file && !live_get(&m->file.live->is_settled))
		compared = min_u64(live_get(&m->file.live->scanned_to), size);
	uint64_t dirty = stream_dirty(o->h->st);
	return compared > dirty ? compared - dirty : 0;
}

static int
given_up(const struct sync_opened *o, enum state state)
{
	switch (state) {
	case STATE_FENCED:
		return err_set(-ESTALE,
			"the copy was promoted meanwhile: this pool is fenced");
	case STATE_REFUSED:
		return err_set(-ESTALE,
			"the copy is not this pool's any more; rpmem lineage "
			"SET says what it is");
	case STATE_ATTACHED:
	case STATE_LAGGING:
	case STATE_DEGRADED:
	case STATE_CATCHING_UP:
		break;
	}
	return err_set(-ENOTCONN,
		"the connection to %s was lost, and has not come back for %u "
		"s; the same command goes on when it is back",
		o->who, o->h->knobs.timeout_ms * LOST_LIMITS / 1000);
}

/* one that catches up: until it has everything */
static int
await(struct sync *s, struct sync_opened *o)
{
	struct progress p;
	uint64_t limit =
		(uint64_t)o->h->knobs.timeout_ms * LOST_LIMITS * NS_PER_MS;
	uint64_t alive = now_ns();
	enum state state = keeper_state(o->h);
	if (state == STATE_ATTACHED)
		return 0;
	progress_begin(
		&p, s->args->progress, "catch up", o->who, s->pool->size);
	while (state != STATE_ATTACHED && state != STATE_FENCED &&
		state != STATE_REFUSED && now_ns() - alive < limit) {
		if (state != STATE_DEGRADED)
			alive = now_ns();
		sleep_ms(POLL_MS);
		progress_show(&p, done_of(o, s->pool->size));
		state = keeper_state(o->h);
	}
	bool is_done = state == STATE_ATTACHED;
	progress_end(&p, is_done ? s->pool->size : done_of(o, s->pool->size),
		is_done);
	return is_done ? 0 : given_up(o, state);
}

static const char *
step_name(const struct sync_member *m)
{
	return m->act == SYNC_MAKE ? "make" : "compare";
}

/* known: those that have everything by what is on record; -ESTALE: one of them
 * has not */
static int
make_all_equal(struct sync *s, struct sync_opened *list, unsigned n, bool known)
{
	int worst = 0;
	for (unsigned i = 0; i < n; i++) {
		struct sync_opened *o = &list[i];
		if (o->m->act == SYNC_AWAY ||
			(o->m->act == SYNC_NOTHING) != known)
			continue;
		int rc = make_equal(s, o, step_name(o->m));
		if (rc < 0)
			sync_failed(o->m, err_msg());
		if (rc == -ESTALE)
			worst = rc;
	}
	return worst;
}

/* If the pool is not what it was with a copy that was closed with it, it may
 * have been restored: then none is overwritten. */
static int
bring_forward(struct sync *s, struct sync_opened *list, unsigned n)
{
	int rc = make_all_equal(s, list, n, true);
	if (rc < 0) {
		s->is_held = true;
		(void)snprintf(s->hold, sizeof(s->hold),
			"the pool, or a copy, is not what it was when they "
			"were closed together");
		for (unsigned i = 0; i < n; i++)
			if (list[i].m->act == SYNC_DISCARD)
				sync_failed(list[i].m,
					"what it had is given up, and it is "
					"not equal yet: the same command goes "
					"on");
		return rc;
	}
	IGNORE(make_all_equal(s, list, n, false));
	for (unsigned i = 0; i < n; i++) {
		struct sync_opened *o = &list[i];
		if (o->m->act != SYNC_AWAY && o->m->result != SYNC_FAILED &&
			await(s, o) < 0)
			sync_failed(o->m, err_msg());
	}
	return 0;
}

static void
close_all(struct sync_opened *list, unsigned n, bool is_worked)
{
	for (unsigned i = 0; i < n; i++) {
		struct sync_member *m = list[i].m;
		struct stats st;
		stream_stats(list[i].h->st, &st);
		m->sent = st.bytes;
		bool has_all = keeper_state(list[i].h) == STATE_ATTACHED;
		int rc = handle_close(list[i].h);
		list[i].h = NULL;
		if (!is_worked || m->act == SYNC_AWAY ||
			m->result == SYNC_FAILED)
			continue;
		if (rc < 0)
			sync_failed(m, err_msg());
		else if (!has_all)
			sync_failed(
				m, "the copy was lost at the end; try again");
		else
			m->result = SYNC_DONE;
	}
}

void
sync_copies(struct sync *s)
{
	unsigned n = 0;
	if (s->is_held)
		return;
	CLEANUP(freep) struct sync_opened *list = calloc(s->n, sizeof(*list));
	if (list == NULL) {
		s->is_held = true;
		(void)snprintf(s->hold, sizeof(s->hold), "no memory");
		return;
	}
	int rc = state_room_check(s->set, &s->p.primary, s->pool->size);
	if (rc == 0)
		rc = pool_sync_files(s->pool);
	if (rc < 0) {
		s->is_held = true;
		(void)snprintf(s->hold, sizeof(s->hold), "%s", err_msg());
		return;
	}
	rc = sync_open_all(s, list, &n);
	if (rc == 0)
		rc = bring_forward(s, list, n);
	close_all(list, n, rc == 0);
}
