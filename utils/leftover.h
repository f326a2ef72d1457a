/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * leftover.h -- files that a rebuild or a restore has left beside the parts of
 * a replica
 */
#ifndef RPMEM_UTILS_LEFTOVER_H
#define RPMEM_UTILS_LEFTOVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "poolset/poolset.h"

struct leftover {
	char *path;
	/* PART.rpmem-old: of a whole pool that was here; else PART.rpmem-new,
	 * of one that was being made: nobody's data, or a second name */
	bool is_old;
	bool is_part; /* a second name of a part */
	bool is_file; /* else a link, or what nobody locks */
	uint64_t size;
	dev_t dev;
	ino_t ino;
	int fd; /* locked; -1: not */
};

struct leftovers {
	unsigned n;
	struct leftover *list;
};

/*
 * leftovers_find -- also where the parts are gone
 *
 *   rep   local, resolved (pool/dirset.h)
 *   out   afterwards the caller's to free, also on failure
 *
 * Of a part that is a symbolic link, what lies beside the link, and beside the
 * file that it leads to.  0; -ENOMEM, -errno of a directory; with a message
 */
NODISCARD int leftovers_find(
	const struct poolset_replica *rep, struct leftovers *out);

/* those of one kind; *first_out: the first of them, "" if there is none */
unsigned leftovers_count(
	const struct leftovers *l, bool is_old, const char **first_out);

/*
 * leftovers_lock -- all of them, until leftovers_free, but what the parts'
 * locks hold
 *
 * One that is gone is skipped.  0; -EBUSY: somebody has one; -ESTALE: one is
 * not the file that was found; -errno; with a message
 */
NODISCARD int leftovers_lock(struct leftovers *l);

/* each that is still the file that was found; 0 or the first -errno, with a
 * message */
NODISCARD int leftovers_remove(struct leftovers *l);

void leftovers_free(struct leftovers *l);

#endif
