/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bootid.h -- which boot of this machine it is
 *
 * What was stored in a mapped file and never synced is there as long as the
 * boot is the same.
 */
#ifndef RPMEM_BASE_BOOTID_H
#define RPMEM_BASE_BOOTID_H

#include <stdint.h>

#include "base/uuid16.h"

/* this boot's id; zeros if the kernel does not tell */
void boot_id(uint8_t out[UUID16_LEN]);

#endif
