/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * preload.c -- the library's own beginning
 *
 * Only sets what the log and error modules use: it is loaded into every
 * process that the program starts.
 */
#include <stdlib.h>

#include "base/env.h"
#include "base/err.h"
#include "base/log.h"

__attribute__((constructor)) static void
init(void)
{
	uint64_t level = LOG_LEVEL_WARN;
	/* garbage keeps the default, as in librpmem */
	IGNORE(env_u64("RPMEM_LOG_LEVEL", 0, LOG_LEVEL_DEBUG, &level));
	err_clear();
	IGNORE(log_init(
		"rpmem", (enum log_level)level, getenv("RPMEM_LOG_FILE")));
}
