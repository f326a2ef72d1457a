/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * status.h -- what `rpmem status` reads and prints
 */
#ifndef RPMEM_UTILS_STATUS_H
#define RPMEM_UTILS_STATUS_H

#include <jansson.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "librpmem/standing.h"
#include "pool_past.h"
#include "poolset/poolset.h"

/* a remote replica */
struct status {
	const char *target; /* borrowed from the set */
	const char *set_name;
	char path[STATEDIR_PATH_MAX + STATEDIR_NAME_MAX]; /* state file */
	struct statefile_view *view; /* NULL: there is none, or it is damaged */
	char why[ERR_MAX];	     /* the view is NULL */
	struct standing standing;
	char generation[9]; /* the pool's; "": not known */
	enum without without;
};

/* the set; 0; -EINVAL: it is none; -errno; with a message */
NODISCARD int set_read(const char *path, struct poolset **set_out);

/* the set, with a remote replica in it; 0 or -errno with a message */
NODISCARD int status_read_set(const char *path, struct poolset **set_out);

/* whose copies they are; 0 or -errno with a message */
NODISCARD int status_read_primary(
	struct poolset *set, struct primary *primary_out);

/* a block of text on standard output */
void status_print(const struct status *s);

/* an object at the end of the list; 0 or -errno with a message */
NODISCARD int status_json(const struct status *s, json_t *list);

#endif
