/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * minreplicas.c -- see minreplicas.h
 *
 * The number is that of the set's copies, which is not known here: one that is
 * larger than the set is a set whose durable calls never return, and whoever
 * knows the set says so.  0 is refused: it could mean "none but the primary"
 * to one reader and "not even the primary" to another.
 */
#include "librpmem/minreplicas.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/env.h"
#include "base/err.h"

int
minreplicas_fits(unsigned min, bool survives, bool is_explicit)
{
	if (min < 2 || survives || !is_explicit)
		return 0;
	return err_set(-EINVAL,
		"environment variable " MINREPLICAS_VARIABLE
		" is %u and RPMEM_ON_LOSS is fail: a copy that is lost is left "
		"out then, and no call waits for it; use RPMEM_ON_LOSS=block "
		"or continue, or unset one of the two",
		min);
}

int
minreplicas_parse(const char *text, unsigned *min_out)
{
	uint64_t min = 0;
	*min_out = 0;
	if (text == NULL || text[0] == '\0')
		return 0;
	if (parse_u64(text, 1, MINREPLICAS_MAX, &min) < 0)
		return err_set(-EINVAL,
			"environment variable " MINREPLICAS_VARIABLE
			" is '%.100s': expected how many copies, the primary "
			"included, from 1 to %u; unset it for no minimum",
			text, MINREPLICAS_MAX);
	*min_out = (unsigned)min;
	return 0;
}
