/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pooldir.h -- from a pool set descriptor to the set, below one directory
 *
 * A descriptor is a relative path.  It is opened with openat2 and
 * RESOLVE_BENEATH: neither ".." nor a symbolic link leads out of the
 * directory.
 */
#ifndef RPMEM_RPMEMD_POOLDIR_H
#define RPMEM_RPMEMD_POOLDIR_H

#include "base/compiler.h"
#include "poolset/poolset.h"

/* NAME of a copy that was set aside is NAME.rpmem-old */
#define POOLDIR_OLD_SUFFIX ".rpmem-old"
/* what a copy missed, while it is being caught up */
#define POOLDIR_JOURNAL_SUFFIX ".rpmem-catchup"

/* open the pool set directory; its descriptor or -errno with a message */
NODISCARD int pooldir_open(const char *path);

/*
 * pooldir_load -- read and parse the set a descriptor names
 *
 * A file that is no pool set is taken as the only part of a pool, as
 * the historical daemon did.
 *
 *   dir    absolute path of dirfd, for messages
 *
 * Returns 0; -EINVAL: absolute or empty descriptor, bad set, not a target's
 * set (POOLSET rules); -ENOENT: the message names the path looked for and the
 * lines to put there; -EACCES; -EXDEV: leads out of the directory; -ENOMEM
 */
NODISCARD int pooldir_load(
	int dirfd, const char *dir, const char *desc, struct poolset **set_out);

/*
 * pooldir_state_path -- name of a copy's state file, relative to dirfd
 *
 * Returns 0 or -ENAMETOOLONG
 */
NODISCARD int pooldir_state_path(const char *desc, char *buf, size_t size);

/*
 * pooldir_openat_parent -- descriptor of the directory that holds desc
 *
 * The state file is made and renamed there; *base_out is the last component,
 * borrowed from desc.
 */
NODISCARD int pooldir_parent(
	int dirfd, const char *desc, const char **base_out);

/* unlink the state file; one that is not there is no error */
NODISCARD int pooldir_unlink_state(int dirfd, const char *desc);

/* unlink the set file itself */
NODISCARD int pooldir_unlink_set(int dirfd, const char *desc);

#endif
