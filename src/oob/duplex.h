/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * duplex.h -- two descriptors, one to read and one to write, with deadlines
 *
 * What ssh gives both sides: pipes or a socket pair.  The descriptors may
 * block: nothing is read or written before poll(2) has promised that it can
 * be.
 */
#ifndef RPMEM_OOB_DUPLEX_H
#define RPMEM_OOB_DUPLEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct duplex {
	int rd; /* owned; -1: closed */
	int wr; /* owned; -1: closed */
};

/*
 * duplex_read / duplex_write -- all len bytes, or an error, by the deadline
 *
 *   got_out   bytes that came before an error; NULL: not of interest
 *
 * Returns 0; -ETIMEDOUT; -ECONNRESET: the other side is gone.  With a
 * message.  SIGPIPE is the caller's to ignore on a pipe; a socket raises
 * none.
 */
NODISCARD int duplex_read(const struct duplex *d, void *buf, size_t len,
	uint64_t deadline, size_t *got_out);
NODISCARD int duplex_write(
	const struct duplex *d, const void *buf, size_t len, uint64_t deadline);

/* a second call is fine */
void duplex_close(struct duplex *d);

#endif
