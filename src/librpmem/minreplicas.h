/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * minreplicas.h -- how many copies a durable call waits for:
 * RPMEM_MIN_REPLICAS (pure)
 */
#ifndef RPMEM_LIBRPMEM_MINREPLICAS_H
#define RPMEM_LIBRPMEM_MINREPLICAS_H

#include <stdbool.h>

#include "base/compiler.h"

#define MINREPLICAS_VARIABLE "RPMEM_MIN_REPLICAS"
#define MINREPLICAS_MAX 32u

/*
 * minreplicas_parse -- 1 .. MINREPLICAS_MAX, the primary included
 *
 *   text     NULL or empty: no minimum
 *   min_out  0: no minimum
 *
 * Returns 0; -EINVAL with a message that names variable, value and what is
 * expected, *min_out is 0 then
 */
NODISCARD int minreplicas_parse(const char *text, unsigned *min_out);

/* -EINVAL with a message: calls of a caller that goes on without a lost copy
 * would not be held */
NODISCARD int minreplicas_fits(unsigned min, bool survives, bool is_explicit);

#endif
