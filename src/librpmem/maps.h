/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * maps.h -- what memory a range of this process is
 */
#ifndef RPMEM_LIBRPMEM_MAPS_H
#define RPMEM_LIBRPMEM_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct maps_facts {
	bool is_shared;	      /* every page is a shared mapping */
	bool has_mode_zero;   /* one of the files has permission bits 0000 */
	char mode_zero[4096]; /* its path */
	uint64_t identity;    /* of the files: devices and inodes, in order */
};

/*
 * maps_parse -- facts from the text of /proc/PID/maps (pure)
 *
 *   file_mode   called with the path of each file in the range; its
 *               permission bits, or a negative number if it cannot tell
 */
typedef int maps_file_mode(const char *path);
void maps_parse(const char *text, uint64_t addr, uint64_t len,
	maps_file_mode *file_mode, struct maps_facts *facts_out);

/* the same for this process; 0 or -errno with a message */
NODISCARD int maps_look(
	const void *addr, uint64_t len, struct maps_facts *facts_out);

/* a piece of a shared mapping, and what it is of */
struct maps_run {
	uint64_t len; /* 0: nothing is mapped there, or it is not shared */
	uint64_t file_off;
	uint64_t dev;
	uint64_t inode;
	char path[4096]; /* empty: of no file */
};

/* the run at addr, to the end of its mapping (pure) */
void maps_parse_run(const char *text, uint64_t addr, struct maps_run *run_out);

/* the same for this process; 0 or -errno with a message */
NODISCARD int maps_shared_run(const void *addr, struct maps_run *run_out);

/*
 * maps_open -- open the file of a run for reading
 *
 * Returns a descriptor, or -1 without a message: it is of no regular file, or
 * the file cannot be had under its name any more
 */
NODISCARD int maps_open(const struct maps_run *run);

/*
 * maps_read -- bytes at an address of this process, without a signal
 *
 * Returns 0, or -EFAULT: unmapped, protected, or behind the end of a file
 */
NODISCARD int maps_read(const void *addr, void *dst, size_t len);

/* the same twice, one right after the other */
NODISCARD int maps_read_twice(
	const void *addr, void *first, void *second, size_t len);

#endif
