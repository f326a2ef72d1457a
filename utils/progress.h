/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * progress.h -- how far a long step is, with its rate and what is left
 *
 * On a terminal (standard error) a line that is written over; with
 * --progress=FD a JSON object per line, as doc/schema/progress.json has it;
 * else nothing.  Seldom enough that callers may tell each block.
 */
#ifndef RPMEM_UTILS_PROGRESS_H
#define RPMEM_UTILS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *step; /* "verify": borrowed, as is the next */
	const char *who;  /* "tcp://beta db.set" */
	int fd;		  /* -1: none is given */
	bool is_terminal;
	uint64_t total; /* bytes */
	uint64_t began_at;
	uint64_t shown_at; /* 0: never */
};

/* fd: of --progress, or -1; nothing is shown yet if it ends at once */
void progress_begin(struct progress *p, int fd, const char *step,
	const char *who, uint64_t total);

/* bytes that are done by now; total may have changed meanwhile */
void progress_show(struct progress *p, uint64_t done);

/*
 * progress_text -- the line on a terminal of so many columns (pure)
 *
 * One column stays free.  What is too long is cut: who it is about first.
 */
#define PROGRESS_TEXT_MAX 512u
void progress_text(const struct progress *p, uint64_t done, uint64_t elapsed_ns,
	unsigned columns, char out[PROGRESS_TEXT_MAX]);

/* all that is said of it; is_done false: it was given up */
void progress_end(struct progress *p, uint64_t done, bool is_done);

/* seconds that are left; UINT64_MAX: nobody can tell (pure) */
uint64_t progress_eta(uint64_t done, uint64_t total, uint64_t elapsed_ns);

#endif
