/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * oob_status.c -- status numbers, errnos and versions
 *
 * A target knows errnos, the wire carries statuses, the initiator's caller
 * wants an errno again.  Going to the wire and back keeps the errnos that
 * have a status of their own; every other one comes back as EREMOTEIO.
 * Several statuses stand for EINVAL: POOL_CFG is the one a bare EINVAL
 * becomes, the others are set by whoever knows better.
 */
#include "wire/oob.h"

#include <errno.h>

static const int status_errno[OOB_STATUS_END] = {
	[OOB_SUCCESS] = 0,
	[OOB_BADPROTO] = EPROTONOSUPPORT,
	[OOB_BADNAME] = EINVAL,
	[OOB_BADSIZE] = EFBIG,
	[OOB_BADNLANES] = EINVAL,
	[OOB_BADPROVIDER] = EINVAL,
	[OOB_FATAL] = EREMOTEIO,
	[OOB_FATAL_CONN] = ECONNABORTED,
	[OOB_BUSY] = EBUSY,
	[OOB_EXISTS] = EEXIST,
	[OOB_PROVNOSUP] = EMEDIUMTYPE,
	[OOB_NOEXIST] = ENOENT,
	[OOB_NOACCESS] = EACCES,
	[OOB_POOL_CFG] = EINVAL,
	[OOB_STALE] = ESTALE,
	[OOB_NOSPACE] = ENOSPC,
	[OOB_NOTPERM] = EPERM,
	[OOB_MEDIA] = EIO,
	[OOB_NOMEM] = ENOMEM,
	[OOB_BADRECORD] = EUCLEAN,
};

/* errnos that share a status with another one, and the choice for EINVAL */
static const struct {
	int err;
	enum oob_status status;
} also[] = {
	{EINVAL, OOB_POOL_CFG}, {EAGAIN, OOB_BUSY}, {EDQUOT, OOB_NOSPACE},
	{EXDEV, OOB_NOACCESS}, /* leads out of the pool set directory */
};

int
oob_status_errno(uint32_t status)
{
	return status < OOB_STATUS_END ? status_errno[status] : EPROTO;
}

enum oob_status
oob_status_of(int neg_errno)
{
	for (unsigned i = 0; i < ARRAY_LEN(also); i++)
		if (also[i].err == -neg_errno)
			return also[i].status;
	for (unsigned i = 0; i < OOB_STATUS_END; i++)
		if (status_errno[i] == -neg_errno)
			return (enum oob_status)i;
	return OOB_FATAL;
}

uint16_t
oob_choose_version(uint16_t peer_min, uint16_t peer_max)
{
	uint16_t highest = MIN_OF(peer_max, OOB_VERSION_MAX);
	uint16_t lowest = MAX_OF(peer_min, OOB_VERSION_MIN);
	return lowest <= highest ? highest : 0;
}
