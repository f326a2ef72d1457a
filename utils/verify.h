/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify.h -- what `rpmem verify` finds out, and how it says it
 *
 * verify_pool.c compares while no program has the pool, verify_repair.c sends
 * then what differs; verify_program.c has the program do both that has it open.
 */
#ifndef RPMEM_UTILS_VERIFY_H
#define RPMEM_UTILS_VERIFY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "findings.h"
#include "librpmem/walk.h"
#include "pool/pool.h"
#include "poolset/poolset.h"
#include "primary.h"
#include "setfile.h"

/* that are told; behind them only the count goes on */
#define VERIFY_RANGES_TOLD 64u

struct verify_range {
	uint64_t off; /* in the pool */
	uint64_t len;
	enum walk_kind kind;
};

enum verify_how {
	VERIFY_NOT,	   /* it was not looked at */
	VERIFY_BY_TOOL,	   /* no program has the pool */
	VERIFY_BY_PROGRAM, /* which has it */
};

/* one copy */
struct verified {
	const struct poolset_replica *rep; /* borrowed */
	char who[ERR_MAX];		   /* "TARGET NAME" */
	enum verify_how how;
	bool is_whole;	   /* all of it was compared */
	bool is_cut_short; /* something ended meanwhile: run it again */
	bool wants_owner;  /* an owner's open may make it what it should be */
	uint64_t compared; /* bytes */
	uint64_t total;
	uint64_t left_out;  /* of the run-time range */
	uint64_t different; /* blocks of 4 KiB */
	uint64_t settled;
	uint64_t sent;
	unsigned nranges;
	struct verify_range ranges[VERIFY_RANGES_TOLD];
	struct findings findings;
};

struct verify_args {
	const char *set;
	char word[SHELL_WORD_MAX]; /* the same for a shell */
	const char *copy;	   /* NULL: all */
	bool repair;
	bool would_repair; /* but for dry_run */
	bool dry_run;
	bool json;
	int progress; /* -1: none */
};

struct verify_run {
	const struct verify_args *args;
	struct poolset *set;
	uint64_t size; /* of the pool, once it is this process's */
	struct primary primary;
	unsigned ncopies;
	struct verified *copies;
};

/* a block of one kind; one that follows the last of its kind makes that longer
 * (pure) */
void verified_add(
	struct verified *v, uint64_t off, uint64_t len, enum walk_kind kind);

/* of the primary's bytes, those that are the pool */
uint64_t verify_size(const struct poolset *set, uint64_t primary);

/* as before the first look */
void verified_clear(struct verified *v);

/*
 * verify_with_pool -- compare each copy with the pool, which is this process's
 *
 *   was_sent   after a repair
 *
 * Returns 0 or -errno with a message; what is wrong with a copy is a finding
 */
NODISCARD int verify_with_pool(
	struct verify_run *run, struct pool *pool, bool was_sent);

/* open the copies as an owner of the pool, which makes them equal; compare them
 * again; as above */
NODISCARD int verify_repair(struct verify_run *run, struct pool *pool);

/* have the program that has the pool compare a copy; ^C ends it; as above */
NODISCARD int verify_with_program(struct verify_run *run, struct verified *v);

/* why an open of the copy failed with rc, as a finding */
void verify_open_failed(
	struct verified *v, const struct verify_args *a, int rc);

/* what was compared, as a finding; was_sent: all that differed, before that */
void verify_conclude(
	struct verified *v, const struct verify_args *a, bool was_sent);

/* text on standard output, or an object */
void verify_print(const struct verify_run *run);
json_t *verify_json(const struct verify_run *run, bool is_good);

#endif
