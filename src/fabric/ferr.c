/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * ferr.c -- the one place that translates libfabric's codes
 *
 * Below FI_ERRNO_OFFSET they are errnos; from there up they are libfabric's
 * own numbers, which strerror would call "Unknown error" and a caller would
 * take for something else.  Text always comes from libfabric, which knows
 * both kinds.
 */
#include "fabric/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <rdma/fi_errno.h>

#include "base/err.h"

static const int own_codes[] = {
	[FI_EOTHER - FI_ERRNO_OFFSET] = -EIO,
	[FI_ETOOSMALL - FI_ERRNO_OFFSET] = -ENOBUFS,
	[FI_EOPBADSTATE - FI_ERRNO_OFFSET] = -ENOTCONN,
	[FI_EAVAIL - FI_ERRNO_OFFSET] = -EIO,
	[FI_EBADFLAGS - FI_ERRNO_OFFSET] = -EINVAL,
	[FI_ENOEQ - FI_ERRNO_OFFSET] = -EINVAL,
	[FI_EDOMAIN - FI_ERRNO_OFFSET] = -EINVAL,
	[FI_ENOCQ - FI_ERRNO_OFFSET] = -EINVAL,
	[FI_ECRC - FI_ERRNO_OFFSET] = -EIO,
	[FI_ETRUNC - FI_ERRNO_OFFSET] = -EMSGSIZE,
	[FI_ENOKEY - FI_ERRNO_OFFSET] = -EINVAL,
	[FI_ENOAV - FI_ERRNO_OFFSET] = -EINVAL,
	[FI_EOVERRUN - FI_ERRNO_OFFSET] = -ENOBUFS,
	[FI_ENORX - FI_ERRNO_OFFSET] = -ENOBUFS,
};

int
ferr_errno(ssize_t code)
{
	ssize_t magnitude = code < 0 ? -code : code;
	if (magnitude > 0 && magnitude < FI_ERRNO_OFFSET)
		return -(int)magnitude;
	size_t own = (size_t)(magnitude - FI_ERRNO_OFFSET);
	/* 0, or a code newer than this table */
	return magnitude == 0 || own >= ARRAY_LEN(own_codes) ? -EIO
							     : own_codes[own];
}

int
ferr_death(ssize_t code)
{
	switch (ferr_errno(code)) {
	case -EMSGSIZE:
		return -EPROTO; /* a frame longer than a receive slot */
	case -ENOMEM:
		return -ENOMEM;
	default:
		/* the cause is lost: the tcp provider says FI_ECANCELED for
		 * whatever ended the connection */
		return -ECONNRESET;
	}
}

int
ferr_set(ssize_t code, const char *fmt, ...)
{
	char what[ERR_MAX];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	int magnitude = (int)(code < 0 ? -code : code);
	return err_set(ferr_errno(code), "%s: %s", what,
		fab_lib()->strerror(magnitude));
}
