/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rings.c -- a connection's memory and libfabric objects, made and unmade
 *
 * All slots are one anonymous mapping, send slots first; a slot's operation
 * (what libfabric keeps while it runs) has the same index in another array,
 * so that a completion leads back to its slot without a look-up.  Everything
 * is allocated here; conn.c allocates nothing.
 *
 * A connection has a domain of its own: libfabric lets every endpoint of a
 * domain use every memory region of it.
 *
 * conn_close is the only way down and takes half-built connections.
 */
#include "fabric/internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include <rdma/fi_errno.h>

#include "base/checked.h"
#include "base/err.h"

/* drain gives up after this many waits of 1 ms */
#define DRAIN_WAITS 20

static int
make_memory(struct conn *c, const struct conn_cfg *cfg)
{
	uint64_t nslots = (uint64_t)cfg->nsend + cfg->nrecv;
	uint64_t bytes = 0;
	c->nsend = cfg->nsend;
	c->nrecv = cfg->nrecv;
	c->slot_size = cfg->slot_size;
	c->spin_us = cfg->spin_us;
	c->stride = align_up(cfg->slot_size, SLOT_ALIGN);
	if (cfg->nsend == 0 || cfg->nrecv == 0 || cfg->slot_size == 0 ||
		cfg->nsend > INT32_MAX || cfg->nrecv > INT32_MAX ||
		!mul_u64(nslots, c->stride, &bytes))
		return err_set(-EINVAL,
			"a connection with %u send and %u "
			"receive slots of %u bytes",
			cfg->nsend, cfg->nrecv, cfg->slot_size);
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	c->slots = map == MAP_FAILED ? NULL : map;
	c->ops = calloc(nslots, sizeof(*c->ops));
	c->free_slots = calloc(cfg->nsend, sizeof(*c->free_slots));
	if (c->slots == NULL || c->ops == NULL || c->free_slots == NULL)
		return err_set(-ENOMEM, "no memory for %llu bytes of slots",
			(unsigned long long)bytes);
	/* the lowest index comes out first */
	for (uint32_t i = 0; i < cfg->nsend; i++)
		c->free_slots[i] = (int)(cfg->nsend - 1 - i);
	c->nfree = cfg->nsend;
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_fd < 0)
		return err_sys(-errno, "cannot make an eventfd");
	return 0;
}

static void
free_memory(struct conn *c)
{
	if (c->slots != NULL)
		(void)munmap(
			c->slots, ((size_t)c->nsend + c->nrecv) * c->stride);
	free(c->ops);
	free(c->free_slots);
	closep(&c->wake_fd);
	mutex_fini(&c->lock);
	free(c);
}

/* does the provider's offer fit what the caller needs? */
static int
check_info(const struct conn *c)
{
	const struct fi_info *i = c->info;
	if (i->ep_attr->max_msg_size < c->slot_size)
		return err_set(-EINVAL,
			"provider \"%s\" sends at most %zu "
			"bytes at once, frames have %u",
			i->fabric_attr->prov_name, i->ep_attr->max_msg_size,
			c->slot_size);
	if (i->tx_attr->size < c->nsend || i->rx_attr->size < c->nrecv)
		return err_set(-EINVAL,
			"provider \"%s\" has %zu send and %zu "
			"receive operations, %u and %u are needed",
			i->fabric_attr->prov_name, i->tx_attr->size,
			i->rx_attr->size, c->nsend, c->nrecv);
	return 0;
}

/* local access only, and only for a provider that insists */
static int
register_memory(struct conn *c)
{
	int mr_mode = c->info->domain_attr->mr_mode;
	if (!(mr_mode & FI_MR_LOCAL))
		return 0;
	size_t bytes = ((size_t)c->nsend + c->nrecv) * c->stride;
	int rc = fi_mr_reg(c->domain, c->slots, bytes, FI_SEND | FI_RECV, 0, 0,
		0, &c->mr, NULL);
	if (rc != 0)
		return ferr_set(rc,
			"cannot register %zu bytes of slots (the "
			"limit of locked memory, ulimit -l, may be too low)",
			bytes);
	if (mr_mode & FI_MR_ENDPOINT) {
		rc = fi_mr_bind(c->mr, &c->ep->fid, 0);
		if (rc == 0)
			rc = fi_mr_enable(c->mr);
		if (rc != 0)
			return ferr_set(rc, "cannot bind registered memory");
	}
	c->desc = fi_mr_desc(c->mr);
	return 0;
}

static int
make_queues(struct conn *c)
{
	struct fi_cq_attr attr = {
		.size = (size_t)c->nsend + c->nrecv,
		.format = FI_CQ_FORMAT_MSG,
		.wait_obj = FI_WAIT_FD,
	};
	int rc = eq_open(c->fab, &c->eq, &c->eq_fd);
	if (rc < 0)
		return rc;
	rc = fi_cq_open(c->domain, &attr, &c->cq, NULL);
	if (rc != 0)
		return ferr_set(rc, "cannot make a completion queue");
	rc = fi_control(&c->cq->fid, FI_GETWAIT, &c->cq_fd);
	if (rc != 0)
		return ferr_set(rc, "a completion queue has no descriptor");
	return 0;
}

