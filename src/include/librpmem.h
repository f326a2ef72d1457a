/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * librpmem.h -- access to a pool of persistent memory on another node
 *
 * Version 1.3 is that of the historical librpmem, binary compatible with it;
 * version 1.4 adds the ordered stream.  librpmem(7) has the overview; each
 * function has its own page.
 */
#ifndef LIBRPMEM_H
#define LIBRPMEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RPMEM_MAJOR_VERSION 1
#define RPMEM_MINOR_VERSION 4

/* historical; nothing is deprecated here */
#define RPMEM_DEPR_STR ""
#define RPMEM_DEPR_ATTR

#define RPMEM_POOL_HDR_SIG_LEN 8
#define RPMEM_POOL_HDR_UUID_LEN 16
#define RPMEM_POOL_USER_FLAGS_LEN 16

#define RPMEM_MIN_POOL ((size_t)(1024 * 8))	   /* at the target */
#define RPMEM_MIN_PART ((size_t)(1024 * 1024 * 2)) /* at the target */

/* flags of rpmem_persist, rpmem_flush, rpmem_remove */
#define RPMEM_PERSIST_RELAXED (1U << 0)
#define RPMEM_FLUSH_RELAXED (1U << 0)
#define RPMEM_REMOVE_FORCE 0x1
#define RPMEM_REMOVE_POOL_SET 0x2

typedef struct rpmem_pool RPMEMpool;

/* what a pool header at the target says; all zero stands for a raw pool */
struct rpmem_pool_attr {
	char signature[RPMEM_POOL_HDR_SIG_LEN];
	uint32_t major;
	uint32_t compat_features;
	uint32_t incompat_features;
	uint32_t ro_compat_features;
	unsigned char poolset_uuid[RPMEM_POOL_HDR_UUID_LEN];
	unsigned char uuid[RPMEM_POOL_HDR_UUID_LEN];	  /* first part */
	unsigned char next_uuid[RPMEM_POOL_HDR_UUID_LEN]; /* next replica */
	unsigned char prev_uuid[RPMEM_POOL_HDR_UUID_LEN]; /* previous one */
	unsigned char user_flags[RPMEM_POOL_USER_FLAGS_LEN];
};

#if defined(__cplusplus) && __cplusplus >= 201103L
static_assert(sizeof(struct rpmem_pool_attr) == 104, "ABI of librpmem");
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct rpmem_pool_attr) == 104, "ABI of librpmem");
#endif

/*
 * Create a pool at a target, for the memory [pool_addr, pool_addr +
 * pool_size).  *nlanes goes in as the wish and comes out as the number
 * granted.  NULL and errno on failure.  See rpmem_create(3).
 */
RPMEMpool *rpmem_create(const char *target, const char *pool_set_name,
	void *pool_addr, size_t pool_size, unsigned *nlanes,
	const struct rpmem_pool_attr *create_attr);

/*
 * Open a pool that is there already; its attributes go to *open_attr, which
 * may be NULL.  See rpmem_open(3).
 */
RPMEMpool *rpmem_open(const char *target, const char *pool_set_name,
	void *pool_addr, size_t pool_size, unsigned *nlanes,
	struct rpmem_pool_attr *open_attr);

/*
 * Replace the attributes in the pool's headers, durably.  See
 * rpmem_set_attr(3).
 */
int rpmem_set_attr(RPMEMpool *rpp, const struct rpmem_pool_attr *attr);

/*
 * Close a pool and free the handle, whatever it returns.  The pool's memory
 * may be unmapped before.  See rpmem_close(3).
 */
int rpmem_close(RPMEMpool *rpp);

/*
 * Send a range to the target without waiting for it to be durable.
 * rpmem_drain() on the same lane waits.  See rpmem_flush(3).
 */
int rpmem_flush(RPMEMpool *rpp, size_t offset, size_t length, unsigned lane,
	unsigned flags);

/*
 * Wait until everything flushed on a lane is durable at the target.  flags
 * is 0.  See rpmem_drain(3).
 */
int rpmem_drain(RPMEMpool *rpp, unsigned lane, unsigned flags);

/*
 * Send a range and wait until it is durable at the target.  See
 * rpmem_persist(3).
 */
int rpmem_persist(RPMEMpool *rpp, size_t offset, size_t length, unsigned lane,
	unsigned flags);

/*
 * Send a range and wait until the target has flushed it as deep as it can.
 * See rpmem_deep_persist(3).
 */
