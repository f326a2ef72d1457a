/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cm.c -- private data of the in-band connection request
 *
 * The token proves that whoever connects in-band is the one who spoke on the
 * out-of-band connection; it is compared before the connection is accepted.
 * A provider may hand over more bytes than were sent (verbs always gives its
 * whole private data area), so zeros behind the 48 bytes are accepted;
 * anything else there is not.
 */
#include "wire/cm.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "wire/oob.h"

static const uint8_t magic[4] = {'R', 'P', 'C', 'M'};

void
cm_encode(const struct cm_request *req, uint8_t out[CM_DATA_SIZE])
{
	struct cursor c = cursor_write(out, CM_DATA_SIZE);
	cursor_put_bytes(&c, magic, sizeof(magic));
	cursor_put_u16(&c, req->version);
	cursor_put_zeros(&c, 2);
	cursor_put_u64(&c, req->session_id);
	cursor_put_bytes(&c, req->token, CM_TOKEN_SIZE);
}

int
cm_decode(const void *buf, uint64_t len, struct cm_request *req_out)
{
	struct cursor c = cursor_read(buf, len);
	uint8_t got[sizeof(magic)];
	cursor_get_bytes(&c, got, sizeof(got));
	req_out->version = cursor_get_u16(&c);
	cursor_get_zeros(&c, 2);
	req_out->session_id = cursor_get_u64(&c);
	cursor_get_bytes(&c, req_out->token, CM_TOKEN_SIZE);
	cursor_get_zeros(&c, cursor_left(&c));
	if (!cursor_ok(&c) || memcmp(got, magic, sizeof(magic)) != 0)
		return err_set(-EPROTO,
			"connection request: %llu bytes of private data that "
			"are not an rpmem initiator's",
			(unsigned long long)len);
	if (req_out->version < OOB_VERSION_MIN ||
		req_out->version > OOB_VERSION_MAX)
		return err_set(-EPROTO,
			"connection request: protocol version %u, this side "
			"speaks %u to %u",
			(unsigned)req_out->version, OOB_VERSION_MIN,
			OOB_VERSION_MAX);
	return 0;
}

int
cm_token_equal(const uint8_t a[CM_TOKEN_SIZE], const uint8_t b[CM_TOKEN_SIZE])
{
	/* volatile: the compiler must not turn it into an early exit, which
	 * would tell a guesser how many bytes were right */
	volatile uint8_t diff = 0;
	for (unsigned i = 0; i < CM_TOKEN_SIZE; i++)
		diff = (uint8_t)(diff | (a[i] ^ b[i]));
	return diff == 0;
}
