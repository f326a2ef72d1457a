/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sdnotify.h -- tell the service manager, if it asked
 */
#ifndef RPMEM_RPMEMD_SDNOTIFY_H
#define RPMEM_RPMEMD_SDNOTIFY_H

#include "base/compiler.h"

/*
 * sdnotify -- send a state, e.g. "READY=1", to $NOTIFY_SOCKET
 *
 * Returns 0: sent, or nobody asked; -errno with a message.  A daemon goes on
 * in both cases.
 */
NODISCARD int sdnotify(const char *state);

#endif