int rpmem_deep_persist(
	RPMEMpool *rpp, size_t offset, size_t length, unsigned lane);

/*
 * Read a range of the target's copy, behind everything sent before.  See
 * rpmem_read(3).
 */
int rpmem_read(RPMEMpool *rpp, void *buff, size_t offset, size_t length,
	unsigned lane);

/*
 * Delete a pool at a target: its parts, and with RPMEM_REMOVE_POOL_SET its
 * pool set file too.  See rpmem_remove(3).
 */
int rpmem_remove(const char *target, const char *pool_set, int flags);

/*
 * NULL if this library serves programs made for the given version, else why
 * it does not.  See rpmem_check_version(3).
 */
const char *rpmem_check_version(
	unsigned major_required, unsigned minor_required);

/*
 * Text of the calling thread's last failure in this library; never NULL.
 * See rpmem_errormsg(3).
 */
const char *rpmem_errormsg(void);

/* ---- since 1.4: the ordered stream ---- */

/* seq of rpmem_wait: everything appended so far */
#define RPMEM_ALL UINT64_MAX
/* flag of rpmem_open_owner_raw */
#define RPMEM_RAW_CREATE 0x1

/* what rpmem_status tells; grows at its end only */
struct rpmem_status {
	uint64_t size;	       /* bytes of the whole structure as made */
	int32_t error;	       /* errno that ended the stream; 0: it lives */
	int32_t is_equal;      /* 1: the copy follows the primary */
	uint64_t appended_seq; /* number of the last record */
	uint64_t acked_seq;    /* everything up to it is durable there */
	uint64_t appends;      /* calls that added to the stream */
	uint64_t records;
	uint64_t frames;     /* messages to the target */
	uint64_t waits;	     /* calls that had to wait for the target */
	uint64_t bytes;	     /* of payload */
	uint64_t rtt_p50_ns; /* request for an acknowledgement to its */
	uint64_t rtt_p99_ns; /* arrival; 0: none yet */
	/* rpmem_open_owner_raw: the identity of the copy's primary; else 0 */
	unsigned char primary[RPMEM_POOL_HDR_UUID_LEN];
};

/*
 * Open or create a copy as the owner of its pool, whose changes then follow
 * in one order.  See rpmem_open_owner(3).
 */
RPMEMpool *rpmem_open_owner(const char *target, const char *pool_set_name,
	void *pool_addr, size_t pool_size,
	const struct rpmem_pool_attr *create_attr);

/*
 * The same for a raw pool, which has no header: its primary is known by an
 * identity that the caller keeps.  NULL: it is lost.  See
 * rpmem_open_owner_raw(3).
 */
RPMEMpool *rpmem_open_owner_raw(const char *target, const char *pool_set_name,
	void *pool_addr, size_t pool_size,
	const unsigned char identity[RPMEM_POOL_HDR_UUID_LEN], int flags);

/* Make the copy equal to the pool.  See rpmem_equalise(3). */
int rpmem_equalise(RPMEMpool *rpp);

/* Add a range, as it is now, to the stream.  See rpmem_append(3). */
int rpmem_append(RPMEMpool *rpp, size_t offset, size_t length, uint64_t *seq);

/* The same for a range that was set to one byte.  See rpmem_fill(3). */
int rpmem_fill(
	RPMEMpool *rpp, size_t offset, size_t length, int c, uint64_t *seq);

/* The pool is larger from here on.  See rpmem_grow(3). */
int rpmem_grow(RPMEMpool *rpp, size_t pool_size, uint64_t *seq);

/* Add a deep flush of a range.  See rpmem_deep(3). */
int rpmem_deep(RPMEMpool *rpp, size_t offset, size_t length, uint64_t *seq);

/* What was added becomes durable before what follows.  See rpmem_barrier(3). */
int rpmem_barrier(RPMEMpool *rpp);

/* Send what was added, without waiting.  See rpmem_submit(3). */
int rpmem_submit(RPMEMpool *rpp);

/* Wait until records are durable at the target.  See rpmem_wait(3). */
int rpmem_wait(RPMEMpool *rpp, uint64_t seq, int timeout_ms);

/* Digests of blocks of the target's copy.  See rpmem_digest(3). */
int rpmem_digest(RPMEMpool *rpp, size_t offset, size_t length, size_t block,
	uint64_t *digests);

/* Numbers and counters of a handle.  See rpmem_status(3). */
int rpmem_status(RPMEMpool *rpp, struct rpmem_status *status, size_t size);

#ifdef __cplusplus
}
#endif

#endif
