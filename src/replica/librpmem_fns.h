/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * librpmem_fns.h -- librpmem, loaded when the first replica is opened
 *
 * The preloaded library comes into every process that a program starts, and
 * few of them have a pool: they should not get librpmem's libraries (TLS and
 * what that needs) and their constructors, too.
 */
#ifndef RPMEM_REPLICA_LIBRPMEM_FNS_H
#define RPMEM_REPLICA_LIBRPMEM_FNS_H

#include "include/librpmem.h"

#include "base/compiler.h"

/* the functions of the same names, without rpmem_ */
struct librpmem_fns {
	RPMEMpool *(*open_owner)(const char *target, const char *set,
		void *addr, size_t size, const struct rpmem_pool_attr *attr);
	int (*equalise)(RPMEMpool *pool);
	int (*append)(RPMEMpool *pool, size_t off, size_t len, uint64_t *seq);
	int (*fill)(
		RPMEMpool *pool, size_t off, size_t len, int c, uint64_t *seq);
	int (*deep)(RPMEMpool *pool, size_t off, size_t len, uint64_t *seq);
	int (*barrier)(RPMEMpool *pool);
	int (*submit)(RPMEMpool *pool);
	int (*wait)(RPMEMpool *pool, uint64_t seq, int timeout_ms);
	int (*status)(
		RPMEMpool *pool, struct rpmem_status *status, size_t size);
	int (*close)(RPMEMpool *pool);
	int (*remove)(const char *target, const char *set, int flags);
	const char *(*check_version)(unsigned major, unsigned minor);
	const char *(*errormsg)(void);
};

extern struct librpmem_fns rpmem;

/*
 * librpmem_load -- fill `rpmem`; from any thread
 *
 * Returns 0; -ELIBACC: it is not there; -ELIBBAD: it is not ours, or too old;
 * with a message
 */
NODISCARD int librpmem_load(void);

#endif
