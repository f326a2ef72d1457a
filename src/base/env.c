/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * env.c -- see env.h
 */
#include "base/env.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

int
parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value_out)
{
	/* strtoull would take blanks and a minus sign */
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	char *end = NULL;
	errno = 0;
	unsigned long long v = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || v < min || v > max)
		return -EINVAL;
	*value_out = v;
	return 0;
}

int
env_u64(const char *name, uint64_t min, uint64_t max, uint64_t *value_out)
{
	const char *text = getenv(name);
	if (text == NULL || text[0] == '\0')
		return 0;
	if (parse_u64(text, min, max, value_out) == 0)
		return 0;
	return err_set(-EINVAL,
		"environment variable %s is '%s': expected a number from %llu "
		"to %llu",
		name, text, (unsigned long long)min, (unsigned long long)max);
}
