/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * oob_fields.c -- what out-of-band messages look like
 *
 * A message on the wire is its header and the fields of its table, in order
 * and without padding; the tables follow the structs of oob.h field by
 * field.  Flags are ranges, since all flag bits of a message are adjacent.
 * In a reply the status comes first: the fields that only make sense with
 * success (or with BUSY) are zero otherwise, so a refused peer learns
 * nothing about the pool but the reason.
 */
#include "wire/oob_fields.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "wire/frame.h"

#define MEMBER(s, m) ((struct oob_msg *)NULL)->u.s.m

#define FIELD(k, w, s, m, lo, hi)                                              \
	{                                                                      \
		.name = #m, .kind = (k), .when = (w),                          \
		.off = offsetof(struct oob_msg, u.s.m),                        \
		.size = sizeof(MEMBER(s, m)), .min = (lo), .max = (hi)         \
	}
#define INT(s, m, lo, hi) FIELD(FIELD_INT, FIELD_ALWAYS, s, m, lo, hi)
#define OK_INT(s, m, lo, hi) FIELD(FIELD_INT, FIELD_ON_SUCCESS, s, m, lo, hi)
#define BUSY_INT(s, m, lo, hi) FIELD(FIELD_INT, FIELD_ON_BUSY, s, m, lo, hi)
#define BYTES(s, m) FIELD(FIELD_BYTES, FIELD_ALWAYS, s, m, 0, 0)
#define OK_BLOB(s, m) FIELD(FIELD_BLOB, FIELD_ON_SUCCESS, s, m, 0, 0)
#define OK_BYTES(s, m) FIELD(FIELD_BYTES, FIELD_ON_SUCCESS, s, m, 0, 0)
#define NAME(s, m) FIELD(FIELD_NAME, FIELD_ALWAYS, s, m, 0, 0)
#define OK_NAME(s, m) FIELD(FIELD_NAME, FIELD_ON_SUCCESS, s, m, 0, 0)
#define PATH(s, m) FIELD(FIELD_PATH, FIELD_ALWAYS, s, m, 1, 0)
#define TEXT(s, m) FIELD(FIELD_TEXT, FIELD_ALWAYS, s, m, 0, 0)

#define STATUS(s) INT(s, status, 0, OOB_STATUS_END - 1)
#define COPY(s)                                                                \
	OK_INT(s, copy.pool_size, 0, UINT64_MAX),                              \
		OK_INT(s, copy.flags, 0, OOB_COPY_F_ALL),                      \
		OK_INT(s, copy.media, 0, OOB_MEDIA_END - 1),                   \
		OK_INT(s, copy.durability, 0, OOB_DURABLE_MEMORY),             \
		OK_INT(s, copy.applied_seq, 0, UINT64_MAX),                    \
		OK_BYTES(s, copy.primary_uuid), OK_BYTES(s, copy.boot_id),     \
		OK_BYTES(s, copy.owner_id),                                    \
		OK_INT(s, copy.open_counter, 0, UINT64_MAX),                   \
		OK_BYTES(s, copy.attr)

static const struct oob_field hello[] = {
	INT(hello, version_min, 1, UINT16_MAX),
	INT(hello, version_max, 1, UINT16_MAX),
	INT(hello, timeout_ms, 1, OOB_TIMEOUT_MAX_MS),
	INT(hello, caps, 0, 0),
	BYTES(hello, initiator_id),
	INT(hello, pid, 0, UINT32_MAX),
	TEXT(hello, program),
};

static const struct oob_field hello_reply[] = {
	STATUS(hello_reply),
	OK_INT(hello_reply, version, OOB_VERSION_MIN, OOB_VERSION_MAX),
	INT(hello_reply, caps, 0, 0),
	OK_INT(hello_reply, silent_ms, 1, OOB_SILENT_MAX_MS),
	TEXT(hello_reply, text),
};

static const struct oob_field create[] = {
	INT(pool_req, pool_size, 1, INT64_MAX),
	INT(pool_req, nlanes, 1, UINT32_MAX),
	INT(pool_req, flags, 0, OOB_OPEN_F_OWNER),
	BYTES(pool_req, owner_id),
	INT(pool_req, open_counter, 0, UINT64_MAX),
	BYTES(pool_req, attr),
	NAME(pool_req, provider),
	PATH(pool_req, desc),
};

