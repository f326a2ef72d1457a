/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * standalone.h -- what a promotion does to the header of a one-part copy
 */
#ifndef RPMEM_TESTS_LIB_STANDALONE_H
#define RPMEM_TESTS_LIB_STANDALONE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "pool/hdr.h"

/* links to itself, no shutdown state; false: there is no header */
static inline bool
stand_alone(uint8_t page[HDR_SIZE])
{
	struct hdr h;
	if (hdr_decode(page, &h) != 0)
		return false;
	memcpy(h.prev_part_uuid, h.uuid, sizeof(h.uuid));
	memcpy(h.next_part_uuid, h.uuid, sizeof(h.uuid));
	memcpy(h.prev_repl_uuid, h.uuid, sizeof(h.uuid));
	memcpy(h.next_repl_uuid, h.uuid, sizeof(h.uuid));
	memset(h.sds, 0, sizeof(h.sds));
	hdr_encode(&h, page);
	return true;
}

#endif
