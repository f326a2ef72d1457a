/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper_internal.h -- what the files of the keeper share
 *
 * keeper.c is the pulse thread's work, keeper_open.c how it begins and ends,
 * keeper_calls.c what the program's calls see.
 */
#ifndef RPMEM_LIBRPMEM_KEEPER_INTERNAL_H
#define RPMEM_LIBRPMEM_KEEPER_INTERNAL_H

#include "librpmem/keeper.h"

/* the state that follows, if the table has one; wakes who waits for it, and
 * tells RPMEM_NOTIFY why */
void keeper_change(struct rpmem_pool *h, enum event event, const char *why);

/* all of the copy is to be compared; what it has never had is dirty */
void keeper_compare_all(struct rpmem_pool *h);
bool keeper_is_compared(const struct keeper *k);

/* the numbers in the state file, for tools */
void keeper_show(struct rpmem_pool *h);

/* a stream_reader */
NODISCARD int keeper_read_alias(
	void *arg, uint64_t off, void *dst, uint64_t len);

/* the pulse thread's hook, see stream_cfg */
uint64_t keeper_keep(void *arg);

#endif
