/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cursor.h -- reading and writing of a bounded buffer, one step at a time
 *
 * A cursor that ran past its end stays failed: encode and decode read like
 * the message's drawing and check once, at the end, with cursor_ok().
 * A failed read yields zeros.
 */
#ifndef RPMEM_BASE_CURSOR_H
#define RPMEM_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	uint8_t *buf;
	size_t size;
	size_t pos;
	bool failed;
};

/* cursor for writing into buf; borrowed until the cursor is done with */
struct cursor cursor_write(void *buf, size_t size);

/* cursor for reading; never writes to buf */
struct cursor cursor_read(const void *buf, size_t size);

bool cursor_ok(const struct cursor *c);
size_t cursor_left(const struct cursor *c);

void cursor_put_u8(struct cursor *c, uint8_t v);
void cursor_put_u16(struct cursor *c, uint16_t v);
void cursor_put_u32(struct cursor *c, uint32_t v);
void cursor_put_u64(struct cursor *c, uint64_t v);
void cursor_put_bytes(struct cursor *c, const void *p, size_t len);
void cursor_put_zeros(struct cursor *c, size_t len);

uint8_t cursor_get_u8(struct cursor *c);
uint16_t cursor_get_u16(struct cursor *c);
uint32_t cursor_get_u32(struct cursor *c);
uint64_t cursor_get_u64(struct cursor *c);
void cursor_get_bytes(struct cursor *c, void *p, size_t len);

/* len bytes, which must all be zero; anything else fails the cursor */
void cursor_get_zeros(struct cursor *c, size_t len);

/* pointer to the next len bytes, borrowed, or NULL (cursor failed) */
const void *cursor_get_span(struct cursor *c, size_t len);

#endif
