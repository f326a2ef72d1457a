/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * swap.h -- several files change names with others, whatever comes in between
 *
 * A list of them, durable before the first one is renamed, names each by its
 * inode: so whoever finds the list knows which have been renamed, and finishes
 * it.  As text:
 *
 *   rpmem-swap 1
 *   DEVICE INODE       of each: the file called FROM before, TO behind it
 *   TO
 *   FROM
 *   end
 */
#ifndef RPMEM_RPMEMD_SWAP_H
#define RPMEM_RPMEMD_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct swap_file {
	uint64_t dev;
	uint64_t ino;
	char *to; /* absolute, or below dirfd */
	char *from;
};

struct swap {
	int dirfd;
	struct swap_file *files;
	unsigned n;
	unsigned room;
};

/* one more; `from` must be there.  0 or -errno with a message */
NODISCARD int swap_add(struct swap *s, const char *from, const char *to);

/* the list becomes a file; durable on return 0.  -errno with a message */
NODISCARD int swap_write(const struct swap *s, const char *name);

/*
 * swap_read -- the list in the file NAME below the directory dir, s->dirfd
 *
 * Returns 0; -ENOENT: there is none; -EBADMSG: none that makes sense; -errno;
 * with a message
 */
NODISCARD int swap_read(struct swap *s, const char *dir, const char *name);

/* has its first file got its name? */
bool swap_has_begun(const struct swap *s);

/*
 * swap_run -- give every file its name, and what had it the file's
 *
 * The files are renamed in the order of the list, each durably before the next.
 * What was done before is left as it is.
 *
 * Returns 0 or -errno with a message; then a second call goes on
 */
NODISCARD int swap_run(const struct swap *s);

/* its file is not needed any more; one that is not there is no error */
NODISCARD int swap_forget(int dirfd, const char *name);

void swap_fini(struct swap *s);

#endif
