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
	char next[ERR_MAX]; /* what to do; "": it is good */
};

/* the pool's own parts, by a look at their sizes and headers */
struct parts {
	unsigned n;
	unsigned nbad;	    /* not as they should be */
	char what[ERR_MAX]; /* the first of those */
};

/* all of a set */
struct statuses {
	const char *set; /* its path; borrowed */
	struct poolset *poolset;
	struct parts here;
	unsigned n;
	struct status *list;
	bool is_good; /* each is, and the pool's parts are */
};

/* the set; 0; -EINVAL: it is none; -errno; with a message */
NODISCARD int set_load(const char *path, struct poolset **set_out);

/* the same, and the message says what to do next */
NODISCARD int set_read(const char *path, struct poolset **set_out);

/* that, with a remote replica in it */
NODISCARD int status_read_set(const char *path, struct poolset **set_out);

/* whose copies they are; 0 or -errno with a message */
NODISCARD int status_read_primary(
	struct poolset *set, struct primary *primary_out);

/* are the parts of a set that was resolved there, and whole?  0 or -ENOMEM with
 * a message */
NODISCARD int parts_look(const struct poolset *set, struct parts *parts_out);

/* an error about the pool's own parts, and the command that tells more: rc */
int part_error(int rc, const char *set);

/*
 * statuses_read -- how the copies of a set stand, from files of this machine
 *
 * Returns 0 or -errno with a message; statuses_free in any case
 */
NODISCARD int statuses_read(struct statuses *s, const char *path);
void statuses_free(struct statuses *s);

/* blocks of text on standard output */
void statuses_print(const struct statuses *s);

/* a new reference; NULL: no memory, or a name is not UTF-8 */
json_t *statuses_json(const struct statuses *s);

/* Prometheus' text format 0.0.4 on standard output */
void statuses_prometheus(const struct statuses *s);

/* records that the copy has not acknowledged; 0 without a view */
uint64_t status_lag(const struct status *s);

#endif
