/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * history_files.h -- is it the pool that a lineage is of?
 *
 * A lineage says what a pool's bytes have lived through.  Of a pool that was
 * set back, a backup say, it would say too much, and its copies, which have
 * more, would be overwritten.
 */
#ifndef RPMEM_LIBRPMEM_HISTORY_FILES_H
#define RPMEM_LIBRPMEM_HISTORY_FILES_H

#include <stdbool.h>
#include <stdint.h>

#define HISTORY_RUN_STEP 2u /* what libpmemobj adds to a run's number */

/*
 * history_identity -- of the files in which a range of memory lies: inodes and
 * times of birth, which a reboot leaves as they are (device numbers it does
 * not).  0: of no file.
 */
uint64_t history_identity(const uint8_t *addr, uint64_t len);

/* the same of files by name, one after the other, beginning with sum 0: for
 * those who have not mapped them */
uint64_t history_identity_add(const char *path, uint64_t sum);

/* how often libpmemobj has opened the pool; 0: it is none of libpmemobj's */
uint64_t history_run_id(const uint8_t *addr, uint64_t size);

/*
 * history_fits -- is the pool at least as far as when the lineage was written?
 * (pure)
 *
 * libpmemobj counts its runs, and never backwards.
 */
bool history_fits(uint64_t was_identity, uint64_t was_run, uint64_t identity,
	uint64_t run);

#endif
