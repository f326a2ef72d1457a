/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * real.h -- the functions behind the hooks, and who calls them
 *
 * dlsym(RTLD_NEXT) does not do: it finds nothing when the program has loaded
 * libpmemobj with RTLD_LOCAL.
 */
#ifndef RPMEM_REPLICA_REAL_H
#define RPMEM_REPLICA_REAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

struct real_pmem {
	void (*persist)(const void *addr, size_t len);
	void (*flush)(const void *addr, size_t len);
	void (*drain)(void);
	int (*msync)(const void *addr, size_t len);
	void (*deep_flush)(const void *addr, size_t len);
	int (*deep_drain)(const void *addr, size_t len);
	int (*deep_persist)(const void *addr, size_t len);
	void *(*memcpy)(void *d, const void *s, size_t len, unsigned flags);
	void *(*memmove)(void *d, const void *s, size_t len, unsigned flags);
	void *(*memset)(void *d, int c, size_t len, unsigned flags);
	void *(*memcpy_persist)(void *d, const void *s, size_t len);
	void *(*memmove_persist)(void *d, const void *s, size_t len);
	void *(*memset_persist)(void *d, int c, size_t len);
	void *(*memcpy_nodrain)(void *d, const void *s, size_t len);
	void *(*memmove_nodrain)(void *d, const void *s, size_t len);
	void *(*memset_nodrain)(void *d, int c, size_t len);
};

/* libpmem's own; ends the process if there is no libpmem */
const struct real_pmem *real_pmem(void);

/*
 * real_fn -- a library's own function
 *
 *   cache   of this function; NULL before the first call
 *   lib     the library's file name, as the dynamic linker knows it
 *
 * Ends the process with a message if the library has no such function: the
 * program could not have called it either.
 */
void *real_fn(void *_Atomic *cache, const char *lib, const char *name);

/* libpmemobj's own */
void *real_obj(void *_Atomic *cache, const char *name);

/* are this library's the first functions of libpmem's names in the process?
 * Who was loaded with RTLD_DEEPBIND may have others all the same */
bool real_is_first(void);

/* -ENOTSUP: why the flushes of a library do not come by here, what to do */
NODISCARD int real_not_hooked(const char *lib);

/* is this a return address in libpmem? */
bool real_is_pmem(const void *caller);

/* is this a return address in libpmemobj, or in this library, whose wrappers
 * stand between the two? */
bool real_is_internal(const void *caller);

#endif
