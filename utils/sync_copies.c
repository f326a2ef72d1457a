/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_copies.c -- each copy becomes what the primary is
 *
 * As a program's open does it, by the same functions: all copies are opened
 * before the first one is changed, so that they share one generation and its
 * numbers, and the rule of an open holds for those that are away.  The pool is
 * locked, so nothing changes here meanwhile; it is closed in order, and the
 * next program finds its copies equal.
 */
#include "sync.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "base/checked.h"
#include "librpmem/handle.h"
#include "librpmem/inquiry.h"
#include "librpmem/keeper.h"
#include "librpmem/removal.h"
#include "librpmem/stream_resend.h"
#include "links.h"
#include "progress.h"

#define POLL_MS 10u
/* a copy that is lost may come back for so long, in silence limits */
#define LOST_LIMITS 3u

struct opened {
	struct sync_member *m;
	struct rpmem_pool *h; /* NULL: it is not open */
	char who[ERR_MAX];
};

static void
failed(struct sync_member *m, const char *why)
{
	m->result = SYNC_FAILED;
	(void)snprintf(m->error, sizeof(m->error), "%s", why);
}

static void
sleep_ms(unsigned ms)
{
	struct timespec ts = {.tv_nsec = (long)ms * (long)NS_PER_MS};
	(void)nanosleep(&ts, NULL);
}

/* ---- before they are opened ---- */

static int
discard(const struct sync *s, const struct sync_member *m)
{
	struct pool_attr attr;
	struct inquiry_discard d = {.target = m->c->target,
		.set_name = m->c->set_name,
		.primary_uuid = s->p.primary.uuid,
		.attr = &attr,
		.agreed = &m->c->reply,
		.pool_size = s->pool->size};
	int rc = links_in_set(&s->p.primary.attr, s->set, m->c->at, &attr);
	return rc == 0 ? inquiry_discard(&d) : rc;
}

/* ---- opening ---- */

/* header of a copy that is made; only a ring of four and more cannot be told */
static int
make_attr(const struct sync *s, const struct sync_member *m,
	uint8_t bytes[ATTR_SIZE])
{
	struct pool_attr attr;
	int rc = links_in_set(&s->p.primary.attr, s->set, m->c->at, &attr);
	if (rc < 0)
		return err_set(rc,
			"the headers of a set with %u replicas that was made "
			"without rpmem run name each other, and this one's "
			"place is not known here: pmempool sync makes it",
			s->set->nreplicas);
	if (uuid16_is_zero(attr.uuid))
		uuid_generate(attr.uuid);
	attr_encode(&attr, bytes);
	return 0;
}

static int
open_one(const struct sync *s, struct opened *o)
{
	uint8_t attr[ATTR_SIZE];
	struct handle_args a = {.target = o->m->c->target,
		.set_name = o->m->c->set_name,
		.addr = s->pool->base,
		.size = s->pool->size,
		.nlanes = 1,
		.is_owner = true,
		.is_tool = true,
		.adopts = s->is_foreign};
	bool is_made = o->m->act == SYNC_MAKE;
	int rc = is_made ? make_attr(s, o->m, attr) : 0;
	if (o->m->act == SYNC_DISCARD)
		rc = discard(s, o->m);
	/* what was promoted is made anew by nobody, but when it is given up */
	if (rc == 0 && is_made && o->m->is_gone)
		rc = sync_still_gone(o->m);
	if (rc == 0 && is_made && o->m->is_gone &&
		(o->m->c->reply.flags & OOB_COPY_F_PROMOTED) != 0)
		rc = removal_run(a.target, a.set_name, OOB_REMOVE_F_FORCE);
	if (is_made)
		a.create_attr = attr;
	return rc == 0 ? handle_open(&a, &o->h) : rc;
}

#define RANKS 5u

/* The one whose lineage the pool takes comes first, those that are away next:
 * whether an open goes on is known before anything is changed. */
static unsigned
rank(const struct sync_member *m)
{
	const uint32_t is = OOB_COPY_F_REBUILT | OOB_COPY_F_LENT;
	switch (m->act) {
	case SYNC_NOTHING:
	case SYNC_FORWARD:
	case SYNC_COMPARE:
		return m->c->reply.flags & is ? 0 : 2;
	case SYNC_AWAY:
		return 1;
	/* nothing is given up, or made, for an open that does not go on */
	case SYNC_DISCARD:
		return 3;
	case SYNC_MAKE:
		return 4;
	case SYNC_REFUSED:
	case SYNC_PROGRAM:
		break;
	}
	return RANKS; /* never */
}

