/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage_copy.c -- see lineage_copy.h
 *
 * Nothing is locked: whoever holds the copy is not disturbed.
 */
#include "lineage_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "lineage_words.h"
#include "pool/state.h"
#include "report.h"
#include "setfile.h"
#include "wire/oob.h"

struct copy_record {
	const char *dir; /* borrowed */
	const char *name;
	enum past past;
	struct state_view view;
};

/* as LINEAGE_REPLY has them */
static uint32_t
flags_of(const struct state_view *v)
{
	return v->state.flags | (v->is_promoting ? OOB_LINEAGE_F_PROMOTING : 0);
}

/* as a session would tell it */
static uint64_t
last_seq(const struct state_view *v)
{
	if ((v->state.flags & (STATE_F_SUSPECT | STATE_F_UNWRITTEN)) != 0)
		return 0;
	return state_is_this_boot(&v->state)
		       ? max_u64(v->mapped, v->state.applied_seq)
		       : v->state.applied_seq;
}

static int
no_record(int rc, const char *dir, const char *name)
{
	char why[ERR_MAX];
	char words[2][SHELL_WORD_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	return err_set(rc,
		"copy '%.200s' in '%.200s' has no record that can be read "
		"(%.200s): rpmem info --copy %.200s %.200s shows what is there",
		name, dir, why, shell_word(dir, words[0]),
		shell_word(name, words[1]));
}

static int
read_record(struct copy_record *c, const char *dir, const char *name)
{
	char path[OOB_DESC_MAX + sizeof(STATE_SUFFIX)];
	*c = (struct copy_record){.dir = dir, .name = name};
	if (name[0] == '/' || strlen(name) >= OOB_DESC_MAX)
		return err_set(-EINVAL,
			"'%s' is no name of a copy: that of its pool set file, "
			"below %s",
			name, dir);
	CLEANUP(closep)
	int dirfd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (dirfd < 0)
		return err_sys(-errno,
			"pool set directory '%s' (--copy DIR is the "
			"--poolset-dir of rpmemd, at the target)",
			dir);
	(void)snprintf(path, sizeof(path), "%s" STATE_SUFFIX, name);
	int rc = state_look(&c->view, dirfd, path);
	if (rc < 0)
		return no_record(rc, dir, name);
	c->past = PAST_NONE;
	if (c->view.lineage.is == STATE_LINEAGE_LOST ||
		(c->view.state.flags & STATE_F_UNKNOWN) != 0)
		c->past = PAST_LOST;
	else if (c->view.lineage.is == STATE_LINEAGE_HAS)
		c->past = PAST_KNOWN;
	return 0;
}

static void
print_record(const struct copy_record *c)
{
	char flags[256];
	char primary[UUID16_TEXT_LEN];
	const struct state *s = &c->view.state;
	copy_flags_text(flags_of(&c->view), flags, sizeof(flags));
	(void)printf("%s in %s\n  record         %s; last record %" PRIu64 "\n",
		c->name, c->dir, flags, last_seq(&c->view));
	if ((s->flags & STATE_F_RECORD) != 0 &&
		!uuid16_is_zero(s->primary_uuid))
		(void)printf("  primary        %s\n",
			uuid16_text(s->primary_uuid, primary));
	(void)printf("  its own id     %016" PRIx64 "\n  lineage        %s\n",
		s->copy_id, past_name(c->past));
	lineage_print(&c->view.lineage.lineage, NULL);
}

static json_t *
record_json(const struct copy_record *c)
{
	char primary[UUID16_TEXT_LEN];
	char id[17];
	const struct state *s = &c->view.state;
	(void)snprintf(id, sizeof(id), "%016" PRIx64, s->copy_id);
	return json_pack("{s:i, s:s, s:s, s:b, s:o, s:s, s:s, s:I, s:o}",
		"version", 1, "directory", c->dir, "name", c->name, "good",
		c->past != PAST_LOST, "flags",
		copy_flags_json(flags_of(&c->view)), "primary",
		uuid16_text(s->primary_uuid, primary), "id", id, "last_seq",
		(json_int_t)last_seq(&c->view), "lineage",
		lineage_json(c->past, &c->view.lineage.lineage, NULL));
}

int
copy_report(const struct copy_report_args *a, bool *is_good_out)
{
	struct copy_record c;
	int rc = read_record(&c, a->dir, a->name);
	if (rc < 0)
		return rc;
	*is_good_out = c.past != PAST_LOST;
	if (a->json)
		return json_report(record_json(&c));
	print_record(&c);
	return 0;
}
