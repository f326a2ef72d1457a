/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * states.c -- see states.h
 *
 * What is not in the table is a bug of the caller, which asserts it.  A copy
 * that is lost while it is tried (DEGRADED, LOST) stays what it is.
 */
#include "librpmem/states.h"

#include <stddef.h>

#include "base/compiler.h"

static const struct {
	enum state from;
	enum event event;
	enum state to;
} table[] = {
	{STATE_ATTACHED, EVENT_LOST, STATE_DEGRADED},
	{STATE_ATTACHED, EVENT_STUCK, STATE_LAGGING},
	{STATE_LAGGING, EVENT_PROGRESS, STATE_ATTACHED},
	{STATE_LAGGING, EVENT_LOST, STATE_DEGRADED},
	{STATE_ATTACHED, EVENT_BEHIND, STATE_CATCHING_UP},
	{STATE_DEGRADED, EVENT_LOST, STATE_DEGRADED},
	{STATE_DEGRADED, EVENT_RECONNECTED, STATE_CATCHING_UP},
	{STATE_DEGRADED, EVENT_PROMOTED, STATE_FENCED},
	/* told by the target itself, in the stream */
	{STATE_ATTACHED, EVENT_PROMOTED, STATE_FENCED},
	{STATE_LAGGING, EVENT_PROMOTED, STATE_FENCED},
	{STATE_CATCHING_UP, EVENT_PROMOTED, STATE_FENCED},
	{STATE_DEGRADED, EVENT_NOT_OURS, STATE_REFUSED},
	{STATE_CATCHING_UP, EVENT_LOST, STATE_DEGRADED},
	{STATE_CATCHING_UP, EVENT_CAUGHT_UP, STATE_ATTACHED},
};

int
state_after(enum state from, enum event event)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].from == from && table[i].event == event)
			return (int)table[i].to;
	return STATE_NONE;
}

const char *
state_name(enum state state)
{
	switch (state) {
	case STATE_ATTACHED:
		return "attached";
	case STATE_LAGGING:
		return "lagging";
	case STATE_DEGRADED:
		return "degraded";
	case STATE_CATCHING_UP:
		return "catching up";
	case STATE_FENCED:
		return "fenced";
	case STATE_REFUSED:
		return "refused";
	}
	return "?";
}

bool
state_is_tried(enum state state)
{
	return state == STATE_DEGRADED;
}