static const struct oob_field open[] = {
	INT(pool_req, pool_size, 1, INT64_MAX),
	INT(pool_req, nlanes, 1, UINT32_MAX),
	INT(pool_req, flags, 0,
		OOB_OPEN_F_OWNER | OOB_OPEN_F_DISCARD | OOB_OPEN_F_AS_IS),
	BYTES(pool_req, owner_id),
	INT(pool_req, open_counter, 0, UINT64_MAX),
	NAME(pool_req, provider),
	PATH(pool_req, desc),
};

static const struct oob_field pool_reply[] = {
	STATUS(pool_reply),
	BUSY_INT(pool_reply, busy_ms, 0, OOB_SILENT_MAX_MS),
	OK_INT(pool_reply, port, 1, UINT16_MAX),
	OK_INT(pool_reply, nlanes, 1, OOB_NLANES_MAX),
	OK_INT(pool_reply, credits, 1, OOB_CREDITS_MAX),
	OK_INT(pool_reply, frame_max, FRAME_MIN_MAX, FRAME_MAX),
	OK_INT(pool_reply, session_id, 0, UINT64_MAX),
	OK_INT(pool_reply, seed, 0, UINT64_MAX),
	OK_BYTES(pool_reply, token),
	COPY(pool_reply),
	OK_NAME(pool_reply, addr),
	TEXT(pool_reply, text),
};

static const struct oob_field attach[] = {
	INT(attach, step, OOB_ATTACH_RECORD, OOB_ATTACH_END - 1),
	BYTES(attach, primary_uuid),
};

static const struct oob_field set_attr[] = {
	BYTES(set_attr, attr),
};

static const struct oob_field stat_reply[] = {
	STATUS(stat_reply),
	COPY(stat_reply),
	TEXT(stat_reply, text),
};

static const struct oob_field lineage[] = {
	PATH(lineage, desc),
};

static const struct oob_field lineage_reply[] = {
	STATUS(lineage_reply),
	OK_INT(lineage_reply, flags, 0, OOB_LINEAGE_F_ALL),
	OK_INT(lineage_reply, copy_id, 0, UINT64_MAX),
	OK_INT(lineage_reply, last_seq, 0, UINT64_MAX),
	OK_INT(lineage_reply, is, 0, OOB_LINEAGE_IS_END - 1),
	OK_BYTES(lineage_reply, primary_uuid),
	OK_BLOB(lineage_reply, lineage),
	TEXT(lineage_reply, text),
};

static const struct oob_field look[] = {
	INT(look, from, 0, OOB_NPARTS_MAX),
	PATH(look, desc),
};

static const struct oob_field look_reply[] = {
	STATUS(look_reply),
	OK_INT(look_reply, flags, 0, OOB_LOOK_F_ALL),
	OK_INT(look_reply, nparts, 0, OOB_NPARTS_MAX),
	OK_INT(look_reply, nbad, 0, OOB_NPARTS_MAX),
	OK_INT(look_reply, nmissing, 0, OOB_NPARTS_MAX),
	OK_INT(look_reply, at, 0, OOB_NPARTS_MAX),
	OK_INT(look_reply, is, 0, OOB_PART_IS_END - 1),
	OK_INT(look_reply, media, 0, OOB_MEDIA_END - 1),
	OK_INT(look_reply, durability, 0, OOB_DURABLE_MEMORY),
	OK_INT(look_reply, pool_size, 0, UINT64_MAX),
	OK_INT(look_reply, crtime, 0, UINT64_MAX),
	OK_BYTES(look_reply, attr),
	OK_NAME(look_reply, version),
	TEXT(look_reply, text),
};

static const struct oob_field room[] = {
	PATH(room, desc),
};

static const struct oob_field room_reply[] = {
	STATUS(room_reply),
	OK_INT(room_reply, flags, 0, OOB_ROOM_F_ALL),
	OK_INT(room_reply, free, 0, UINT64_MAX),
	OK_INT(room_reply, wanted, 0, UINT64_MAX),
	OK_INT(room_reply, found, 0, UINT64_MAX),
	TEXT(room_reply, text),
};

