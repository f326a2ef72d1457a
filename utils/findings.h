/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * findings.h -- what a look has found, each with what to do about it
 *
 * A finding has a code that scripts may rely on, who it is about, what is so,
 * and, unless all is well, what to do.
 */
#ifndef RPMEM_UTILS_FINDINGS_H
#define RPMEM_UTILS_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"

enum level {
	LEVEL_OK,
	LEVEL_NOTE,    /* nothing is wrong, but somebody may want to know */
	LEVEL_PROBLEM, /* the exit status is 1 */
};

#define FINDING_TEXT_MAX 2048u

struct finding {
	enum level level;
	const char *code; /* "unreachable"; static */
	char who[ERR_MAX];
	char what[FINDING_TEXT_MAX];
	char fix[FINDING_TEXT_MAX]; /* "" for LEVEL_OK */
};

struct findings {
	struct finding *list;
	unsigned n;
	unsigned room;
	int error; /* -ENOMEM: one of them is missing */
};

/*
 * findings_add -- a finding at the end
 *
 *   who    copied
 *   what   printf's
 *
 * Without memory it is left out, and findings_end says so.
 */
void findings_add(struct findings *f, enum level level, const char *code,
	const char *who, const char *what, ...)
	__attribute__((format(printf, 5, 6)));

/* what to do about the one that was added last; a note or problem has this */
void findings_fix(struct findings *f, const char *fix, ...)
	__attribute__((format(printf, 2, 3)));

/* no problem is among them */
bool findings_are_good(const struct findings *f);

/* on standard output: problems and notes, and with `all` what is well, too */
void findings_print(const struct findings *f, bool all);

/* an array, a new reference; NULL: no memory, or a name is not UTF-8 */
json_t *findings_json(const struct findings *f);

/* 0, or -ENOMEM with a message: the list is not whole */
NODISCARD int findings_end(const struct findings *f);

void findings_free(struct findings *f);

#endif
