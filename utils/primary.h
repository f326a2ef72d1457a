/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * primary.h -- whose copies the replicas of a set are
 */
#ifndef RPMEM_UTILS_PRIMARY_H
#define RPMEM_UTILS_PRIMARY_H

#include <stdint.h>

#include "base/uuid16.h"
#include "pool/hdr.h"

struct primary {
	uint8_t poolset_uuid[UUID16_LEN];
	uint8_t uuid[UUID16_LEN];
	struct pool_attr attr; /* all that its header says */
};

#endif