static int
make_endpoint(struct conn *c)
{
	int rc = fi_endpoint(c->domain, c->info, &c->ep, NULL);
	if (rc != 0)
		return ferr_set(rc, "cannot make an endpoint");
	c->pep = NULL;
	rc = fi_ep_bind(c->ep, &c->eq->fid, 0);
	if (rc == 0)
		rc = fi_ep_bind(c->ep, &c->cq->fid, FI_TRANSMIT | FI_RECV);
	if (rc == 0)
		rc = fi_enable(c->ep);
	if (rc != 0)
		return ferr_set(rc, "cannot enable an endpoint");
	return 0;
}

/* before the connection is asked for: the peer may send at once */
static int
post_all(struct conn *c)
{
	for (uint32_t i = 0; i < c->nrecv; i++) {
		uint32_t at = c->nsend + i;
		ssize_t rc = fi_recv(c->ep, c->slots + at * c->stride,
			c->slot_size, c->desc, 0, &c->ops[at].context);
		if (rc != 0)
			return ferr_set(rc,
				"cannot post receive slot %u of "
				"%u",
				i + 1, c->nrecv);
		c->nposted++;
	}
	return 0;
}

static int
build(struct conn *c, const struct conn_cfg *cfg)
{
	int rc = make_memory(c, cfg);
	if (rc == 0)
		rc = check_info(c);
	if (rc < 0)
		return rc;
	rc = fi_domain(c->fab->fid, c->info, &c->domain, NULL);
	if (rc != 0)
		return ferr_set(rc, "cannot open a domain of provider \"%s\"",
			c->info->fabric_attr->prov_name);
	rc = make_queues(c);
	if (rc == 0)
		rc = make_endpoint(c);
	if (rc == 0)
		rc = register_memory(c);
	return rc == 0 ? post_all(c) : rc;
}

int
conn_new(const struct conn_cfg *cfg, struct fi_info *info, struct fab *fab,
	struct fid_pep *pep, struct conn **conn_out)
{
	CLEANUP(conn_closep) struct conn *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		if (pep != NULL)
			(void)fi_reject(pep, info->handle, NULL, 0);
		info_freep(&info);
		return err_set(-ENOMEM, "no memory for a connection");
	}
	mutex_init(&c->lock);
	atomic_init(&c->error, 0);
	atomic_init(&c->woken, false);
	c->wake_fd = -1;
	c->eq_due = true;
	c->info = info;
	c->fab = fab_get(fab);
	c->pep = pep;
	addr_text(info->dest_addr, c->peer);
	int rc = build(c, cfg);
	if (rc < 0)
		return rc;
	*conn_out = TAKE_PTR(c);
	return 0;
}

int
conn_await(struct conn *c, uint64_t deadline)
{
	for (;;) {
		union eq_event ev;
		uint32_t type = 0;
		mutex_lock(&c->lock);
		ssize_t rc = eq_take(c->eq, &type, &ev);
		mutex_unlock(&c->lock);
		if (rc < 0)
			return (int)rc;
		if (rc > 0 && type == FI_CONNECTED) {
			c->up = true;
			return 0;
		}
		if (rc > 0 && type == FI_SHUTDOWN)
			return -ECONNRESET;
		if (deadline_passed(deadline))
			return -ETIMEDOUT;
		eq_sleep(c->fab, c->eq, c->eq_fd, deadline);
	}
}

/*
 * So that no operation is left that points into memory about to go.  After
 * fi_shutdown the tcp provider has them all in the queue at once, whatever
 * the peer does; the limit is for others.
 */
static void
drain(struct conn *c) REQUIRES(&c->lock)
{
	for (int i = 0; i < DRAIN_WAITS && c->nposted > 0; i++) {
		struct fi_cq_msg_entry e;
		struct fi_cq_err_entry err = {0};
		ssize_t rc = fi_cq_read(c->cq, &e, 1);
		while (rc > 0 || rc == -FI_EAVAIL) {
			if (rc < 0 && fi_cq_readerr(c->cq, &err, 0) < 0)
				return;
			if (c->nposted > 0)
				c->nposted--;
			rc = fi_cq_read(c->cq, &e, 1);
		}
		if (rc != -FI_EAGAIN)
			return;
		if (c->nposted > 0)
			(void)poll(NULL, 0, 1);
	}
}

static void
close_fid(struct fid *fid)
{
	if (fid != NULL)
		(void)fi_close(fid); /* nothing to be done about an error */
}

void
conn_close(struct conn *c)
{
	if (c == NULL)
		return;
	conn_kill(c, -ECONNABORTED);
	mutex_lock(&c->lock);
	if (c->up)
		drain(c);
	if (c->pep != NULL)
		(void)fi_reject(c->pep, c->info->handle, NULL, 0);
	/* the endpoint first: it refers to all the others */
	close_fid(c->ep == NULL ? NULL : &c->ep->fid);
	close_fid(c->mr == NULL ? NULL : &c->mr->fid);
	close_fid(c->cq == NULL ? NULL : &c->cq->fid);
	close_fid(c->eq == NULL ? NULL : &c->eq->fid);
	close_fid(c->domain == NULL ? NULL : &c->domain->fid);
	mutex_unlock(&c->lock);
	fab_put(c->fab);
	info_freep(&c->info);
	free_memory(c);
}

void
conn_closep(struct conn **c)
{
	conn_close(*c);
	*c = NULL;
}

void
conn_abandon(struct conn *c)
{
	/* the lock may be held by a thread that this process does not have */
	if (c != NULL)
		free_memory(c);
}
