/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify_ask.h -- a tool has a program compare the copy that it keeps
 *
 * By words in the live page of the copy's state file (statefile_live.h).
 */
#ifndef RPMEM_LIBRPMEM_VERIFY_ASK_H
#define RPMEM_LIBRPMEM_VERIFY_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "librpmem/statefile_live.h"
#include "librpmem/walk.h"

struct verify_ask {
	int fd;		 /* the state file, locked against other tools */
	uint64_t number; /* of the request */
};

/* what the program says of the request; sane whatever the file holds */
struct verify_answer {
	bool is_there; /* false: it has not taken the request yet */
	enum verify_state state;
	uint64_t compared; /* bytes, total at most */
	uint64_t total;
	uint64_t left_out;
	uint64_t different;
	uint64_t settled;
	uint64_t sent;
	unsigned nranges;
	struct walk_range ranges[VERIFY_RANGES];
};

/*
 * verify_ask_open -- find the program that has a state file open
 *
 * Returns 0; with a message:
 *   -ENOENT    there is no file
 *   -EBUSY     another tool asks just now
 *   -ENOTCONN  no program has it open
 *   -ENOTSUP   it does not take requests: it is of an older version
 *   -EBADMSG   it is no state file; -errno
 */
NODISCARD int verify_ask_open(struct verify_ask *a, const char *path);

/* ask; repairs: what differs is to be sent again.  -errno with a message */
NODISCARD int verify_ask_begin(struct verify_ask *a, bool repairs);

/* the answer so far; -ENOTCONN: the program has ended; with a message */
NODISCARD int verify_ask_look(
	const struct verify_ask *a, struct verify_answer *answer_out);

/* it is not wanted any more */
void verify_ask_cancel(const struct verify_ask *a);

/* NULL-safe for one that was never opened: fd -1 */
void verify_ask_close(struct verify_ask *a);

/* of the words as they are in the file (pure) */
void verify_answer_of(const struct verify_words *words, uint64_t number,
	struct verify_answer *answer_out);

#endif
