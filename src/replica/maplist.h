/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * maplist.h -- what RPMEM_MAP says: files and their copies (pure)
 *
 *     FILE=TARGET/NAME[;FILE=TARGET/NAME...]
 *
 * TARGET is as in a REPLICA line and ends at the first slash, not counting
 * those of a "tcp://" before it; NAME is the rest and may have slashes.  So
 * FILE, TARGET and NAME hold no '=' and no ';', and TARGET no '/'.  The same
 * FILE twice has two copies.
 */
#ifndef RPMEM_REPLICA_MAPLIST_H
#define RPMEM_REPLICA_MAPLIST_H

#include "base/compiler.h"

#define MAPLIST_VARIABLE "RPMEM_MAP"
#define MAPLIST_MAX 64u

struct map_entry {
	const char *file;
	const char *target;
	const char *name;
};

struct maplist {
	char *text; /* what the entries point into */
	unsigned n;
	struct map_entry entries[MAPLIST_MAX];
};

/*
 * maplist_parse -- the variable's value to a list; NULL and "" are empty
 *
 * Returns 0; -EINVAL; -ENOMEM; with a message that names the variable
 */
NODISCARD int maplist_parse(const char *text, struct maplist *list_out);

void maplist_free(struct maplist *list);

#endif
