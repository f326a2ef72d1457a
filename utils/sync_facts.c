/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_facts.c -- what rpmem sync finds: the primary's parts, and what it and
 * its copies have lived through
 *
 * A whole primary is opened as libpmemobj opens it, so its locks keep programs
 * out until the end.  Nothing is changed.
 */
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "follow.h"
#include "pool/dirset.h"
#include "pool/inspect.h"
#include "sync_parts.h"

/* ---- the primary ---- */

static void
lost(struct sync *s, const char *why)
{
	s->primary = SYNC_LOST;
	(void)snprintf(s->primary_why, sizeof(s->primary_why), "%s", why);
}

/* does a program have one of those that are left? */
static bool
is_in_use(const struct poolset_replica *rep)
{
	for (unsigned i = 0; i < rep->nparts; i++) {
		CLEANUP(closep)
		int fd = open(rep->parts[i].path,
			O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 &&
			errno == EWOULDBLOCK)
			return true;
	}
	return false;
}

/* what the names of the parts say; 1: they are all there */
static int
look_at_names(struct sync *s)
{
	const struct poolset_replica *rep = &s->set->replicas[0];
	if (dirset_check(rep) < 0) {
		lost(s, err_msg());
		return 0;
	}
	for (unsigned i = 0; i < rep->nparts; i++) {
		const char *path = rep->parts[i].path;
		struct stat st;
		if (stat(path, &st) != 0 && errno != ENOENT)
			return err_sys(-errno, "pool part '%s'", path);
		char text[SYNC_TEXT];
		if (stat(path, &st) != 0)
			(void)snprintf(text, sizeof(text),
				"pool part '%.2000s' is missing", path);
		else if ((st.st_mode & 0777) == 0)
			(void)snprintf(text, sizeof(text),
				"pool part '%.2000s' has mode 0000: its "
				"creation, or a pmempool sync, was cut short",
				path);
		else
			continue;
		lost(s, text);
		return 0;
	}
	return 1;
}

/* a pool that is whole is not lost by what somebody has typed: 0 or -EINVAL */
static int
check_set(const struct sync *s)
{
	char text[ERR_MAX];
	struct inspect in;
	unsigned i = 0;
	int rc = inspect_replica(s->set->options, &s->set->replicas[0], &in);
	if (rc < 0)
		return rc;
	bool is_wrong = inspect_blames_set(&in);
	while (i < in.nparts && in.parts[i].is == PART_GOOD)
		i++;
	if (is_wrong && i < in.nparts) {
		inspect_text(&in, i, text);
		rc = err_set(-EINVAL,
			"%.600s; the pool in it is whole, so it is the set "
			"file that is wrong: correct %.300s, then try again",
			text, s->word);
	} else if (is_wrong) {
		rc = err_set(-EINVAL,
			"the pool needs %llu bytes, and the parts that its set "
			"names have %llu: a line is missing in %.300s, add it, "
			"then try again",
			(unsigned long long)in.heap_end,
			(unsigned long long)in.size, s->word);
	}
	inspect_free(&in);
	return rc;
}

static int
open_primary(struct sync *s)
{
	struct pool_attr attr;
	int rc = pool_open(s->set, POOL_DURABLE_MEMORY, &attr, &s->pool);
	switch (rc) {
	case 0:
		s->primary = SYNC_WHOLE;
		return 0;
	case -EBUSY:
		s->primary = SYNC_RUNNING;
		return 0;
	case -EBADMSG:
	case -EINVAL:
		lost(s, err_msg());
		return 0;
	default:
		return rc;
	}
}

int
sync_look_lost(const struct sync *s)
{
	struct sync now = {.args = s->args, .set = s->set};
	int rc = dirset_resolve(s->set);
	if (rc == 0)
		rc = look_at_names(&now);
	if (rc == 1)
		rc = open_primary(&now);
	IGNORE(pool_close(now.pool));
	if (rc < 0 || now.primary == SYNC_LOST)
		return rc;
	return err_set(now.primary == SYNC_RUNNING ? -EBUSY : -ESTALE,
		"the pool here is whole again since the plan was made, and "
		"stays as it is; try again");
}