static const struct oob_field removal[] = {
	INT(remove, flags, 0,
		OOB_REMOVE_F_FORCE | OOB_REMOVE_F_POOL_SET | OOB_REMOVE_F_KEEP),
	PATH(remove, desc),
};

static const struct oob_field closing[] = {
	INT(close, flags, 0, OOB_CLOSE_F_REMOVE),
};

static const struct oob_field reply[] = {
	STATUS(reply),
	TEXT(reply, text),
};

#define LAYOUT(type, table) [OOB_##type] = {#type, (table), ARRAY_LEN(table)}

static const struct oob_layout layouts[] = {
	LAYOUT(HELLO, hello),
	LAYOUT(HELLO_REPLY, hello_reply),
	LAYOUT(CREATE, create),
	LAYOUT(OPEN, open),
	LAYOUT(POOL_REPLY, pool_reply),
	LAYOUT(ATTACH, attach),
	LAYOUT(SET_ATTR, set_attr),
	[OOB_STAT] = {"STAT", NULL, 0},
	LAYOUT(STAT_REPLY, stat_reply),
	LAYOUT(REMOVE, removal),
	LAYOUT(CLOSE, closing),
	LAYOUT(REPLY, reply),
	LAYOUT(LINEAGE, lineage),
	LAYOUT(LINEAGE_REPLY, lineage_reply),
	LAYOUT(LOOK, look),
	LAYOUT(LOOK_REPLY, look_reply),
	LAYOUT(ROOM, room),
	LAYOUT(ROOM_REPLY, room_reply),
};

/* oob_field_applies reads the status of any reply through u.reply */
_Static_assert(offsetof(struct oob_hello_reply, status) == 0, "status first");
_Static_assert(offsetof(struct oob_pool_reply, status) == 0, "status first");
_Static_assert(offsetof(struct oob_stat_reply, status) == 0, "status first");
_Static_assert(offsetof(struct oob_reply, status) == 0, "status first");
_Static_assert(offsetof(struct oob_lineage_reply, status) == 0, "status first");
_Static_assert(offsetof(struct oob_look_reply, status) == 0, "status first");
_Static_assert(offsetof(struct oob_room_reply, status) == 0, "status first");

const struct oob_layout *
oob_layout(enum oob_type type)
{
	unsigned i = (unsigned)type;
	if (i >= ARRAY_LEN(layouts) || layouts[i].name == NULL)
		return NULL;
	return &layouts[i];
}

const char *
oob_type_name(enum oob_type type)
{
	const struct oob_layout *lay = oob_layout(type);
	return lay != NULL ? lay->name : "?";
}

bool
oob_field_applies(const struct oob_msg *msg, const struct oob_field *f)
{
	switch (f->when) {
	case FIELD_ON_SUCCESS:
		return msg->u.reply.status == OOB_SUCCESS;
	case FIELD_ON_BUSY:
		return msg->u.reply.status == OOB_BUSY;
	case FIELD_ALWAYS:
		break;
	}
	return true;
}

bool
oob_field_has_length(const struct oob_field *f)
{
	return f->kind == FIELD_NAME || f->kind == FIELD_PATH ||
	       f->kind == FIELD_TEXT || f->kind == FIELD_BLOB;
}

uint64_t
oob_field_int(const struct oob_msg *msg, const struct oob_field *f)
{
	const uint8_t *p = (const uint8_t *)msg + f->off;
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;
	switch (f->size) {
	case sizeof(v64):
		memcpy(&v64, p, sizeof(v64));
		return v64;
	case sizeof(v32):
		memcpy(&v32, p, sizeof(v32));
		return v32;
	case sizeof(v16):
		memcpy(&v16, p, sizeof(v16));
		return v16;
	default:
		return *p;
	}
}

/* the first character of a string that its kind does not allow, or NUL */
static char
bad_char(const char *s, enum field_kind kind)
{
	for (; *s != '\0' && kind != FIELD_TEXT; s++) {
		unsigned char ch = (unsigned char)*s;
		bool control = ch < ' ' || ch == 0x7f;
		if (control || (kind == FIELD_NAME && (ch == ' ' || ch > 0x7f)))
			return *s;
	}
	return '\0';
}

