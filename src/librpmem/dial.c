/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * dial.c -- see dial.h
 */
#include "librpmem/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/err.h"
#include "wire/cm.h"

/* where the target listens: what it says, else where we reached it */
static int
in_band_addr(const struct rpmem_pool *h, const struct oob_pool_reply *r,
	struct sockaddr_storage *addr_out)
{
	/* the peer's word is a number or nothing; without one the target
	 * listens on its IPv4 addresses */
	bool told = r->addr[0] != '\0';
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
		.ai_flags = told ? AI_NUMERICHOST : 0,
		.ai_family = told ? AF_UNSPEC : AF_INET};
	struct addrinfo *list = NULL;
	socklen_t len = 0;
	if (!told && h->target.kind == TARGET_TCP)
		return chan_addr(&h->ch, 0, addr_out, &len);
	const char *name = told ? r->addr : h->target.node;
	int gai = getaddrinfo(name, NULL, &hints, &list);
	if (gai != 0)
		return err_set(-EHOSTUNREACH, "%s: in-band address '%s': %s",
			h->target.text, name, gai_strerror(gai));
	memset(addr_out, 0, sizeof(*addr_out));
	memcpy(addr_out, list->ai_addr, list->ai_addrlen);
	freeaddrinfo(list);
	return 0;
}

int
dial_in_band(struct rpmem_pool *h, const struct oob_pool_reply *r,
	uint32_t credits, struct conn **conn_out)
{
	struct sockaddr_storage peer;
	int rc = in_band_addr(h, r, &peer);
	if (rc < 0)
		return rc;
	if (peer.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&peer)->sin6_port = htons(r->port);
	else
		((struct sockaddr_in *)&peer)->sin_port = htons(r->port);
	struct conn_cfg cfg = {.provider = h->knobs.provider,
		.nsend = credits + STREAM_NSEND_EXTRA,
		.nrecv = STREAM_NRECV,
		.slot_size = r->frame_max,
		.spin_us = h->knobs.spin_us};
	struct cm_request cm = {
		.version = OOB_VERSION_MAX, .session_id = r->session_id};
	uint8_t data[CM_DATA_SIZE];
	memcpy(cm.token, r->token, sizeof(cm.token));
	cm_encode(&cm, data);
	rc = conn_connect((struct sockaddr *)&peer, &cfg, data, sizeof(data),
		deadline_in_ms(h->knobs.timeout_ms), conn_out);
	return rc < 0 ? err_wrap(rc, "%s: in-band connection", h->target.text)
		      : 0;
}
