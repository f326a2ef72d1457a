/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * poolset.h -- pool set text and its value
 *
 * Pure: text in, value out, and back.  No file is opened or looked at, so
 * whether a path is a file, a directory or a device is decided by whoever
 * opens it.  poolset(5) describes the text.
 */
#ifndef RPMEM_POOLSET_POOLSET_H
#define RPMEM_POOLSET_POOLSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define POOLSET_SIG "PMEMPOOLSET"
#define POOLSET_SIG_LEN 11

/* poolset.options */
#define POOLSET_F_SINGLEHDR 1u /* only a replica's first part has a header */
#define POOLSET_F_NOHDRS 2u    /* no part has a header */

/* what the parser takes at most; beyond them is -EINVAL */
#define POOLSET_TEXT_MAX (16u << 20) /* bytes of the whole text */
#define POOLSET_WORD_MAX 4095u	     /* bytes of a path, node, descriptor */
#define POOLSET_NREPLICAS_MAX 1024u  /* the primary included */
#define POOLSET_NPARTS_MAX 65536u    /* in all replicas together */

struct poolset_part {
	uint64_t size; /* bytes, 1 .. INT64_MAX; 0 with is_auto */
	bool is_auto;  /* AUTO: the size is the device's */
	char *path;    /* absolute */
	unsigned line; /* where the text names it, from 1 */
};

struct poolset_replica {
	char *node;	 /* NULL for a local replica */
	char *desc;	 /* relative name at the node; NULL with node */
	unsigned nparts; /* 0 for a remote replica, at least 1 otherwise */
	struct poolset_part *parts;
	unsigned line; /* of its REPLICA line; 1 for replica 0 */

	/* not of the text: see pool/dirset.h */
	unsigned ndirs; /* directories that the parts are in; 0: none */
	char **dirs;
	uint64_t reserved; /* bytes that the parts may become together */
};

struct poolset {
	unsigned options;   /* POOLSET_F_*, at most one of them */
	unsigned nreplicas; /* at least 1; replica 0 is local */
	struct poolset_replica *replicas;
};

/* do the bytes begin like a pool set file? */
bool poolset_is_set(const void *buf, size_t len);

/*
 * poolset_parse -- make a value of pool set text
 *
 *   text     len bytes, need not end with a NUL; borrowed for the call
 *   name     what messages call the set, usually the path it came from
 *   set_out  the value, to be freed with poolset_free(); NULL on failure
 *
 * Returns  0 or a negative errno, with a message.
 * Errors   -EINVAL "pool set 'NAME' line N: expected ..., found ...";
 *          -ENOMEM
 */
NODISCARD int poolset_parse(const char *text, size_t len, const char *name,
	struct poolset **set_out);

/* the same; *line_out: the line of the error, from 1; 0 without one */
NODISCARD int poolset_parse_where(const char *text, size_t len,
	const char *name, struct poolset **set_out, unsigned *line_out);

/* NULL is allowed */
void poolset_free(struct poolset *set);

/*
 * poolset_format -- write the value as canonical text
 *
 * One statement per line, options first, sizes with the largest unit of
 * K M G T P that divides them.  What poolset_parse() makes of the text equals
 * the value; a value for which that cannot be (a path with a blank in it,
 * a replica without parts) is refused.
 *
 *   text_out  NUL-terminated, to be freed with free(); NULL on failure
 *
 * Errors   -EINVAL no text means this value; -ENOMEM
 */
NODISCARD int poolset_format(const struct poolset *set, char **text_out);

/* same options, replicas and parts?  Line numbers are not compared. */
bool poolset_equal(const struct poolset *a, const struct poolset *b);

/* is the replica kept by another node? */
bool poolset_replica_is_remote(const struct poolset_replica *r);

/* has the set a remote replica? */
bool poolset_has_remote(const struct poolset *set);

/*
 * poolset_check_target -- may a target serve this set?
 *
 * A target's set is one local replica; any REPLICA line is -EINVAL.  The
 * message names the line but not the set: the caller adds that with
 * err_wrap().
 */
NODISCARD int poolset_check_target(const struct poolset *set);

/*
 * poolset_check_local -- may libpmemobj open this set?
 *
 * NOHDRS is -EINVAL there: it is for a target's raw pools only.  The caller
 * adds the set's name with err_wrap().
 */
NODISCARD int poolset_check_local(const struct poolset *set);

/* the size that a word of a set names, for example 512M: bytes, > 0; false:
 * none */
bool poolset_size(const char *text, uint64_t *size_out);

/* the other way: with the largest unit of K M G T P that divides it */
#define POOLSET_SIZE_TEXT_MAX 24
const char *poolset_size_text(uint64_t size, char text[POOLSET_SIZE_TEXT_MAX]);

#endif
