/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inband_accept.c -- from a listening address to the session's connection
 *
 * One connection is accepted: the one that brings the session's token from
 * the address of the out-of-band connection.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/log.h"
#include "rpmemd/inband.h"

#define ACCEPT_MS 30000u
#define SLICE_MS 100u

static bool
same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	struct sockaddr_in a4, b4;
	struct sockaddr_in6 a6, b6;
	if (a == NULL || a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET) {
		memcpy(&a4, a, sizeof(a4));
		memcpy(&b4, b, sizeof(b4));
		return a4.sin_addr.s_addr == b4.sin_addr.s_addr;
	}
	memcpy(&a6, a, sizeof(a6));
	memcpy(&b6, b, sizeof(b6));
	return memcmp(&a6.sin6_addr, &b6.sin6_addr, sizeof(a6.sin6_addr)) == 0;
}

/* only the initiator of this session: right token, right address */
static bool
check_request(
	void *arg, const void *cm, size_t len, const struct sockaddr *peer)
{
	struct inband *ib = arg;
	struct cm_request req;
	bool ok = cm_decode(cm, len, &req) == 0 &&
		  req.session_id == ib->expect.session_id &&
		  cm_token_equal(req.token, ib->expect.token) &&
		  (ib->peer.ss_family == AF_UNSPEC ||
			  same_host(peer, (const struct sockaddr *)&ib->peer));
	if (!ok)
		LOG_WARN("'%s': an in-band connection with a wrong token or "
			 "from another address was refused",
			ib->copy->desc);
	return ok;
}

int
inband_accept(struct inband *ib)
{
	struct conn_cfg cfg = {.provider = ib->cfg->provider,
		.nsend = INBAND_NSEND,
		.nrecv = INBAND_NRECV,
		.slot_size = FRAME_MAX,
		.spin_us = ib->cfg->spin_us};
	uint64_t until = deadline_in_ms(ACCEPT_MS);
	int rc = -ETIMEDOUT;
	while (rc == -ETIMEDOUT && !atomic_load(&ib->stop) &&
		!deadline_passed(until)) {
		inband_take_step(ib);
		rc = listener_accept(ib->listener, &cfg, check_request, ib,
			deadline_in_ms(SLICE_MS), &ib->conn);
	}
	return rc;
}

static int
make_secrets(struct inband *ib)
{
	ib->expect.version = OOB_VERSION_MAX;
	if (getrandom(ib->expect.token, CM_TOKEN_SIZE, 0) != CM_TOKEN_SIZE ||
		getrandom(&ib->expect.session_id, 8, 0) != 8 ||
		getrandom(&ib->seed, 8, 0) != 8)
		return err_set(-EIO, "no random bytes from the kernel");
	return 0;
}

static void
set_port(struct sockaddr_storage *addr, uint16_t port)
{
	if (addr->ss_family == AF_INET6)
		((struct sockaddr_in6 *)addr)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)addr)->sin_port = htons(port);
}

int
inband_listen(
	struct inband *ib, const struct sockaddr *local, uint16_t *port_out)
{
	struct sockaddr_storage any;
	int rc = make_secrets(ib);
	if (rc < 0)
		return rc;
	memcpy(&any, local,
		local->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					     : sizeof(struct sockaddr_in));
	unsigned first = ib->cfg->data_port_min;
	unsigned n = ib->cfg->data_port_max - first + 1u;
	/* not always the same one first: it may still be somebody's */
	unsigned at = (unsigned)(ib->expect.session_id % n);
	for (unsigned tried = 0; tried < n; tried++, at = (at + 1) % n) {
		set_port(&any, (uint16_t)(first + at));
		rc = listener_open((struct sockaddr *)&any, ib->cfg->provider,
			&ib->listener, port_out);
		if (rc != -EADDRINUSE)
			return rc;
	}
	return err_wrap(rc, "no port from %u to %u (data-port) is free", first,
		first + n - 1);
}
