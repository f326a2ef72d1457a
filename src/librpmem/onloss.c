/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * onloss.c -- see onloss.h
 *
 * The default of an owner is to go on: libpmemobj cannot take an error at its
 * flushes, it dies of it.  Every other caller looks at the result, and would
 * take half a copy for a whole one: its handles always fail.
 */
#include "librpmem/onloss.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define MS_MAX 86400000UL /* a day */

static int
bad(const char *text)
{
	return err_set(-EINVAL,
		"environment variable RPMEM_ON_LOSS is '%.100s': expected "
		"fail, continue, block, block:MS:fail or block:MS:continue",
		text);
}

static int
parse_block(const char *text, struct onloss *out)
{
	const char *p = text + strlen("block");
	char *end = NULL;
	out->blocks = true;
	out->block_ms = UINT64_MAX;
	if (*p == '\0')
		return 0;
	if (*p++ != ':' || !isdigit((unsigned char)*p))
		return bad(text);
	errno = 0;
	out->block_ms = strtoul(p, &end, 10);
	if (errno != 0 || out->block_ms > MS_MAX || *end != ':')
		return bad(text);
	out->then_fails = strcmp(end + 1, "fail") == 0;
	if (!out->then_fails && strcmp(end + 1, "continue") != 0)
		return bad(text);
	return 0;
}

int
onloss_parse(const char *text, bool is_owner, struct onloss *out)
{
	int rc = 0;
	*out = (struct onloss){.survives = true};
	if (text == NULL || text[0] == '\0' || strcmp(text, "continue") == 0)
		out->survives = true;
	else if (strcmp(text, "fail") == 0)
		out->survives = false;
	else if (strncmp(text, "block", strlen("block")) == 0)
		rc = parse_block(text, out);
	else
		rc = bad(text);
	if (!is_owner)
		*out = (struct onloss){.survives = false};
	return rc;
}

int
onfenced_parse(const char *text, bool *aborts_out)
{
	bool is_set = text != NULL && text[0] != '\0';
	*aborts_out = !is_set || strcmp(text, "abort") == 0;
	if (*aborts_out || strcmp(text, "fail") == 0)
		return 0;
	return err_set(-EINVAL,
		"environment variable RPMEM_ON_FENCED is '%.100s': expected "
		"abort or fail",
		text);
}
