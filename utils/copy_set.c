/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_set.c -- see copy_set.h
 */
#include "copy_set.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "pool/state.h"

bool
copy_set_told(const char *path, char out[COPY_SET_TEXT_MAX])
{
	static struct state_view view;
	char record[PATH_MAX];
	char dir[PATH_MAX];
	char base[PATH_MAX];
	char words[2][SHELL_WORD_MAX];
	int n = snprintf(record, sizeof(record), "%s" STATE_SUFFIX, path);
	if (n < 0 || (size_t)n >= sizeof(record))
		return false;
	if (state_look(&view, AT_FDCWD, record) < 0) {
		err_clear();
		return false;
	}
	if ((view.state.flags & STATE_F_PROMOTED) != 0)
		return false;
	(void)snprintf(dir, sizeof(dir), "%s", path);
	(void)snprintf(base, sizeof(base), "%s", path);
	(void)snprintf(out, COPY_SET_TEXT_MAX,
		"it is the set of a copy, which rpmemd serves, and not of a "
		"pool: rpmem info --copy %s %s shows the copy, rpmem promote "
		"makes a pool of it; rpmem check, at its initiator, looks at "
		"all",
		shell_word(dirname(dir), words[0]),
		shell_word(basename(base), words[1]));
	return true;
}
