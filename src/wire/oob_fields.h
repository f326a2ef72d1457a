/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * oob_fields.h -- the fields of each out-of-band message, as tables
 *
 * One table drives the encoder, the decoder and the checks, so the three
 * cannot disagree.  Inside src/wire only.
 */
#ifndef RPMEM_WIRE_OOB_FIELDS_H
#define RPMEM_WIRE_OOB_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/oob.h"

/* offsets in the header */
#define OOB_SIZE_AT 8
#define OOB_TAG_AT 12

enum field_kind {
	FIELD_INT,   /* 1, 2, 4 or 8 bytes, min .. max */
	FIELD_BYTES, /* an array, verbatim */
	FIELD_BLOB,  /* struct oob_blob: le16 length and bytes */
	/* le16 length and bytes without NUL, at least min of them */
	FIELD_NAME, /* printable ASCII without blanks */
	FIELD_PATH, /* no control characters */
	FIELD_TEXT, /* for people; made printable when decoded */
};

/* a field that does not apply is zero on the wire */
enum field_when { FIELD_ALWAYS, FIELD_ON_SUCCESS, FIELD_ON_BUSY };

struct oob_field {
	const char *name;
	enum field_kind kind;
	enum field_when when;
	uint32_t off;  /* in struct oob_msg */
	uint32_t size; /* there; of a string NUL included */
	uint64_t min;
	uint64_t max;
};

struct oob_layout {
	const char *name;
	const struct oob_field *fields;
	unsigned nfields;
};

/* NULL: no such type */
const struct oob_layout *oob_layout(enum oob_type type);

/* does the message's status let this field hold something? */
bool oob_field_applies(const struct oob_msg *msg, const struct oob_field *f);

/* does its length precede it on the wire? */
bool oob_field_has_length(const struct oob_field *f);

/* an integer field's value */
uint64_t oob_field_int(const struct oob_msg *msg, const struct oob_field *f);

/*
 * oob_check -- every field that applies is in its range
 *
 * Returns 0, or code with a message that names message and field
 */
NODISCARD int oob_check(
	const struct oob_msg *msg, const struct oob_layout *lay, int code);

#endif
