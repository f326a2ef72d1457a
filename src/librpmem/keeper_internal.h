/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper_internal.h -- what the files of the keeper share
 *
 * keeper.c is the pulse thread's work, keeper_catchup.c what it does with a
 * copy that was reached, keeper_verify.c with one that a tool asks about,
 * keeper_open.c how it begins and ends, keeper_calls.c what the program's calls
 * see.
 */
#ifndef RPMEM_LIBRPMEM_KEEPER_INTERNAL_H
#define RPMEM_LIBRPMEM_KEEPER_INTERNAL_H

#include "librpmem/keeper.h"

#define KEEPER_BACKOFF_MIN_MS 100u

/* the state that follows, if the table has one; wakes who waits for it, and
 * tells RPMEM_NOTIFY why */
void keeper_change(struct rpmem_pool *h, enum event event, const char *why);

/* calls return without the copy from here on, as the policy says */
void keeper_let_calls_go(struct rpmem_pool *h);

/* all of the copy is to be compared; what it has never had is dirty */
void keeper_compare_all(struct rpmem_pool *h);
bool keeper_is_compared(const struct keeper *k);

/* the numbers in the state file, for tools */
void keeper_show(struct rpmem_pool *h);

/* a stream_reader */
NODISCARD int keeper_read_alias(
	void *arg, uint64_t off, void *dst, uint64_t len);

/* one step of catching up: of the comparison, of sending, or the end; when the
 * next one is due, AT_ONCE, or NOTHING_TO_DO */
#define NOTHING_TO_DO UINT64_MAX
#define AT_ONCE 0u
uint64_t keeper_catch_up(struct rpmem_pool *h);

/* the reason of a failure, once while it is the same; and for tools */
void keeper_say(struct keeper *k);

/* one step of what a tool has asked for, in any state; when the next one is
 * due */
uint64_t keeper_verify(struct rpmem_pool *h);

/* the pulse thread's hook, see stream_cfg */
uint64_t keeper_keep(void *arg);

#endif
