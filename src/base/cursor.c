/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cursor.c -- bounded reading and writing; see cursor.h
 */
#include "base/cursor.h"

#include <string.h>

#include "base/byteorder.h"

struct cursor
cursor_write(void *buf, size_t size)
{
	return (struct cursor){.buf = buf, .size = size};
}

struct cursor
cursor_read(const void *buf, size_t size)
{
	/* the get functions never write through it */
	return (struct cursor){.buf = (uint8_t *)(uintptr_t)buf, .size = size};
}

bool
cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

size_t
cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->size - c->pos;
}

/* the next len bytes, or NULL and the cursor is failed for good */
static uint8_t *
step(struct cursor *c, size_t len)
{
	if (c->failed || len > c->size - c->pos) {
		c->failed = true;
		return NULL;
	}
	uint8_t *p = c->buf + c->pos;
	c->pos += len;
	return p;
}

void
cursor_put_bytes(struct cursor *c, const void *p, size_t len)
{
	uint8_t *to = step(c, len);
	if (to != NULL && len != 0)
		memcpy(to, p, len);
}

void
cursor_put_zeros(struct cursor *c, size_t len)
{
	uint8_t *to = step(c, len);
	if (to != NULL && len != 0)
		memset(to, 0, len);
}

void
cursor_put_u8(struct cursor *c, uint8_t v)
{
	cursor_put_bytes(c, &v, sizeof(v));
}

void
cursor_put_u16(struct cursor *c, uint16_t v)
{
	le16 w = le16_of(v);
	cursor_put_bytes(c, &w, sizeof(w));
}

void
cursor_put_u32(struct cursor *c, uint32_t v)
{
	le32 w = le32_of(v);
	cursor_put_bytes(c, &w, sizeof(w));
}

void
cursor_put_u64(struct cursor *c, uint64_t v)
{
	le64 w = le64_of(v);
	cursor_put_bytes(c, &w, sizeof(w));
}

const void *
cursor_get_span(struct cursor *c, size_t len)
{
	return step(c, len);
}

void
cursor_get_bytes(struct cursor *c, void *p, size_t len)
{
	const uint8_t *from = step(c, len);
	if (len == 0)
		return;
	if (from != NULL)
		memcpy(p, from, len);
	else
		memset(p, 0, len);
}

void
cursor_get_zeros(struct cursor *c, size_t len)
{
	const uint8_t *from = step(c, len);
	for (size_t i = 0; from != NULL && i < len; i++)
		if (from[i] != 0)
			c->failed = true;
}

uint8_t
cursor_get_u8(struct cursor *c)
{
	uint8_t v;
	cursor_get_bytes(c, &v, sizeof(v));
	return v;
}

uint16_t
cursor_get_u16(struct cursor *c)
{
	le16 w;
	cursor_get_bytes(c, &w, sizeof(w));
	return le16_get(w);
}

uint32_t
cursor_get_u32(struct cursor *c)
{
	le32 w;
	cursor_get_bytes(c, &w, sizeof(w));
	return le32_get(w);
}

uint64_t
cursor_get_u64(struct cursor *c)
{
	le64 w;
	cursor_get_bytes(c, &w, sizeof(w));
	return le64_get(w);
}
