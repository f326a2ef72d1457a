/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * eq.c -- event queues: reading without waiting, and sleeping beside them
 *
 * fi_eq_sread is not used: it would sleep inside libfabric, under our lock,
 * and its time-out is of the provider's making.  We sleep in poll(2).
 */
#include "fabric/internal.h"

#include <errno.h>
#include <poll.h>

#include <rdma/fi_errno.h>

#include "base/err.h"

/* a provider that forgets to signal its descriptor costs this much */
#define SLICE_MS 100

int
eq_open(struct fab *fab, struct fid_eq **eq_out, int *fd_out)
{
	struct fi_eq_attr attr = {.wait_obj = FI_WAIT_FD};
	int rc = fi_eq_open(fab->fid, &attr, eq_out, NULL);
	if (rc != 0)
		return ferr_set(rc, "cannot make an event queue");
	rc = fi_control(&(*eq_out)->fid, FI_GETWAIT, fd_out);
	if (rc != 0)
		return ferr_set(rc, "an event queue has no descriptor");
	return 0;
}

ssize_t
eq_take(struct fid_eq *eq, uint32_t *type_out, union eq_event *ev)
{
	ssize_t rc = fi_eq_read(eq, type_out, ev, sizeof(*ev), 0);
	if (rc == -FI_EAGAIN)
		return 0;
	if (rc != -FI_EAVAIL)
		return rc < 0 ? ferr_errno(rc) : rc;
	struct fi_eq_err_entry err = {0};
	rc = fi_eq_readerr(eq, &err, 0);
	return ferr_errno(rc < 0 ? rc : err.err);
}

void
eq_sleep(struct fab *fab, struct fid_eq *eq, int fd, uint64_t deadline)
{
	struct fid *fids[] = {&eq->fid};
	/* something came meanwhile; any other error is slept on, so that a
	 * broken queue costs no more than looking now and then */
	if (fi_trywait(fab->fid, fids, 1) == -FI_EAGAIN)
		return;
	int ms = deadline_poll_ms(deadline);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	(void)poll(&p, 1, ms < 0 ? SLICE_MS : MIN_OF(ms, SLICE_MS));
}
