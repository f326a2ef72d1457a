/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_next.c -- what is to be done once a pool set file is as it should be
 */
#include <string.h>

#include "librpmem/target.h"
#include "set_cmd.h"

/* where the command is to be given */
static const char *
node_of(const char *target, struct target *t)
{
	return target_parse(target, t) == 0 ? t->node : target;
}

void
set_note_target(struct findings *f, const struct poolset *set,
	const struct poolset_replica *r)
{
	struct target t;
	char who[ERR_MAX];
	char size[POOLSET_SIZE_TEXT_MAX];
	char word[SHELL_WORD_MAX];
	uint64_t bytes = set_pool_size(set);
	bool is_single = (set->options & POOLSET_F_SINGLEHDR) != 0;
	if (!poolset_replica_is_remote(r))
		return;
	(void)snprintf(who, sizeof(who), "%s %s", r->node, r->desc);
	findings_add(f, LEVEL_NOTE, "target-set", who,
		"its target needs a pool set file %s, in the directory that "
		"rpmemd has there (--poolset-dir, for ssh the home directory)",
		r->desc);
	findings_fix(f,
		"at %s, in that directory: rpmem set new %s --for-target%s "
		"--part %s:/PATH",
		node_of(r->node, &t), shell_word(r->desc, word),
		is_single ? " --singlehdr" : "",
		bytes != 0 ? poolset_size_text(bytes, size) : "SIZE");
}