static int
look_at_primary(struct sync *s)
{
	const struct poolset_replica *rep = &s->set->replicas[0];
	for (unsigned i = 0; i < s->set->nreplicas; i++)
		s->nlocal += !poolset_replica_is_remote(&s->set->replicas[i]);
	s->has_local = s->nlocal > 1;
	int rc = look_at_names(s);
	int bad = rc == 1 ? check_set(s) : 0;
	if (bad < 0)
		return bad;
	if (rc == 1)
		rc = open_primary(s);
	bool is_whole = s->primary == SYNC_WHOLE;
	s->is_just_made = is_whole && parts_are_just_made(rep);
	for (unsigned i = 0; i < rep->nparts; i++)
		s->has_parts |= is_whole || parts_is_there(rep, i);
	parts_find_old(rep, is_whole, s->in_the_way, sizeof(s->in_the_way));
	if (rc == 0 && s->primary == SYNC_LOST && is_in_use(rep))
		s->primary = SYNC_RUNNING;
	return rc;
}

/* ---- the copies ---- */

static int
look_at_past(struct sync *s)
{
	if (s->primary != SYNC_LOST)
		return pasts_read(&s->p, s->args->set, s->set, NULL);
	s->p = (struct pasts){.set = s->args->set};
	/* a first part that is left says whose copies they are */
	struct primary known;
	if (status_read_primary(s->set, &known) == 0)
		s->p.primary = known;
	return pasts_ask(&s->p, s->set, NULL);
}

/* Under rpmem run the replicas on this machine are a ring of their own, of
 * which remote copies see the primary alone.  A pair is told by its links. */
static void
find_links(struct sync *s)
{
	struct pool_attr *a = &s->links;
	*a = s->p.primary.attr;
	if (s->nlocal != 2 || s->set->nreplicas == 2 ||
		!uuid16_equal(a->next_uuid, a->prev_uuid))
		return;
	memcpy(a->next_uuid, a->uuid, UUID16_LEN);
	memcpy(a->prev_uuid, a->uuid, UUID16_LEN);
}

/* sets of which nobody can say whose copies they have, or no library opens */
static int
check_options(const struct sync *s)
{
	unsigned options = s->set->options;
	if ((options & POOLSET_F_NOHDRS) != 0)
		return err_set(-ENOTSUP,
			"pool set '%s' has OPTION NOHDRS: nothing says whose "
			"copies its replicas are; their program makes them "
			"equal",
			s->args->set);
	if (s->set->replicas[0].ndirs != 0 &&
		(options & POOLSET_F_SINGLEHDR) == 0)
		return err_set(-ENOTSUP,
			"pool set '%s' names a directory: it needs a line "
			"OPTION SINGLEHDR",
			s->args->set);
	return 0;
}

int
sync_look(struct sync *s, const struct sync_args *args)
{
	*s = (struct sync){.args = args, .from = -1};
	(void)shell_word(args->set, s->word);
	int rc = status_read_set(args->set, &s->set);
	if (rc == 0)
		rc = dirset_resolve(s->set);
	if (rc == 0)
		rc = follow_parts(&s->set->replicas[0]);
	if (rc == 0)
		rc = check_options(s);
	if (rc == 0)
		rc = look_at_primary(s);
	if (rc == 0)
		rc = look_at_past(s);
	find_links(s);
	return rc == 0 ? sync_look_at_members(s) : rc;
}

void
sync_forget(struct sync *s)
{
	/* nothing was stored there: nothing is to be synced */
	IGNORE(pool_close(s->pool));
	s->pool = NULL;
	freep(&s->members);
	s->n = 0;
	pasts_free(&s->p);
	poolset_free(s->set);
	s->set = NULL;
}
