/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * catchup_rules.c -- which step of catching up follows which (pure)
 */
#include <errno.h>

#include "base/err.h"
#include "rpmemd/catchup.h"

static const struct {
	enum catchup_mode from;
	enum catchup_event event;
	enum catchup_mode to;
} rules[] = {
	{CATCHUP_DIRECT, CATCHUP_BEGIN, CATCHUP_JOURNALLING},
	{CATCHUP_DIRECT, CATCHUP_BEGIN_MARKED, CATCHUP_MARKED},
	{CATCHUP_JOURNALLING, CATCHUP_OVERFLOW, CATCHUP_MARKED},
	{CATCHUP_JOURNALLING, CATCHUP_END, CATCHUP_DRAINING},
	{CATCHUP_MARKED, CATCHUP_END, CATCHUP_DIRECT},
	{CATCHUP_DRAINING, CATCHUP_DRAINED, CATCHUP_DIRECT},
};

int
catchup_next(enum catchup_mode from, enum catchup_event event,
	enum catchup_mode *to_out)
{
	static const char *const modes[] = {
		[CATCHUP_DIRECT] = "it is not being caught up",
		[CATCHUP_JOURNALLING] = "it is being caught up already",
		[CATCHUP_MARKED] = "it is being caught up already",
		[CATCHUP_DRAINING] = "it has just been caught up",
	};
	for (unsigned i = 0; i < ARRAY_LEN(rules); i++) {
		if (rules[i].from != from || rules[i].event != event)
			continue;
		*to_out = rules[i].to;
		return 0;
	}
	return err_set(-EPROTO,
		"a step of catching the copy up at the wrong time: %s",
		modes[from]);
}
