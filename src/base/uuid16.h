/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * uuid16.h -- 16-byte identities as plain arrays
 */
#ifndef RPMEM_BASE_UUID16_H
#define RPMEM_BASE_UUID16_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define UUID16_LEN 16
#define UUID16_TEXT_LEN 37

static inline bool
uuid16_is_zero(const uint8_t u[UUID16_LEN])
{
	static const uint8_t zero[UUID16_LEN];
	return memcmp(u, zero, UUID16_LEN) == 0;
}

static inline bool
uuid16_equal(const uint8_t a[UUID16_LEN], const uint8_t b[UUID16_LEN])
{
	return memcmp(a, b, UUID16_LEN) == 0;
}

/* 8-4-4-4-12, for messages; returns text */
static inline const char *
uuid16_text(const uint8_t u[UUID16_LEN], char text[UUID16_TEXT_LEN])
{
	(void)snprintf(text, UUID16_TEXT_LEN,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		"%02x%02x%02x%02x%02x%02x",
		u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9],
		u[10], u[11], u[12], u[13], u[14], u[15]);
	return text;
}

#endif
