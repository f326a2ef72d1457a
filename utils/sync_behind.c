/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_behind.c -- of a pool that is lost: which copies are behind, and what
 * its header named, as this machine has it on record
 *
 * The files of the state directory outlive the pool.  Without its header the
 * uuids by which they are named are known from what a copy has on record, and
 * from the names themselves.
 */
#include "sync.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "librpmem/lineagefile.h"
#include "librpmem/standing.h"

/* the uuid of the set of which a lineage file of this primary is */
static bool
find_poolset(const char *dir, struct primary *p)
{
	char uuid[UUID16_TEXT_LEN];
	char end[UUID16_TEXT_LEN + sizeof(LINEAGEFILE_SUFFIX) + 1];
	char first[UUID16_TEXT_LEN];
	bool is_found = false;
	DIR *d = opendir(dir);
	if (d == NULL)
		return false;
	(void)snprintf(end, sizeof(end), "-%s" LINEAGEFILE_SUFFIX,
		uuid16_text(p->uuid, uuid));
	for (struct dirent *e = readdir(d); e != NULL && !is_found;
		e = readdir(d)) {
		size_t len = strlen(e->d_name);
		if (len != sizeof(first) - 1 + strlen(end) ||
			strcmp(e->d_name + sizeof(first) - 1, end) != 0)
			continue;
		(void)snprintf(first, sizeof(first), "%.36s", e->d_name);
		is_found = uuid_parse(first, p->poolset_uuid) == 0;
	}
	(void)closedir(d);
	return is_found;
}

/* the primary that is lost; false: nothing says which one it was */
static bool
who_was_it(const struct sync *s, const char *dir, struct primary *out)
{
	*out = s->p.primary;
	if (!uuid16_is_zero(out->uuid))
		return true;
	for (unsigned i = 0; i < s->n; i++) {
		const struct copy_past *c = s->members[i].c;
		if (c->asked != 0 || !(c->reply.flags & OOB_COPY_F_RECORD) ||
			uuid16_is_zero(c->reply.primary_uuid))
			continue;
		memcpy(out->uuid, c->reply.primary_uuid, UUID16_LEN);
		if (find_poolset(dir, out))
			return true;
	}
	/* the header of a copy may name it, too, with or without a record */
	for (unsigned i = 0; i < s->n; i++) {
		const struct pool_attr *a = &s->members[i].attr;
		if (uuid16_is_zero(a->uuid) ||
			!uuid16_equal(a->prev_uuid, a->next_uuid))
			continue;
		memcpy(out->poolset_uuid, a->poolset_uuid, UUID16_LEN);
		memcpy(out->uuid, a->prev_uuid, UUID16_LEN);
		return true;
	}
	return false;
}

/* what the state file of a copy says */
static void
look_at_file(const char *dir, const struct primary *p, struct sync *s,
	struct sync_member *m)
{
	struct statefile_key key = {
		p->poolset_uuid, p->uuid, m->c->target, m->c->set_name};
	char name[STATEDIR_NAME_MAX];
	char path[STATEDIR_PATH_MAX + STATEDIR_NAME_MAX];
	CLEANUP(freep) struct statefile_view *view = malloc(sizeof(*view));
	if (view == NULL)
		return;
	statedir_name(&key, name);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (statefile_read(path, view) < 0)
		return;
	uint32_t flags = view->record.flags;
	m->is_behind = (flags & STATEFILE_F_ALONE) != 0 ||
		       strcmp(standing_of(view).word, "behind") == 0;
	if (flags & (STATEFILE_F_STAR | STATEFILE_F_RING))
		s->recorded = flags & STATEFILE_F_RING ? SYNC_LINKS_RING
						       : SYNC_LINKS_STAR;
}

/* has a program with this state directory been in the copy's last generation,
 * or ended it? */
static bool
has_last_of(const struct lineage *ours, const struct copy_past *c)
{
	const struct lineage_entry *last = lineage_last(&c->lineage);
	for (uint32_t i = 0; last != NULL && i < ours->n; i++)
		if (uuid16_equal(ours->entry[i].generation, last->generation))
			return true;
	return false;
}

void
sync_look_behind(struct sync *s)
{
	char dir[STATEDIR_PATH_MAX];
	char name[LINEAGEFILE_NAME_MAX];
	char path[STATEDIR_PATH_MAX + LINEAGEFILE_NAME_MAX];
	struct lineagefile_record r;
	struct primary p;
	bool is_held = false;
	if (s->primary != SYNC_LOST || statedir_path(dir) < 0 ||
		!who_was_it(s, dir, &p))
		return;
	lineagefile_name(p.poolset_uuid, p.uuid, name);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (lineagefile_read(path, &r, &is_held) < 0)
		r.lineage.n = 0;
	s->is_recorded = r.lineage.n != 0;
	/* its parts have no names any more, but it has them */
	s->is_unlinked = is_held;
	if (is_held)
		s->primary = SYNC_RUNNING;
	for (unsigned i = 0; i < s->n; i++) {
		struct sync_member *m = &s->members[i];
		bool is_out = r.lineage.n != 0 && m->c->id != 0 &&
			      !lineage_has_member(&r.lineage, m->c->id);
		m->is_recorded = has_last_of(&r.lineage, m->c);
		look_at_file(dir, &p, s, m);
		m->is_behind = m->is_behind || is_out;
	}
}
