/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * check_internal.h -- what the files of check.h share
 */
#ifndef RPMEM_UTILS_CHECK_INTERNAL_H
#define RPMEM_UTILS_CHECK_INTERNAL_H

#include "check.h"
#include "setfile.h"

/* one copy, while it is judged */
struct judging {
	const struct set_look *l;
	const struct remote_look *r;
	struct findings *f;
	char who[COPY_TITLE_MAX];
	char word[SHELL_WORD_MAX]; /* the same for a shell */
};

/* what its target has on record of it, and what an open makes of that */
void check_record(const struct judging *j);

/* what this machine remembers of it */
void check_memory(const struct judging *j);

#endif
