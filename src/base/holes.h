/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * holes.h -- which ranges of a file hold nothing and read as zeros
 *
 * To read a hole through a mapping costs a page of tmpfs, and time anywhere.
 */
#ifndef RPMEM_BASE_HOLES_H
#define RPMEM_BASE_HOLES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"

/* one extent of a file, as it was found; from == to: none */
struct extent {
	uint64_t from;
	uint64_t to;
	bool is_hole;
};

/*
 * extent_stored -- somebody stores into a range (pure)
 *
 * What is left of a hole is the larger rest beside the range.  Data stay data.
 */
void extent_stored(struct extent *e, uint64_t off, uint64_t len);

struct holes {
	int fd;	   /* borrowed; -1: no file whose holes are known */
	dev_t dev; /* of the file */
	ino_t ino;
	bool is_tmpfs;	  /* read() of a hole takes no page */
	struct extent at; /* the answer that was given last */
};

/*
 * holes_init -- ask about this file from here on
 *
 *   fd   borrowed until the last question; -1 is fine
 *
 * A file of which the kernel cannot tell holes for certain, a device among
 * them, has none.
 */
void holes_init(struct holes *h, int fd);

/*
 * holes_run -- is there a hole at off, and how far does the answer reach?
 *
 *   len     > 0
 *   n_out   bytes from off on that the answer is for, 1 .. len
 *
 * Answers are kept.  Who stores himself says so with extent_stored(), and an
 * answer is always true; where others store, it is of some instant since the
 * last holes_forget().
 *
 * Returns true: the bytes read as zeros, and the file does not end before
 * them; false: they have to be read
 */
bool holes_run(struct holes *h, uint64_t off, uint64_t len, uint64_t *n_out);

/*
 * holes_ahead -- have the data of a range read from the disk, and no more
 *
 * For a mapping with MADV_RANDOM: the kernel's own readahead goes on into
 * pages that were never written, which count as data from there on, so that a
 * reader never finds the hole.
 */
void holes_ahead(struct holes *h, uint64_t off, uint64_t len);

/* what follows is asked anew */
void holes_forget(struct holes *h);

/*
 * holes_has_file -- is the descriptor still the file's?
 *
 * A program may close descriptors that it does not know.  From then on there
 * is no file here: fd becomes -1.
 */
bool holes_has_file(struct holes *h);

#endif
