/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * children.h -- the processes of the sessions
 */
#ifndef RPMEM_RPMEMD_CHILDREN_H
#define RPMEM_RPMEMD_CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

#include "rpmemd/address.h"

#define CHILDREN_MAX 256

struct child {
	pid_t pid;
	char peer[ADDRESS_TEXT_MAX];
};

struct children {
	unsigned n;
	struct child c[CHILDREN_MAX];
};

/* there is room: the caller has looked at n */
void children_add(struct children *ch, pid_t pid, const char *peer);

/*
 * children_reap -- forget those that have ended, log the ones that died of
 * a signal
 *
 *   wait   true: block until all have ended
 *
 * Returns how many
 */
unsigned children_reap(struct children *ch, bool wait);

void children_signal(const struct children *ch, int sig);

#endif