static int
check_string(
	const char *s, const char *what, const struct oob_field *f, int code)
{
	const char *end = memchr(s, '\0', f->size);
	if (end == NULL)
		return err_set(code, "%s message: %s is longer than %u bytes",
			what, f->name, f->size - 1);
	if ((uint64_t)(end - s) < f->min)
		return err_set(code, "%s message: %s is empty", what, f->name);
	unsigned char bad = (unsigned char)bad_char(s, f->kind);
	if (bad != '\0')
		return err_set(code,
			"%s message: %s holds the character 0x%02x", what,
			f->name, bad);
	return 0;
}

static int
check_int(const struct oob_msg *msg, const char *what,
	const struct oob_field *f, int code)
{
	uint64_t v = oob_field_int(msg, f);
	if (v < f->min || v > f->max)
		return err_set(code,
			"%s message: %s is %llu, not in %llu .. %llu", what,
			f->name, (unsigned long long)v,
			(unsigned long long)f->min, (unsigned long long)f->max);
	return 0;
}

static int
check_blob(const char *what, const struct oob_field *f,
	const struct oob_blob *b, int code)
{
	if (b->len <= sizeof(b->bytes))
		return 0;
	return err_set(code, "%s message: %s has %u bytes, more than %zu", what,
		f->name, (unsigned)b->len, sizeof(b->bytes));
}

static int
check_field(const struct oob_msg *msg, const char *what,
	const struct oob_field *f, int code)
{
	const char *p = (const char *)msg + f->off;
	switch (f->kind) {
	case FIELD_INT:
		return check_int(msg, what, f, code);
	case FIELD_BLOB:
		return check_blob(what, f, (const void *)p, code);
	case FIELD_NAME:
	case FIELD_PATH:
	case FIELD_TEXT:
		return check_string(p, what, f, code);
	case FIELD_BYTES:
		break;
	}
	return 0;
}

/* at and is must say the same, and no count be more than there is */
static int
check_look(const struct oob_look_reply *l, int code)
{
	if (l->nbad > l->nparts || l->nmissing > l->nbad)
		return err_set(code,
			"LOOK_REPLY message: nbad is %u and nmissing %u, of %u "
			"parts",
			l->nbad, l->nmissing, l->nparts);
	if (l->at > l->nparts || (l->at < l->nparts && l->nbad == 0) ||
		(l->at == l->nparts) != (l->is == OOB_PART_GOOD))
		return err_set(code,
			"LOOK_REPLY message: at is %u where is says %u, of %u "
			"parts",
			l->at, (unsigned)l->is, l->nparts);
	return 0;
}

/* what a message's fields must be to each other */
static int
check_together(const struct oob_msg *msg, int code)
{
	const struct oob_hello *h = &msg->u.hello;
	if (msg->type == OOB_HELLO && h->version_min > h->version_max)
		return err_set(code,
			"HELLO message: version_min is %u, above version_max "
			"%u",
			(unsigned)h->version_min, (unsigned)h->version_max);
	const struct oob_lineage_reply *l = &msg->u.lineage_reply;
	if (msg->type == OOB_LINEAGE_REPLY && l->status == OOB_SUCCESS &&
		(l->is == OOB_LINEAGE_HAS) != (l->lineage.len != 0))
		return err_set(code,
			"LINEAGE_REPLY message: lineage has %u bytes where is "
			"says %u",
			(unsigned)l->lineage.len, (unsigned)l->is);
	if (msg->type == OOB_LOOK_REPLY &&
		msg->u.look_reply.status == OOB_SUCCESS)
		return check_look(&msg->u.look_reply, code);
	return 0;
}

int
oob_check(const struct oob_msg *msg, const struct oob_layout *lay, int code)
{
	for (unsigned i = 0; i < lay->nfields; i++) {
		const struct oob_field *f = &lay->fields[i];
		if (!oob_field_applies(msg, f))
			continue;
		int rc = check_field(msg, lay->name, f, code);
		if (rc < 0)
			return rc;
	}
	return check_together(msg, code);
}
