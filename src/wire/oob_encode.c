/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * oob_encode.c -- out-of-band messages to bytes
 *
 * Checks first, so that what is written always decodes at the peer; then
 * writes field by field as the tables of oob_fields.c say.  Fields that the
 * status of a reply leaves no meaning are written as zeros, whatever the
 * struct holds.
 */
#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "wire/oob_fields.h"

/* the longest message with every string full must fit */
_Static_assert(
	OOB_HDR_SIZE + sizeof(((struct oob_msg *)NULL)->u) <= OOB_MSG_MAX,
	"OOB_MSG_MAX is too small");

static void
put_int(struct cursor *c, const struct oob_field *f, uint64_t v)
{
	switch (f->size) {
	case 8:
		cursor_put_u64(c, v);
		return;
	case 4:
		cursor_put_u32(c, (uint32_t)v);
		return;
	case 2:
		cursor_put_u16(c, (uint16_t)v);
		return;
	default:
		cursor_put_u8(c, (uint8_t)v);
	}
}

static void
put_field(
	struct cursor *c, const struct oob_msg *msg, const struct oob_field *f)
{
	const char *p = (const char *)msg + f->off;
	const struct oob_blob *b = (const void *)p;
	size_t len;
	if (!oob_field_applies(msg, f)) {
		cursor_put_zeros(c, oob_field_has_length(f) ? 2 : f->size);
		return;
	}
	switch (f->kind) {
	case FIELD_INT:
		put_int(c, f, oob_field_int(msg, f));
		return;
	case FIELD_BYTES:
		cursor_put_bytes(c, p, f->size);
		return;
	case FIELD_BLOB:
		cursor_put_u16(c, b->len);
		cursor_put_bytes(c, b->bytes, b->len);
		return;
	case FIELD_NAME:
	case FIELD_PATH:
	case FIELD_TEXT:
		len = strlen(p);
		cursor_put_u16(c, (uint16_t)len);
		cursor_put_bytes(c, p, len);
		return;
	}
}

int
oob_encode(const struct oob_msg *msg, uint8_t *buf, uint32_t *len_out)
{
	const struct oob_layout *lay = oob_layout(msg->type);
	if (lay == NULL)
		return err_set(-EINVAL, "no message has the type %u",
			(unsigned)msg->type);
	int rc = oob_check(msg, lay, -EINVAL);
	if (rc < 0)
		return rc;
	struct cursor c = cursor_write(buf, OOB_MSG_MAX);
	cursor_put_bytes(&c, "RPOB", 4);
	cursor_put_u16(&c, (uint16_t)msg->type);
	cursor_put_u16(&c, 0);
	cursor_put_u32(&c, 0); /* size, known below */
	cursor_put_u32(&c, msg->tag);
	for (unsigned i = 0; i < lay->nfields; i++)
		put_field(&c, msg, &lay->fields[i]);
	*len_out = (uint32_t)c.pos;
	struct cursor size = cursor_write(buf + OOB_SIZE_AT, 4);
	cursor_put_u32(&size, *len_out);
	return 0;
}
