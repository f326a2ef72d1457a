/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * descriptor.h -- where a pool has what lies behind its header page
 *
 * Offsets into a pool, as PMDK 1.12 lays them out (struct pmemobjpool, struct
 * pmemlog).  A number is in the byte order of the machine that made the pool.
 */
#ifndef RPMEM_POOL_DESCRIPTOR_H
#define RPMEM_POOL_DESCRIPTOR_H

#include "pool/hdr.h"

/* one page, of each kind of pool */
#define DESC_OFF HDR_SIZE
#define DESC_END (DESC_OFF + 4096u)

/* libpmemobj: a half with a checksum, then words that are flushed one by one,
 * and what is for the time of a run */
#define OBJ_PERSISTENT_LEN 2048u
#define OBJ_RUNTIME_OFF (DESC_OFF + OBJ_PERSISTENT_LEN)
#define OBJ_HEAP_OFFSET_OFF (DESC_OFF + 1024u + 16u)
#define OBJ_RUN_ID_OFF (OBJ_RUNTIME_OFF + 8u) /* rises by 2 with each open */
#define OBJ_HEAP_SIZE_OFF (OBJ_RUNTIME_OFF + 32u)
/* 1024 lanes of 3 KiB behind it: their undo and redo logs */
#define OBJ_LANES_OFF DESC_END
#define OBJ_LANES_END (OBJ_LANES_OFF + 3u * 1024u * 1024u)

/* libpmemlog: where its blocks of bytes end, which is the pool's size */
#define LOG_END_OFF (DESC_OFF + 8u)

#endif
