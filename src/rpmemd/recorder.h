/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * recorder.h -- for the crash tests: the stream as a target received it
 *
 * Built in with the fault points only.  With RPMEM_RECORD=FILE each change,
 * barrier and request for an ack is appended to FILE: a struct recorded in
 * the machine's byte order, and the payload of a copy.
 */
#ifndef RPMEM_RPMEMD_RECORDER_H
#define RPMEM_RPMEMD_RECORDER_H

#include <stdint.h>

#include "wire/frame.h"

struct recorded {
	uint32_t type; /* enum record_type */
	uint32_t aux;
	uint64_t seq;
	uint64_t off;
	uint64_t len;
};

#if defined(RPMEM_FAULTS_BUILT)
/* ends the process if the file cannot be written: a gap would be a lie */
void record(const struct record *rec);
#else
static inline void
record(const struct record *rec)
{
	(void)rec;
}
#endif

#endif
