/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statedir.h -- where an owner keeps what it remembers of its copies
 *
 * RPMEM_STATE_DIR, which is an absolute path; else for the superuser
 * /var/lib/rpmem; else $XDG_STATE_HOME/rpmem; else $HOME/.local/state/rpmem.
 * A program with rights that its caller has not ignores the variables.
 */
#ifndef RPMEM_LIBRPMEM_STATEDIR_H
#define RPMEM_LIBRPMEM_STATEDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"

#define STATEDIR_PATH_MAX 4096u
#define STATEDIR_NAME_MAX 64u

/* which copy: of what, for whom, where */
struct statefile_key {
	const uint8_t *poolset_uuid;
	const uint8_t *primary_uuid;
	const char *target;
	const char *set_name;
};

struct statedir_env {
	const char *env_dir; /* RPMEM_STATE_DIR; NULL or empty: not set */
	const char *xdg;     /* XDG_STATE_HOME, likewise */
	const char *home;
	bool is_root; /* effectively */
};

/*
 * statedir_choose -- the directory's path (pure)
 *
 * Returns 0; -EINVAL: RPMEM_STATE_DIR is not absolute; -ENOENT: nothing names
 * one; -ENAMETOOLONG; with a message
 */
NODISCARD int statedir_choose(
	const struct statedir_env *env, char path[STATEDIR_PATH_MAX]);

/* the same with this process's environment */
NODISCARD int statedir_path(char path[STATEDIR_PATH_MAX]);

/*
 * statedir_open -- the directory, which is made if there is none
 *
 *   path   absolute; what is missing of it is made with mode 0700, durably
 *
 * Returns a descriptor; -EACCES: a directory on the way, or the last one, can
 * be changed by anybody, or the last one is somebody else's; -errno; with a
 * message
 */
NODISCARD int statedir_open(const char *path);

/* the file's name: POOLSET-UUID "-" 16 hex digits ".replica"; target and
 * set_name are shorter than their fields in a record */
void statedir_name(
	const struct statefile_key *key, char name[STATEDIR_NAME_MAX]);

#endif
