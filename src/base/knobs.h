/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * knobs.h -- the settings that initiator and target take from the environment
 */
#ifndef RPMEM_BASE_KNOBS_H
#define RPMEM_BASE_KNOBS_H

#include <stdint.h>

#include "base/compiler.h"

#define KNOBS_PROVIDER_MAX 64 /* NUL included */

struct knobs {
	uint32_t timeout_ms;	  /* RPMEM_TIMEOUT_MS */
	uint32_t disk_timeout_ms; /* RPMEM_DISK_TIMEOUT_MS */
	uint32_t spin_us;	  /* RPMEM_SPIN_US */
	uint32_t compare_ms;	  /* RPMEM_COMPARE_MS */
	uint64_t resync_rate; /* RPMEM_RESYNC_RATE, bytes per s; 0: no limit */
	char provider[KNOBS_PROVIDER_MAX]; /* RPMEM_PROVIDER; "tcp" */
};

/*
 * knobs_load -- defaults, then what the environment says
 *
 * An unset or empty variable is the default.
 *
 * Returns 0, or -EINVAL with a message that names the variable, its value
 * and what is expected
 */
NODISCARD int knobs_load(struct knobs *knobs_out);

#endif
