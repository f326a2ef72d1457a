/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_open.c -- see sync_open.h
 *
 * All copies are opened before the first one is changed, so that they share one
 * generation and its numbers, and the rule of an open holds for those that are
 * away.
 */
#include "sync_open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uuid/uuid.h>

#include "librpmem/inquiry.h"
#include "librpmem/removal.h"
#include "links.h"

void
sync_failed(struct sync_member *m, const char *why)
{
	m->result = SYNC_FAILED;
	(void)snprintf(m->error, sizeof(m->error), "%s", why);
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
open_one(const struct sync *s, struct sync_opened *o)
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
hint(struct sync_member *m, int rc)
{
	size_t at = strlen(m->error);
	if (rc == -ENOSPC)
		(void)snprintf(m->error + at, sizeof(m->error) - at,
			"; make room at the target, and run this again");
	if (m->act != SYNC_MAKE || rc != -ENOENT)
		return;
	(void)snprintf(m->error + at, sizeof(m->error) - at,
		"; a copy needs a pool set file '%.512s' below the target's "
		"pool set directory, and the directories of its parts",
		m->c->set_name);
}

int
sync_open_all(struct sync *s, struct sync_opened *list, unsigned *n_out)
{
	for (unsigned r = 0; r < RANKS; r++)
		for (unsigned i = 0; i < s->n; i++) {
			struct sync_member *m = &s->members[i];
			struct sync_opened *o = &list[*n_out];
			if (rank(m) != r || !is_to_open(m))
				continue;
			*o = (struct sync_opened){.m = m};
			(void)snprintf(o->who, sizeof(o->who), "%.500s %.500s",
				m->c->target, m->c->set_name);
			int rc = open_one(s, o);
			if (rc == 0) {
				++*n_out;
				continue;
			}
			sync_failed(m, err_msg());
			hint(m, rc);
			if (!is_its_own(m, rc)) {
				s->is_held = true;
				(void)snprintf(s->hold, sizeof(s->hold), "%s",
					m->error);
				return rc;
			}
		}
	return 0;
}
