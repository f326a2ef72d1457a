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

/*
 * maps_shared_run -- bytes from addr to the end of the shared mapping there
 *
 *   len_out   0: nothing is mapped there, or it is not shared
 *
 * Returns 0 or -errno with a message
 */
NODISCARD int maps_shared_run(const void *addr, uint64_t *len_out);

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