static bool
is_to_open(const struct sync_member *m)
{
	return m->act != SYNC_REFUSED && m->act != SYNC_PROGRAM &&
	       m->result != SYNC_FAILED;
}

/* only this one, or may no open go on? */
static bool
is_its_own(const struct sync_member *m, int rc)
{
	return m->act == SYNC_MAKE || m->act == SYNC_DISCARD ||
	       (m->act == SYNC_COMPARE && rc == -ESTALE);
}

static void
hint_no_set(struct sync_member *m, int rc)
{
	size_t at = strlen(m->error);
	if (m->act != SYNC_MAKE || rc != -ENOENT)
		return;
	(void)snprintf(m->error + at, sizeof(m->error) - at,
		"; a copy needs a pool set file '%.512s' below the target's "
		"pool set directory, and the directories of its parts",
		m->c->set_name);
}

/* 0, or -errno: none may be touched, hold says why */
static int
open_all(struct sync *s, struct opened *list, unsigned *n_out)
{
	for (unsigned r = 0; r < RANKS; r++)
		for (unsigned i = 0; i < s->n; i++) {
			struct sync_member *m = &s->members[i];
			struct opened *o = &list[*n_out];
			if (rank(m) != r || !is_to_open(m))
				continue;
			*o = (struct opened){.m = m};
			(void)snprintf(o->who, sizeof(o->who), "%.500s %.500s",
				m->c->target, m->c->set_name);
			int rc = open_one(s, o);
			if (rc == 0) {
				++*n_out;
				continue;
			}
			failed(m, err_msg());
			hint_no_set(m, rc);
			if (!is_its_own(m, rc)) {
				s->is_held = true;
				(void)snprintf(s->hold, sizeof(s->hold), "%s",
					m->error);
				return rc;
			}
		}
	return 0;
}

/* ---- making them equal ---- */

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
make_equal(struct sync *s, struct opened *o, const char *step)
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
done_of(struct opened *o, uint64_t size)
{
	const struct remember *m = &o->h->keeper.memory;
	uint64_t compared = size;
	if (m->has_file && !live_get(&m->file.live->is_settled))
		compared = min_u64(live_get(&m->file.live->scanned_to), size);
	uint64_t dirty = stream_dirty(o->h->st);
	return compared > dirty ? compared - dirty : 0;
}

static int
given_up(const struct opened *o, enum state state)
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
await(struct sync *s, struct opened *o)
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
make_all_equal(struct sync *s, struct opened *list, unsigned n, bool known)
{
	int worst = 0;
	for (unsigned i = 0; i < n; i++) {
		struct opened *o = &list[i];
		if (o->m->act == SYNC_AWAY ||
			(o->m->act == SYNC_NOTHING) != known)
			continue;
		int rc = make_equal(s, o, step_name(o->m));
		if (rc < 0)
			failed(o->m, err_msg());
		if (rc == -ESTALE)
			worst = rc;
	}
	return worst;
}

/* If the pool is not what it was with a copy that was closed with it, it may
 * have been restored: then none is overwritten. */
static int
bring_forward(struct sync *s, struct opened *list, unsigned n)
{
	int rc = make_all_equal(s, list, n, true);
	if (rc < 0) {
		s->is_held = true;
		(void)snprintf(s->hold, sizeof(s->hold),
			"the pool, or a copy, is not what it was when they "
			"were closed together");
		for (unsigned i = 0; i < n; i++)
			if (list[i].m->act == SYNC_DISCARD)
				failed(list[i].m,
					"what it had is given up, and it is "
					"not equal yet: the same command goes "
					"on");
		return rc;
	}
	IGNORE(make_all_equal(s, list, n, false));
	for (unsigned i = 0; i < n; i++) {
		struct opened *o = &list[i];
		if (o->m->act != SYNC_AWAY && o->m->result != SYNC_FAILED &&
			await(s, o) < 0)
			failed(o->m, err_msg());
	}
	return 0;
}

static void
close_all(struct opened *list, unsigned n, bool is_worked)
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
			failed(m, err_msg());
		else if (!has_all)
			failed(m, "the copy was lost at the end; try again");
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
	CLEANUP(freep) struct opened *list = calloc(s->n, sizeof(*list));
	if (list == NULL) {
		s->is_held = true;
		(void)snprintf(s->hold, sizeof(s->hold), "no memory");
		return;
	}
	int rc = pool_sync_files(s->pool);
	if (rc < 0) {
		s->is_held = true;
		(void)snprintf(s->hold, sizeof(s->hold), "%s", err_msg());
		return;
	}
	rc = open_all(s, list, &n);
	if (rc == 0)
		rc = bring_forward(s, list, n);
	close_all(list, n, rc == 0);
}
