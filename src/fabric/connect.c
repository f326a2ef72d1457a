/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * connect.c -- the initiator's side of making a connection
 *
 * The time limit is ours: libfabric's tcp provider waits as long as the
 * kernel repeats its SYN, two minutes, and for ever when the peer accepts
 * the TCP connection and then says nothing.
 */
#include "fabric/internal.h"

#include <assert.h>
#include <errno.h>

#include <rdma/fi_errno.h>

#include "base/err.h"

/* what a failed attempt means; code is libfabric's or -ETIMEDOUT */
static int
explain(const struct conn *c, int code)
{
	switch (code) {
	case -ECONNREFUSED:
		return err_set(code,
			"%s: connection refused: nobody listens "
			"there, or the target does not know this session",
			c->peer);
	case -ETIMEDOUT:
		return err_set(code, "%s: no connection within the time limit",
			c->peer);
	case -ECANCELED:
	case -ENOTCONN:
	case -ESHUTDOWN:
	case -EPIPE:
		/* the tcp provider's words for a peer that hangs up */
		code = -ECONNRESET;
		break;
	default:
		break;
	}
	return ferr_set(code, "%s: cannot connect", c->peer);
}

int
conn_connect(const struct sockaddr *peer, const struct conn_cfg *cfg,
	const void *cm, size_t len, uint64_t deadline, struct conn **conn_out)
{
	CLEANUP(conn_closep) struct conn *c = NULL;
	CLEANUP(info_freep) struct fi_info *info = NULL;
	struct fab *fab = NULL;
	assert(len <= FABRIC_CM_MAX);
	int rc = fabric_load(cfg->provider);
	if (rc == 0)
		rc = info_for(cfg->provider, peer, 0, &info);
	if (rc == 0)
		rc = fab_open(info, &fab);
	if (rc < 0)
		return rc;
	rc = conn_new(cfg, TAKE_PTR(info), fab, NULL, &c);
	fab_put(fab); /* the connection has its own reference */
	if (rc < 0)
		return rc;
	mutex_lock(&c->lock);
	rc = fi_connect(c->ep, c->info->dest_addr, cm, len);
	mutex_unlock(&c->lock);
	if (rc == 0)
		rc = conn_await(c, deadline);
	if (rc != 0)
		return explain(c, ferr_errno(rc));
	cloexec_queue(c->cq_fd);
	cloexec_queue(c->eq_fd);
	*conn_out = TAKE_PTR(c);
	return 0;
}
