/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * setfile.h -- pool set files as text: read, changed by whole lines, judged,
 * written
 */
#ifndef RPMEM_UTILS_SETFILE_H
#define RPMEM_UTILS_SETFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "findings.h"
#include "poolset/poolset.h"

/* the text of a file; to be freed */
struct settext {
	char *p; /* len bytes, and a NUL behind them */
	size_t len;
	/* the file that it was read from, as it was then */
	struct settext_origin {
		uint64_t ino;
		uint64_t size;
		struct timespec mtime;
	} origin;
};

void settext_free(struct settext *t);

/* any regular file that may be one; 0 or -errno with a message */
NODISCARD int setfile_read(const char *path, struct settext *text_out);

/*
 * setfile_write -- the file has this text, or what it had before
 *
 *   replace   there may be one already: its mode and owner stay; a symbolic
 *             link stays, what it leads to is replaced
 *
 * Durability  on return 0 the text and the name are on the disk.
 *
 * Returns 0; -EEXIST: there is one, and replace is false; -errno; with a
 * message
 */
NODISCARD int setfile_write(
	const char *path, const struct settext *text, bool replace);

/*
 * setfile_edit -- setfile_write in place of the text that `was` has, if the
 * file still is what that was read from
 *
 * Returns 0; -ESTALE: it was changed meanwhile, and is left as it is; -errno;
 * with a message
 */
NODISCARD int setfile_edit(const char *path, const struct settext *text,
	const struct settext *was);

/*
 * settext_add -- lines at the end, ended as the text's own are (pure)
 *
 *   lines   each with its LF
 *
 * Returns 0 or -ENOMEM with a message
 */
NODISCARD int settext_add(
	const struct settext *text, const char *lines, struct settext *out);

/*
 * settext_remove -- without the lines of a replica (pure)
 *
 *   r   what the parser made of this text: its REPLICA line and its parts go;
 *       comments and options between them stay
 *
 * Returns 0 or -ENOMEM with a message
 */
NODISCARD int settext_remove(const struct settext *text,
	const struct poolset_replica *r, struct settext *out);

/*
 * set_check_grammar -- a finding for each error of the text (pure)
 *
 *   name      the set in messages
 *   set_out   the value; NULL: there are errors
 *
 * After an error that what follows depends on, nobody looks further.
 */
void set_check_grammar(struct findings *f, const struct settext *text,
	const char *name, struct poolset **set_out);

/* what is wrong beyond grammar, without a look at any file (pure) */
void set_check_value(
	struct findings *f, const struct poolset *set, bool is_for_target);

/*
 * set_check_files -- what is wrong with the parts on this machine
 *
 *   level   of what keeps a pool from being made: LEVEL_NOTE where the set
 *           may be meant for later
 */
void set_check_files(
	struct findings *f, const struct poolset *set, enum level level);

/* a part that is the set file itself; neither has to be there yet */
void set_check_itself(
	struct findings *f, const char *path, const struct poolset *set);

/* the set file itself: who may write it */
void set_check_mode(struct findings *f, const char *path);

/* bytes of the pool that libpmemobj makes of a local replica; 0: a size is
 * not known, or there is no room for a header (pure) */
uint64_t set_replica_size(
	const struct poolset *set, const struct poolset_replica *r);

/* the same of all local replicas: the smallest */
uint64_t set_pool_size(const struct poolset *set);

/* the path as a word for a shell; returns buf */
#define SHELL_WORD_MAX 4096u
const char *shell_word(const char *word, char buf[SHELL_WORD_MAX]);

#endif
