/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd_status.c -- rpmem status: how the copies of a pool stand
 *
 * Only files of this machine are read: the pool set, the header of the
 * primary, which says whose copies they are, and the state file of each copy.
 * No target is asked, and no program is disturbed.
 */
#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd.h"
#include "librpmem/statedir.h"
#include "librpmem/statefile_read.h"
#include "options.h"
#include "report.h"
#include "status.h"

struct args {
	const char *set;
	bool json;
};

static error_t
parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->json;
		return 0;
	case ARGP_KEY_ARG:
		if (a->set != NULL)
			argp_error(state, "more than one SET is given");
		a->set = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->set == NULL)
			argp_error(state, "SET is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* one replica as it is reported; freed by the caller */
static int
look(struct status *s, const struct pool_past *pool,
	const struct primary *primary, const struct poolset_replica *rep)
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
	s->standing = standing_of(s->view);
	s->without = pool_past_without(pool, s->view);
	if (open != NULL)
		generation_text(open->generation, s->generation);
	return 0;
}

/* text: each at once; JSON: appended to `list` */
static int
report_all(const struct poolset *set, const struct primary *primary,
	json_t *list, bool *is_good_out)
{
	struct pool_past pool;
	int rc = pool_past_read(&pool, set, primary);
	*is_good_out = true;
	for (unsigned i = 0; rc == 0 && i < set->nreplicas; i++) {
		struct status s;
		if (!poolset_replica_is_remote(&set->replicas[i]))
			continue;
		rc = look(&s, &pool, primary, &set->replicas[i]);
		if (rc == 0 && list != NULL)
			rc = status_json(&s, list);
		else if (rc == 0)
			status_print(&s);
		*is_good_out = *is_good_out && s.standing.is_good;
		free(s.view);
	}
	return rc;
}

static int
report_json(const char *path, const struct poolset *set,
	const struct primary *primary, bool *is_good_out)
{
	json_t *list = json_array();
	if (list == NULL)
		return err_set(-ENOMEM, "no memory for the report");
	int rc = report_all(set, primary, list, is_good_out);
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	return json_report(json_pack("{s:i, s:s, s:b, s:o}", "version", 1,
		"poolset", path, "good", *is_good_out, "replicas", list));
}

int
cmd_status(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&options_json, 0, NULL, 0}, {0}};
	static const struct argp argp = {.parser = parse_opt,
		.children = children,
		.args_doc = "SET",
		.doc = "Show how the remote replicas of the pool set file SET "
		       "stand, as the programs that write to the pool on this "
		       "machine know it.  No target is asked."};
	struct args a = {0};
	struct poolset *set = NULL;
	struct primary primary;
	bool is_good = false;
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return CMD_USAGE;
	int rc = status_read_set(a.set, &set);
	if (rc == 0)
		rc = status_read_primary(set, &primary);
	if (rc == 0 && a.json)
		rc = report_json(a.set, set, &primary, &is_good);
	else if (rc == 0)
		rc = report_all(set, &primary, NULL, &is_good);
	poolset_free(set);
	if (rc < 0) {
		(void)fprintf(stderr, "rpmem status: %s\n", err_msg());
		return CMD_CANNOT_RUN;
	}
	return is_good ? CMD_OK : CMD_NEGATIVE;
}
