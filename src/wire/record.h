/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * record.h -- the rules for single records, inside src/wire only
 */
#ifndef RPMEM_WIRE_RECORD_H
#define RPMEM_WIRE_RECORD_H

#include <stdint.h>

#include "base/compiler.h"
#include "wire/frame.h"

/*
 * record_shape -- is the header one that this side may send?
 *
 *   left              bytes of the frame behind the record's header
 *   payload_len_out   bytes of payload, at most left
 *
 * Returns 0 or -EPROTO with a message
 */
NODISCARD int record_shape(const struct record *rec, enum frame_side from,
	uint32_t left, uint32_t *payload_len_out);

#endif
