/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * notify_env.h -- the environment of a program that RPMEM_NOTIFY names (pure)
 */
#ifndef RPMEM_LIBRPMEM_NOTIFY_ENV_H
#define RPMEM_LIBRPMEM_NOTIFY_ENV_H

#define NOTIFY_DROPPED "RPMEM_NOTIFY_DROPPED"

/*
 * notify_env_new -- a copy of env, without our library in LD_PRELOAD
 *
 *   env      NULL is the empty one
 *   dropped  "RPMEM_NOTIFY_DROPPED=...": becomes the last entry, in place of
 *            one in env; borrowed as long as the copy lives, may change
 *
 * Returns the copy, for free(); NULL: no memory
 */
char **notify_env_new(char *const *env, char *dropped);

#endif
