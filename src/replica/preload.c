/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * preload.c -- the library's own beginning
 *
 * Only sets what the log and error modules use: it is loaded into every
 * process that the program starts.
 */
#include "base/err.h"
#include "base/log.h"

__attribute__((constructor)) static void
init(void)
{
	err_clear();
	log_init_env("rpmem");
}
