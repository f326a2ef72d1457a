/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * listen.c -- the target's side of making a connection
 *
 * A listener waits for the one peer that shows the session's token; whoever
 * else connects is turned away and changes nothing.  A peer that passed the
 * check and then vanishes does not end the waiting either; only a failure of
 * our own does.
 */
#include "fabric/internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <rdma/fi_errno.h>

#include "base/err.h"
#include "base/log.h"

/* in build order */
struct listener {
	struct mutex lock; /* around eq and pep */
	struct fi_info *info;
	struct fab *fab;
	struct fid_eq *eq;
	int eq_fd; /* borrowed from eq */
	struct fid_pep *pep;
};

void
listener_close(struct listener *l)
{
	if (l == NULL)
		return;
	mutex_lock(&l->lock);
	if (l->pep != NULL)
		(void)fi_close(&l->pep->fid);
	if (l->eq != NULL)
		(void)fi_close(&l->eq->fid);
	mutex_unlock(&l->lock);
	fab_put(l->fab);
	info_freep(&l->info);
	mutex_fini(&l->lock);
	free(l);
}

static void
listener_closep(struct listener **l)
{
	listener_close(*l);
	*l = NULL;
}

static int
port_of(struct fid_pep *pep, uint16_t *port_out)
{
	struct sockaddr_storage addr;
	size_t len = sizeof(addr);
	memset(&addr, 0, sizeof(addr));
	int rc = fi_getname(&pep->fid, &addr, &len);
	if (rc != 0)
		return ferr_set(rc, "a listener has no address");
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	memcpy(&in, &addr, sizeof(in));
	memcpy(&in6, &addr, sizeof(in6));
	*port_out =
		ntohs(addr.ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
	return 0;
}

static int
start(struct listener *l, const struct sockaddr *addr)
{
	char text[PEER_TEXT_MAX];
	addr_text(addr, text);
	int rc = fab_open(l->info, &l->fab);
	if (rc == 0)
		rc = eq_open(l->fab, &l->eq, &l->eq_fd);
	if (rc < 0)
		return rc;
	rc = fi_passive_ep(l->fab->fid, l->info, &l->pep, NULL);
	if (rc == 0)
		rc = fi_pep_bind(l->pep, &l->eq->fid, 0);
	if (rc == 0)
		rc = fi_listen(l->pep);
	if (rc != 0)
		return ferr_set(rc, "cannot listen on %s", text);
	cloexec_queue(l->eq_fd);
	return 0;
}

int
listener_open(const struct sockaddr *addr, const char *provider,
	struct listener **l_out, uint16_t *port_out)
{
	int rc = fabric_load(provider);
	if (rc < 0)
		return rc;
	CLEANUP(listener_closep) struct listener *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return err_set(-ENOMEM, "no memory for a listener");
	mutex_init(&l->lock);
	rc = info_for(provider, addr, FI_SOURCE, &l->info);
	if (rc == 0)
		rc = start(l, addr);
	if (rc == 0)
		rc = port_of(l->pep, port_out);
	if (rc < 0)
		return rc;
	*l_out = TAKE_PTR(l);
	return 0;
}

/*
 * the next request; 0: none.  Error events are about connections that died
 * before they asked for anything.
 */
static ssize_t
next_request(struct listener *l, union eq_event *ev)
{
	uint32_t type = 0;
	mutex_lock(&l->lock);
	ssize_t rc = eq_take(l->eq, &type, ev);
	mutex_unlock(&l->lock);
	if (rc < 0)
		LOG_DEBUG("listener: event with error %zd", rc);
	return rc > 0 && type == FI_CONNREQ ? rc : 0;
}

static void
reject(struct listener *l, struct fi_info *info)
{
	mutex_lock(&l->lock);
	(void)fi_reject(l->pep, info->handle, NULL, 0);
	mutex_unlock(&l->lock);
	fab_lib()->freeinfo(info);
}

/* Returns 0; -ECONNRESET: this peer is gone; -ETIMEDOUT; others are ours */
static int
accept_one(struct listener *l, const struct conn_cfg *cfg, struct fi_info *info,
	uint64_t deadline, struct conn **conn_out)
{
	CLEANUP(conn_closep) struct conn *c = NULL;
	int rc = conn_new(cfg, info, l->fab, l->pep, &c);
	if (rc < 0)
		return rc;
	mutex_lock(&c->lock);
	rc = fi_accept(c->ep, NULL, 0);
	mutex_unlock(&c->lock);
	if (rc == 0)
		rc = conn_await(c, deadline);
	if (rc == -ETIMEDOUT)
		return rc;
	if (rc != 0 && ferr_death(rc) == -ECONNRESET)
		return -ECONNRESET;
	if (rc != 0)
		return ferr_set(rc, "%s: cannot accept", c->peer);
	cloexec_queue(c->cq_fd);
	cloexec_queue(c->eq_fd);
	*conn_out = TAKE_PTR(c);
	return 0;
}

static bool
passes(const union eq_event *ev, size_t event_len, listener_check *check,
	void *arg)
{
	size_t len = event_len - sizeof(ev->cm);
	/* verbs hands over the padding behind what the peer sent */
	return check(arg, ev->cm.data, MIN_OF(len, (size_t)FABRIC_CM_MAX),
		ev->cm.info->dest_addr);
}

int
listener_accept(struct listener *l, const struct conn_cfg *cfg,
	listener_check *check, void *arg, uint64_t deadline,
	struct conn **conn_out)
{
	for (;;) {
		union eq_event ev;
		ssize_t len = next_request(l, &ev);
		if (len > 0 && !passes(&ev, (size_t)len, check, arg)) {
			reject(l, ev.cm.info);
		} else if (len > 0) {
			int rc = accept_one(
				l, cfg, ev.cm.info, deadline, conn_out);
			if (rc != -ECONNRESET && rc != -ETIMEDOUT)
				return rc;
			LOG_DEBUG("listener: a peer left while it was let in");
		}
		if (deadline_passed(deadline))
			return err_set(-ETIMEDOUT,
				"nobody connected within the time limit");
		if (len == 0)
			eq_sleep(l->fab, l->eq, l->eq_fd, deadline);
	}
}
