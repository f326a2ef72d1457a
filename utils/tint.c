/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * tint.c -- see tint.h
 */
#include "tint.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
has_colours(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	return (no == NULL || no[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO) == 1;
}

const char *
tint_on(enum tint tint)
{
	static const char *const codes[] = {[TINT_GOOD] = "\033[32m",
		[TINT_NOTE] = "\033[33m",
		[TINT_BAD] = "\033[31m"};
	return has_colours() ? codes[tint] : "";
}

const char *
tint_off(void)
{
	return has_colours() ? "\033[0m" : "";
}
