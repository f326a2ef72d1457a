/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * notify.h -- run a program when the state of a copy changes: RPMEM_NOTIFY
 *
 * One object per handle; one run of the program at a time.  Where it is not
 * wanted (no program), and zeroed, every function returns at once.
 */
#ifndef RPMEM_LIBRPMEM_NOTIFY_H
#define RPMEM_LIBRPMEM_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/mutex.h"
#include "librpmem/states.h"

#define NOTIFY_VARIABLE "RPMEM_NOTIFY"
#define NOTIFY_SLOW_MS 60000u

struct notify_event {
	const char *target;   /* as in the pool set; borrowed until ... */
	const char *set_name; /* ... notify_fini */
	enum state from;
	enum state to;
	const char *reason; /* for people; NULL is ""; copied */
};

struct notify {
	char *prog; /* NULL: none */
	char **env;
	char dropped_entry[48]; /* the last of env */
	uint32_t slow_ms;	/* NOTIFY_SLOW_MS; a test sets less */
	struct mutex lock;	/* of all that follows */

	int pidfd; /* of the run that is not over; -1 */
	uint64_t started_at;
	bool said_slow; /* of this run */

	bool waits; /* event has not been told */
	struct notify_event event;
	char reason[ERR_MAX];
	uint64_t dropped; /* changes between the last one told and event */
	uint64_t next_try;
	bool said_failed; /* since the last start */
};

/*
 * notify_parse -- the absolute path of an executable file
 *
 *   text   secure_getenv(NOTIFY_VARIABLE): a program with rights that its
 *          caller has not must not run what the caller names; NULL or empty:
 *          none
 *   n_out  made anew; stays where it is; for notify_fini in any case
 *
 * Takes a copy of the environment: later the program may change it while a
 * thread of ours would read it.  So only in a call of the program's.
 *
 * Returns 0; with a message -EINVAL, which names variable, value and what is
 * expected, -ENOMEM, or -ENOSYS: this kernel has no pidfd_open
 */
NODISCARD int notify_parse(const char *text, struct notify *n_out);

/*
 * notify_run -- PROG TARGET SET FROM TO REASON
 *
 * If it runs already, the event waits for a notify_poll, in place of one that
 * waits (RPMEM_NOTIFY_DROPPED counts those for PROG); so, too, if it cannot
 * be started, which is logged and tried again.  PROG's end is not waited
 * for; the call takes as long as an exec.  Any thread, holding no lock that a
 * call of the program's waits for.
 */
void notify_run(struct notify *n, const struct notify_event *event);

/* start what waits, if it may; warn once of a run of more than slow_ms */
void notify_poll(struct notify *n);

/* does PROG run, or an event wait? */
bool notify_is_busy(struct notify *n);

/* the last notify_poll; what still waits is logged instead.  A run goes on. */
void notify_fini(struct notify *n);

#endif
