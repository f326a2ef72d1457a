/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * libpmemreplica.h -- persistent memory that is kept in several places
 *
 * A pool set file names the parts of a primary, which is mapped, and its
 * replicas on this machine or others, which follow it.  libpmemreplica(7) has
 * the overview; each function has its own page.
 */
#ifndef LIBPMEMREPLICA_H
#define LIBPMEMREPLICA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PMEMREPLICA_MAJOR_VERSION 1
#define PMEMREPLICA_MINOR_VERSION 0

/* flags of pmemreplica_open */
#define PMEMREPLICA_MAKE_COPIES (1U << 0)

typedef struct pmemreplica PMEMreplica;

/* what pmemreplica_status tells; grows at its end only */
struct pmemreplica_status {
	uint64_t size;	   /* bytes of the whole structure as made */
	uint32_t replicas; /* of the set, the primary included */
	uint32_t attached; /* those that are not lost */
	uint64_t flushes;  /* ranges that were flushed */
	uint64_t bytes;	   /* in them */
	uint64_t drains;
	uint64_t barriers;
};

#define PMEMREPLICA_PRIMARY 0
#define PMEMREPLICA_LOCAL 1
#define PMEMREPLICA_REMOTE 2

/* media of a primary or a local replica */
#define PMEMREPLICA_MEDIA_PMEM 0
#define PMEMREPLICA_MEDIA_PAGECACHE 1
#define PMEMREPLICA_MEDIA_TMPFS 2
#define PMEMREPLICA_MEDIA_UNKNOWN 3 /* another machine's */

/* what pmemreplica_replica_status tells; grows at its end only */
struct pmemreplica_replica_status {
	uint64_t size;	 /* bytes of the whole structure as made */
	char name[256];	 /* first part, or target and descriptor */
	uint32_t kind;	 /* PMEMREPLICA_PRIMARY, ... */
	uint32_t media;	 /* PMEMREPLICA_MEDIA_PMEM, ... */
	int32_t is_lost; /* 1: it does not follow now */
	int32_t error;	 /* errno that lost it; 0: none */
	uint64_t bytes;	 /* that it was given since the open */
	uint64_t waits;	 /* calls that waited for it */
	/* of a remote replica only */
	uint64_t frames;       /* messages to it */
	uint64_t appended_seq; /* number of the last record */
	uint64_t acked_seq;    /* everything up to it is durable there */
	uint64_t rtt_p50_ns;   /* request for an acknowledgement to its */
	uint64_t rtt_p99_ns;   /* arrival; 0: none yet */
};

/*
 * Make the primary and every replica of a set and map the primary, all of it
 * zero.  NULL and errno on failure.  See pmemreplica_create(3).
 */
PMEMreplica *pmemreplica_create(const char *set, unsigned flags);

/*
 * Map the primary of a set and make every replica equal to it.  See
 * pmemreplica_open(3).
 */
PMEMreplica *pmemreplica_open(const char *set, unsigned flags);

/* Unmap, whatever it returns.  See pmemreplica_close(3). */
int pmemreplica_close(PMEMreplica *r);

/* The memory, and its bytes.  See pmemreplica_addr(3). */
void *pmemreplica_addr(PMEMreplica *r);
size_t pmemreplica_size(PMEMreplica *r);

/*
 * Begin to make a range durable, as it is now, everywhere; wait for all that
 * was flushed.  See pmemreplica_persist(3).
 */
int pmemreplica_flush(PMEMreplica *r, const void *addr, size_t len);
int pmemreplica_drain(PMEMreplica *r);

/* Both in one.  See pmemreplica_persist(3). */
int pmemreplica_persist(PMEMreplica *r, const void *addr, size_t len);

/* The same, beyond the power-fail safe domain.  See pmemreplica_persist(3). */
int pmemreplica_deep_persist(PMEMreplica *r, const void *addr, size_t len);

/*
 * Store and persist; flags are PMEM_F_MEM_* of <libpmem.h>.  See
 * pmemreplica_memcpy(3).
 */
int pmemreplica_memcpy(PMEMreplica *r, void *dest, const void *src, size_t len,
	unsigned flags);
int pmemreplica_memmove(PMEMreplica *r, void *dest, const void *src, size_t len,
	unsigned flags);
int pmemreplica_memset(
	PMEMreplica *r, void *dest, int c, size_t len, unsigned flags);

/*
 * What was flushed becomes durable before what is flushed later, without a
 * wait.  See pmemreplica_barrier(3).
 */
int pmemreplica_barrier(PMEMreplica *r);

/* Numbers and counters of the pool, and of one replica.  See
 * pmemreplica_status(3). */
int pmemreplica_status(
	PMEMreplica *r, struct pmemreplica_status *status, size_t size);
int pmemreplica_replica_status(PMEMreplica *r, unsigned idx,
	struct pmemreplica_replica_status *status, size_t size);

/*
 * NULL if this library serves programs made for the given version, else why
 * it does not.  See pmemreplica_check_version(3).
 */
const char *pmemreplica_check_version(
	unsigned major_required, unsigned minor_required);

/*
 * Text of the calling thread's last failure in this library; never NULL.
 * See pmemreplica_errormsg(3).
 */
const char *pmemreplica_errormsg(void);

#ifdef __cplusplus
}
#endif

#endif
