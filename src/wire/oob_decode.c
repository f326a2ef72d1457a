/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * oob_decode.c -- bytes of a peer to out-of-band messages
 *
 * Strict: exact length, every number in its range, every reserved byte and
 * every field without meaning zero.  What passes encodes to the same bytes
 * again, but for texts, in which everything a terminal could act on becomes
 * '?': they end up in logs and on screens.
 */
#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "wire/oob_fields.h"

int
oob_size(const uint8_t hdr[OOB_HDR_SIZE], uint32_t *size_out)
{
	struct cursor c = cursor_read(hdr, OOB_HDR_SIZE);
	if (memcmp(cursor_get_span(&c, 4), "RPOB", 4) != 0)
		return err_set(-EPROTO, "the peer does not speak rpmem's "
					"out-of-band protocol");
	unsigned type = cursor_get_u16(&c);
	if (oob_layout((enum oob_type)type) == NULL)
		return err_set(-EPROTO, "message of unknown type %u", type);
	uint16_t zero = cursor_get_u16(&c);
	uint32_t size = cursor_get_u32(&c);
	if (zero != 0 || size < OOB_HDR_SIZE || size > OOB_MSG_MAX)
		return err_set(-EPROTO,
			"%s message: header says %u bytes (reserved: %u), not "
			"in %u .. %u",
			oob_type_name((enum oob_type)type), size,
			(unsigned)zero, OOB_HDR_SIZE, OOB_MSG_MAX);
	*size_out = size;
	return 0;
}

static void
get_int(struct cursor *c, const struct oob_field *f, uint8_t *to)
{
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;
	switch (f->size) {
	case sizeof(v64):
		v64 = cursor_get_u64(c);
		memcpy(to, &v64, sizeof(v64));
		return;
	case sizeof(v32):
		v32 = cursor_get_u32(c);
		memcpy(to, &v32, sizeof(v32));
		return;
	case sizeof(v16):
		v16 = cursor_get_u16(c);
		memcpy(to, &v16, sizeof(v16));
		return;
	default:
		*to = cursor_get_u8(c);
	}
}

static void
make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

/* msg is all zeros, so a string is terminated by what is there */
static int
get_string(
	struct cursor *c, const struct oob_field *f, const char *what, char *to)
{
	size_t len = cursor_get_u16(c);
	if (len >= f->size)
		return err_set(-EPROTO,
			"%s message: %s has %zu bytes, more than %u", what,
			f->name, len, f->size - 1);
	cursor_get_bytes(c, to, len);
	if (cursor_ok(c) && memchr(to, '\0', len) != NULL)
		return err_set(
			-EPROTO, "%s message: %s holds a NUL", what, f->name);
	if (f->kind == FIELD_TEXT)
		make_printable(to);
	return 0;
}

static int
get_blob(struct cursor *c, const struct oob_field *f, const char *what,
	struct oob_blob *to)
{
	to->len = cursor_get_u16(c);
	if (to->len > sizeof(to->bytes))
		return err_set(-EPROTO,
			"%s message: %s has %u bytes, more than %zu", what,
			f->name, (unsigned)to->len, sizeof(to->bytes));
	cursor_get_bytes(c, to->bytes, to->len);
	return 0;
}

static int
get_field(struct cursor *c, const struct oob_field *f, const char *what,
	struct oob_msg *msg)
{
	uint8_t *to = (uint8_t *)msg + f->off;
	/* the status comes first, so this is known */
	bool applies = oob_field_applies(msg, f);
	switch (f->kind) {
	case FIELD_INT:
		get_int(c, f, to);
		break;
	case FIELD_BYTES:
		cursor_get_bytes(c, to, f->size);
		break;
	case FIELD_BLOB:
		if (get_blob(c, f, what, (void *)to) < 0)
			return -EPROTO;
		break;
	case FIELD_NAME:
	case FIELD_PATH:
	case FIELD_TEXT:
		if (get_string(c, f, what, (char *)to) < 0)
			return -EPROTO;
		break;
	}
	for (uint32_t i = 0; !applies && i < f->size; i++)
		if (to[i] != 0)
			return err_set(-EPROTO,
				"%s message: %s is not zero with status %u",
				what, f->name, msg->u.reply.status);
	return 0;
}

int
oob_decode(const uint8_t *buf, uint32_t len, struct oob_msg *msg_out)
{
	uint32_t size = 0;
	if (len < OOB_HDR_SIZE)
		return err_set(-EPROTO,
			"message of %u bytes, shorter than a "
			"header",
			len);
	int rc = oob_size(buf, &size);
	if (rc < 0)
		return rc;
	struct cursor c = cursor_read(buf, len);
	memset(msg_out, 0, sizeof(*msg_out));
	(void)cursor_get_span(&c, 4);
	msg_out->type = (enum oob_type)cursor_get_u16(&c);
	(void)cursor_get_span(&c, OOB_TAG_AT - 6);
	msg_out->tag = cursor_get_u32(&c);
	const struct oob_layout *lay = oob_layout(msg_out->type);
	for (unsigned i = 0; i < lay->nfields; i++) {
		rc = get_field(&c, &lay->fields[i], lay->name, msg_out);
		if (rc < 0)
			return rc;
	}
	if (size != len || !cursor_ok(&c) || cursor_left(&c) != 0)
		return err_set(-EPROTO,
			"%s message: %u bytes do not hold its fields exactly",
			lay->name, len);
	return oob_check(msg_out, lay, -EPROTO);
}
