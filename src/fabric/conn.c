/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * conn.c -- a connection at work: slots, send, repost, wake, die
 *
 * Nothing here waits; poll.c does.  A slot belongs to the caller, to the
 * stack of free ones, or to libfabric while its operation runs.
 *
 * Death is ours to keep: libfabric goes on accepting sends after a shutdown,
 * so `error` is looked at before each call.  It is set once.
 *
 * Every frame is a plain fi_send whose completion gives the slot back.
 * fi_inject for small ones was measured on tcp, blocking and spinning: no
 * difference, so there is one way.
 */
#include "fabric/internal.h"

#include <assert.h>
#include <errno.h>
#include <sys/eventfd.h>

#include <rdma/fi_errno.h>

#include "base/err.h"

void
conn_wake(struct conn *c)
{
	/* acq_rel: what the waker did before is seen by the woken; the write
	 * is left out while an earlier one has not been noticed */
	if (!atomic_exchange_explicit(&c->woken, true, memory_order_acq_rel))
		(void)eventfd_write(c->wake_fd, 1);
}

int
conn_error(const struct conn *c)
{
	/* acquire: with the error comes all that led to it */
	return atomic_load_explicit(&c->error, memory_order_acquire);
}

void
conn_die(struct conn *c, int error)
{
	int none = 0;
	if (atomic_compare_exchange_strong_explicit(&c->error, &none, error,
		    memory_order_acq_rel, memory_order_acquire))
		conn_wake(c);
}

int
conn_dead(const struct conn *c)
{
	int error = conn_error(c);
	if (error == -ECONNRESET)
		return err_set(error, "%s: the connection was lost", c->peer);
	if (error == -EPROTO)
		return err_set(error,
			"%s: the connection was ended: the peer "
			"broke the protocol",
			c->peer);
	return err_sys(error, "%s: the connection has ended", c->peer);
}

void
conn_kill(struct conn *c, int neg_errno)
{
	assert(neg_errno < 0);
	conn_die(c, neg_errno);
	mutex_lock(&c->lock);
	c->drained = true; /* what still comes is of no interest */
	if (c->ep != NULL && c->up && !c->shut)
		(void)fi_shutdown(c->ep, 0);
	c->shut = true;
	mutex_unlock(&c->lock);
}

const char *
conn_provider(const struct conn *c)
{
	return c->info->fabric_attr->prov_name;
}

int
conn_slot(struct conn *c)
{
	int slot = -EAGAIN;
	if (conn_error(c) != 0)
		return conn_dead(c);
	mutex_lock(&c->lock);
	if (c->nfree > 0)
		slot = c->free_slots[--c->nfree];
	else
		c->room_wanted = true;
	mutex_unlock(&c->lock);
	return slot;
}

void *
conn_slot_buf(struct conn *c, int slot)
{
	assert(slot >= 0 && (uint32_t)slot < c->nsend);
	return c->slots + (size_t)slot * c->stride;
}

void
conn_put_locked(struct conn *c, int slot)
{
	assert(slot >= 0 && (uint32_t)slot < c->nsend && c->nfree < c->nsend);
	c->free_slots[c->nfree++] = slot;
}

void
conn_slot_put(struct conn *c, int slot)
{
	mutex_lock(&c->lock);
	conn_put_locked(c, slot);
	mutex_unlock(&c->lock);
}

int
conn_send(struct conn *c, int slot, uint32_t len)
{
	assert(slot >= 0 && (uint32_t)slot < c->nsend && len <= c->slot_size);
	if (conn_error(c) != 0)
		return conn_dead(c);
	mutex_lock(&c->lock);
	ssize_t rc =
		c->shut ? -FI_ESHUTDOWN
			: fi_send(c->ep, c->slots + (size_t)slot * c->stride,
				  len, c->desc, 0, &c->ops[slot].context);
	if (rc == 0)
		c->nposted++;
	c->room_wanted = c->room_wanted || rc == -FI_EAGAIN;
	mutex_unlock(&c->lock);
	if (rc == 0)
		return 0;
	if (rc == -FI_EAGAIN)
		return -EAGAIN;
	conn_die(c, ferr_death(rc));
	return conn_dead(c);
}

int
conn_repost(struct conn *c, int slot)
{
	assert(slot >= 0 && (uint32_t)slot < c->nrecv);
	size_t at = (size_t)c->nsend + (size_t)slot;
	if (conn_error(c) != 0)
		return conn_dead(c);
	mutex_lock(&c->lock);
	ssize_t rc = c->shut ? -FI_ESHUTDOWN
			     : fi_recv(c->ep, c->slots + at * c->stride,
				       c->slot_size, c->desc, 0,
				       &c->ops[at].context);
	if (rc == 0)
		c->nposted++;
	mutex_unlock(&c->lock);
	if (rc == 0)
		return 0;
	/* -FI_EAGAIN too: no more than nrecv are ever posted, and the queue
	 * was made for them */
	conn_die(c, ferr_death(rc));
	return conn_dead(c);
}
