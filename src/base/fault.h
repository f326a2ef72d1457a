/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fault.h -- named fault points, built in only with RPMEM_FAULT_INJECTION
 *
 * The environment variable RPMEM_FAULTS holds "name", "name=N", or several
 * of them with commas between: the point `name` fires always, or the first N
 * times it is reached in this process; "name@N": only the Nth time;
 * "name:FILE": as long as that file is there.  In a release build FAULT() is
 * false at compile time.
 */
#ifndef RPMEM_BASE_FAULT_H
#define RPMEM_BASE_FAULT_H

#include <stdbool.h>

#if defined(RPMEM_FAULTS_BUILT)
bool fault_fires(const char *name);
#define FAULT(name) fault_fires(name)
#else
#define FAULT(name) false
#endif

#endif
