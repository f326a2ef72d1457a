/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * api.h -- what the public functions share: checks, and results as a C
 * library gives them
 */
#ifndef RPMEM_LIBRPMEM_API_H
#define RPMEM_LIBRPMEM_API_H

#include "include/librpmem.h"
#include "librpmem/handle.h"

#define API __attribute__((visibility("default")))

/* -1 and errno; rc is negative */
int api_fail(int rc);

/* the same for a call that is rare enough for a line in the log */
int api_fail_logged(int rc);

/* 0 or api_fail; says so when the stream's end is the cause */
int api_result(RPMEMpool *h, int rc);

/*
 * Has the copy no use for this range, since it is lost and will get all of the
 * blocks anyway?  api_goes_on: nor for anything a wait is for?  Looked at
 * before everything else, without lock, fence or system call.
 *
 *   seq_out   as of an append; may be NULL
 */
bool api_is_missed(RPMEMpool *h, uint64_t off, uint64_t len, uint64_t *seq_out);
bool api_orders_nothing(const RPMEMpool *h); /* a barrier does */
bool api_goes_on(RPMEMpool *h);

/* every call on a handle starts here; 0, -EINVAL, -ECHILD */
NODISCARD int api_check_handle(const RPMEMpool *h);

struct api_range {
	size_t off;
	size_t len;
	unsigned lane;
	bool may_read_header;
};

NODISCARD int api_check_range(const RPMEMpool *h, const struct api_range *r);

/* handle, flags and range of a call that changes the copy */
NODISCARD int api_check_data_call(
	const RPMEMpool *h, const struct api_range *r, unsigned flags);

/* called before each change: an owner's first one makes the copy equal */
NODISCARD int api_ready(RPMEMpool *h);

/*
 * api_append -- make ready, append the range
 *
 *   seq_out   its last record; unchanged for an empty range; may be NULL
 */
NODISCARD int api_append(
	RPMEMpool *h, const struct api_range *r, uint64_t *seq_out);

/* check the arguments, open; NULL, errno and a line in the log on failure */
RPMEMpool *api_open(struct handle_args *a, unsigned *nlanes);

#endif
