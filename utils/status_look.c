/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * status_look.c -- how each copy stands, as its state file has it
 */
#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "librpmem/statedir.h"
#include "librpmem/statefile_read.h"
#include "setfile.h"

/* what to do about a copy that is not good */
static void
advise(struct status *s, const char *set_word)
{
	static const struct {
		const char *state;
		const char *before;
		const char *after; /* NULL: nothing stands between */
		bool is_of_copy;   /* its name does, and not the set's */
	} texts[] = {
		{"degraded", "rpmem doctor ", " finds what keeps it away",
			true},
		{"lagging", "rpmem doctor ", " looks at the target's disk",
			true},
		{"catching up", "nothing: it gets what it has missed", NULL,
			false},
		{"fenced", "rpmem lineage ", " shows what was promoted", false},
		{"refused", "rpmem lineage ", " shows why", false},
		{"behind", "rpmem sync ", " brings it up to date", false},
		{"interrupted", "rpmem sync ", " makes it equal", false},
		{"unknown", "rpmem sync ",
			" makes it equal; or ask as the "
			"user who runs the programs",
			false},
	};
	char who[TARGET_TEXT_MAX + OOB_DESC_MAX + 2];
	char word[SHELL_WORD_MAX];
	(void)snprintf(who, sizeof(who), "%s %s", s->target, s->set_name);
	(void)shell_word(who, word);
	for (size_t i = 0; !s->standing.is_good && i < ARRAY_LEN(texts); i++) {
		bool has_name = texts[i].after != NULL;
		if (strcmp(texts[i].state, s->standing.word) == 0)
			(void)snprintf(s->next, sizeof(s->next), "%s%.700s%s",
				texts[i].before,
				!has_name	      ? ""
				: texts[i].is_of_copy ? word
						      : set_word,
				has_name ? texts[i].after : "");
	}
}

/* one replica as it is reported */
static int
look(struct status *s, const struct pool_past *pool,
	const struct primary *primary, const struct poolset_replica *rep,
	const char *set_word)
{
	struct statefile_key key = {
		primary->poolset_uuid, primary->uuid, rep->node, rep->desc};
	const struct lineage_entry *open = lineage_last(&pool->lineage);
	char dir[STATEDIR_PATH_MAX];
	char name[STATEDIR_NAME_MAX];
	*s = (struct status){.target = rep->node, .set_name = rep->desc};
	if (strlen(rep->node) >= TARGET_TEXT_MAX ||
		strlen(rep->desc) >= OOB_DESC_MAX)
		return err_set(-EINVAL, "pool set line %u: a name is too long",
			rep->line);
	int rc = statedir_path(dir);
	if (rc < 0)
		return rc;
	statedir_name(&key, name);
	(void)snprintf(s->path, sizeof(s->path), "%s/%s", dir, name);
	s->view = malloc(sizeof(*s->view));
	if (s->view == NULL)
		return err_set(-ENOMEM, "no memory for a state file");
	rc = statefile_read(s->path, s->view);
	if (rc == -ENOENT)
		(void)snprintf(s->why, sizeof(s->why),
			"no program of this user has had this copy open on "
			"this machine, with this RPMEM_STATE_DIR");
	else if (rc < 0)
		(void)snprintf(s->why, sizeof(s->why), "%s", err_msg());
	if (rc < 0)
		freep(&s->view);
	s->standing = pool_past_standing(pool, s->view);
	advise(s, set_word);
	s->without = pool_past_without(pool, s->view);
	if (open != NULL)
		generation_text(open->generation, s->generation);
	return 0;
}

int
statuses_read(struct statuses *s, const char *path)
{
	struct primary primary;
	struct pool_past pool;
	char word[SHELL_WORD_MAX];
	*s = (struct statuses){.set = path, .is_good = true};
	int rc = status_read_set(path, &s->poolset);
	if (rc == 0) {
		rc = status_read_primary(s->poolset, &primary);
		if (rc < 0)
			rc = part_error(rc, path);
	}
	if (rc == 0)
		rc = parts_look(s->poolset, &s->here);
	if (rc == 0)
		rc = pool_past_read(&pool, s->poolset, &primary);
	if (rc < 0)
		return rc;
	s->is_good = s->here.nbad == 0;
	s->list = calloc(s->poolset->nreplicas, sizeof(*s->list));
	if (s->list == NULL)
		return err_set(-ENOMEM, "no memory for a report");
	(void)shell_word(path, word);
	for (unsigned i = 0; rc == 0 && i < s->poolset->nreplicas; i++) {
		const struct poolset_replica *rep = &s->poolset->replicas[i];
		if (!poolset_replica_is_remote(rep))
			continue;
		struct status *one = &s->list[s->n++];
		rc = look(one, &pool, &primary, rep, word);
		s->is_good = s->is_good && one->standing.is_good;
	}
	return rc;
}

void
statuses_free(struct statuses *s)
{
	for (unsigned i = 0; i < s->n; i++)
		freep(&s->list[i].view);
	freep(&s->list);
	poolset_free(s->poolset);
	*s = (struct statuses){.n = 0};
}

uint64_t
status_lag(const struct status *s)
{
	if (s->view == NULL)
		return 0;
	uint64_t appended = live_get(&s->view->live.appended_seq);
	uint64_t acked = live_get(&s->view->live.acked_seq);
	return appended > acked ? appended - acked : 0;
}
