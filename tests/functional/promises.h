/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promises.h -- is what a call promised in the copy when it returned?
 *
 * Nothing leaves the program before somebody waits, and target and program
 * share a machine here: so the program maps the copy's part and looks.  A
 * wait that is missing, or comes too late, is seen at once.  Both sides have
 * one part: an offset in the pool is one in the file.
 */
#ifndef RPMEM_TEST_PROMISES_H
#define RPMEM_TEST_PROMISES_H

#include <err.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t *copy;
static const uint8_t *pool_base;

static inline void
map_copy(const char *path, const void *pool)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		err(2, "%s", path);
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		err(2, "%s", path);
	close(fd);
	copy = (const uint8_t *)p;
	pool_base = (const uint8_t *)pool;
}

static inline int
is_there(const void *addr, size_t len)
{
	return memcmp(copy + ((const uint8_t *)addr - pool_base), addr, len) ==
	       0;
}

/* the copy has these bytes, or the program ends with a word */
static inline void
there(const void *addr, size_t len, const char *what)
{
	if (!is_there(addr, len))
		errx(1, "not in the copy: %s", what);
}

#endif
