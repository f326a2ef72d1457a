/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * onloss.h -- what a call returns while its copy is lost: RPMEM_ON_LOSS (pure)
 */
#ifndef RPMEM_LIBRPMEM_ONLOSS_H
#define RPMEM_LIBRPMEM_ONLOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct onloss {
	bool survives;	   /* false: the first loss ends the handle */
	bool blocks;	   /* wait for the copy first */
	uint64_t block_ms; /* this long; UINT64_MAX: for ever */
	bool then_fails;   /* after block_ms: -1 rather than 0 */
};

/*
 * onloss_parse -- fail | continue | block[:MS:fail|continue]
 *
 *   text      NULL or empty: the default
 *   is_owner  only an owner's handle may outlive its copy
 *
 * Returns 0; -EINVAL with a message that names the variable
 */
NODISCARD int onloss_parse(const char *text, bool is_owner, struct onloss *out);

/*
 * onfenced_parse -- RPMEM_ON_FENCED: abort | fail
 *
 *   text         NULL or empty: abort
 *   aborts_out   a fenced program ends; else each of its calls fails
 *
 * Returns 0; -EINVAL with a message that names the variable
 */
NODISCARD int onfenced_parse(const char *text, bool *aborts_out);

#endif
