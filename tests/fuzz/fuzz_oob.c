/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_oob.c -- any bytes as an out-of-band message
 *
 * What decodes must encode to the same bytes again, but for texts, whose
 * unprintable characters come back as '?'.
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/oob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int truth)
{
	if (!truth)
		abort();
}

static int
printable(uint8_t ch)
{
	return ch >= ' ' && ch <= '~';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct oob_msg msg;
	static uint8_t again[OOB_MSG_MAX];
	uint32_t len = 0;
	uint32_t said = 0;
	if (size >= OOB_HDR_SIZE && oob_size(data, &said) == 0)
		require(said >= OOB_HDR_SIZE && said <= OOB_MSG_MAX);
	if (size > UINT32_MAX || oob_decode(data, (uint32_t)size, &msg) != 0)
		return 0;
	require(said == size);
	require(oob_encode(&msg, again, &len) == 0);
	require(len == size);
	for (uint32_t i = 0; i < len; i++)
		require(again[i] == data[i] ||
			(again[i] == '?' && !printable(data[i])));
	return 0;
}
