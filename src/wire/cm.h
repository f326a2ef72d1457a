/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cm.h -- private data of the in-band connection request, 48 bytes
 *
 *   0  4 magic "RPCM"   4  2 version   6  2 zero
 *   8  8 session_id    16 32 token
 */
#ifndef RPMEM_WIRE_CM_H
#define RPMEM_WIRE_CM_H

#include <stdint.h>

#include "base/compiler.h"

#define CM_DATA_SIZE 48
#define CM_TOKEN_SIZE 32

struct cm_request {
	uint16_t version;
	uint64_t session_id;
	uint8_t token[CM_TOKEN_SIZE];
};

void cm_encode(const struct cm_request *req, uint8_t out[CM_DATA_SIZE]);

/* 0, or -EPROTO with a message */
NODISCARD int cm_decode(
	const void *buf, uint64_t len, struct cm_request *req_out);

/* token comparison in constant time; 1 if equal */
NODISCARD int cm_token_equal(
	const uint8_t a[CM_TOKEN_SIZE], const uint8_t b[CM_TOKEN_SIZE]);

#endif
