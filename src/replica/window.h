/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * window.h -- what happens while libpmemobj is inside an open or a create
 *
 * libpmemobj's first flush of a pool comes after its own checks of the local
 * files and before its recovery.  There the replicas are opened and made
 * equal.
 */
#ifndef RPMEM_REPLICA_WINDOW_H
#define RPMEM_REPLICA_WINDOW_H

#include <stddef.h>
#include <stdint.h>

/* called by the hooks for each flush that libpmemobj makes */
void window_flush(const void *addr);

/* may the hooks skip window_flush? */
extern _Thread_local int window_is_open;

/* NULL for the program, errno, and the reason on standard error */
void *window_refuse(const char *path, int rc);

/* a wrapped call has to wait: for every pool of the process */
void wait_for_all(void);

#endif
