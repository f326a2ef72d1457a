/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * states.h -- a secondary's life, as one table (pure)
 */
#ifndef RPMEM_LIBRPMEM_STATES_H
#define RPMEM_LIBRPMEM_STATES_H

#include <stdbool.h>

enum state {
	STATE_ATTACHED,	   /* follows the primary */
	STATE_LAGGING,	   /* answers, and makes nothing durable */
	STATE_DEGRADED,	   /* cannot be reached; tried again */
	STATE_CATCHING_UP, /* reached; gets what it has missed */
	STATE_FENCED,	   /* was promoted: it follows nobody any more */
	STATE_REFUSED,	   /* is no copy of this primary; not tried again */
};

enum event {
	EVENT_LOST,	   /* the connection, or the target's medium */
	EVENT_STUCK,	   /* nothing durable for RPMEM_DISK_TIMEOUT_MS */
	EVENT_PROGRESS,	   /* all is durable of what calls returned without */
	EVENT_BEHIND,	   /* an open that does not wait until it is equal */
	EVENT_RECONNECTED, /* the copy is open again, and ours */
	EVENT_CAUGHT_UP,
	EVENT_PROMOTED,
	EVENT_NOT_OURS,
};

#define STATE_NONE (-1)

/* the state that follows; STATE_NONE: the event cannot happen there */
int state_after(enum state from, enum event event);

/* a word for logs and reports */
const char *state_name(enum state state);

/* is it worth trying to reach the copy? */
bool state_is_tried(enum state state);

#endif
