/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * hooked.h -- creating and removing a pool together with its record
 *
 * The record of a copy must be there before the first header is, and go while
 * the parts are still locked: otherwise a crash leaves headers that no record
 * explains, or takes the record that another session has just made.
 */
#ifndef RPMEM_POOL_HOOKED_H
#define RPMEM_POOL_HOOKED_H

#include "pool/pool.h"

/* called with every part locked; an error ends the operation */
struct pool_hook {
	int (*fn)(void *arg);
	void *arg;
};

/* pool_create, with the hook after every check and before the first header */
NODISCARD int pool_create_hooked(const struct poolset *set,
	const struct pool_attr *attr, enum pool_durability durability,
	const struct pool_hook *hook, struct pool **pool_out);

/* pool_remove, with the hook before the first part goes */
NODISCARD int pool_remove_hooked(const struct poolset *set, unsigned flags,
	const struct pool_hook *hook);

/*
 * pool_rename_hooked -- give every part that is there a longer name
 *
 * The hook runs with the parts locked, before the first one is renamed.
 *
 * Returns 0; -EBUSY: in use, nothing changed; -EINVAL: a part is a device,
 * nothing changed; -EEXIST: the longer name is taken; else -errno; with a
 * message.  After a failure half-way a second call goes on.
 */
NODISCARD int pool_rename_hooked(const struct poolset *set, const char *suffix,
	const struct pool_hook *hook);

/*
 * pool_hold_hooked -- the hook, with every part locked that is there
 *
 * Returns what it returns; -EBUSY: in use; -EINVAL: a part is a device; else
 * -errno; with a message
 */
NODISCARD int pool_hold_hooked(
	const struct poolset *set, const struct pool_hook *hook);

#endif
