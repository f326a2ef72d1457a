/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mapfile.h -- copies of files that a program maps itself
 */
#ifndef RPMEM_REPLICA_MAPFILE_H
#define RPMEM_REPLICA_MAPFILE_H

#include <stdint.h>

/* called after every munmap: what was mapped there has no copies any more */
void mapfile_unmapped(const void *addr, uint64_t len);

#endif
