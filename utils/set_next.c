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

/* a key, and an rpmemd: what is missing is found out by one command */
static void
note_way(struct findings *f, const struct poolset_replica *r, const char *who)
{
	struct target t;
	char words[2][SHELL_WORD_MAX];
	bool is_tcp = target_parse(r->node, &t) == 0 && t.kind == TARGET_TCP;
	findings_add(f, LEVEL_NOTE, "way", who,
		is_tcp ? "an rpmemd has to listen there, and both sides need "
			 "the same key (rpmem keygen, once)"
		       : "ssh has to get there without a question, and find "
			 "an rpmemd");
	findings_fix(f, "rpmem doctor %s %s says what is missing on the way",
		shell_word(r->node, words[0]), shell_word(r->desc, words[1]));
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
	note_way(f, r, who);
}
