/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * compiler.h -- the compiler attributes this code base uses, and ownership
 * of locals: CLEANUP() declares a local that owns something, TAKE_*() hands
 * it over.
 */
#ifndef RPMEM_BASE_COMPILER_H
#define RPMEM_BASE_COMPILER_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define NO_TSAN __attribute__((no_sanitize("thread")))

/* a result that is deliberately not looked at; give the reason beside it */
#define IGNORE(x)                                                              \
	do {                                                                   \
		if ((x)) {                                                     \
		}                                                              \
	} while (0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))
#define CONTAINER_OF(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void
closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static inline void
freep(void *p)
{
	void **pp = p;
	free(*pp);
	*pp = NULL;
}

static inline int
take_fd(int *fd)
{
	int v = *fd;
	*fd = -1;
	return v;
}

static inline void *
take_ptr(void *p)
{
	void **pp = p;
	void *v = *pp;
	*pp = NULL;
	return v;
}

#define TAKE_FD(fd) take_fd(&(fd))
#define TAKE_PTR(p) take_ptr(&(p))

#endif
