/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * env.h -- numbers from the environment
 */
#ifndef RPMEM_BASE_ENV_H
#define RPMEM_BASE_ENV_H

#include <stdint.h>

#include "base/compiler.h"

/*
 * env_u64 -- read a decimal number
 *
 * Unset or empty: *value_out keeps what it holds.
 *
 * Returns 0, or -EINVAL with a message that names the variable, its value
 * and the range: it is not a number in min .. max
 */
NODISCARD int env_u64(
	const char *name, uint64_t min, uint64_t max, uint64_t *value_out);

/* parse a whole decimal string in min .. max; 0 or -EINVAL, no message */
NODISCARD int parse_u64(
	const char *text, uint64_t min, uint64_t max, uint64_t *value_out);

#endif
