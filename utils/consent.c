/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * consent.c -- see consent.h
 */
#include "consent.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool
consent_can_be_asked(void)
{
	return isatty(STDIN_FILENO) == 1;
}

bool
consent_is_given(const char *to_do_what)
{
	char word[8] = "";
	(void)printf("Type \"yes\" to %s: ", to_do_what);
	(void)fflush(stdout);
	if (fgets(word, sizeof(word), stdin) != NULL)
		return strcmp(word, "yes\n") == 0;
	(void)putchar('\n'); /* ^D has ended no line */
	return false;
}
