/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pending.c -- see pending.h
 *
 * A small array: at 64 entries moving the rest down is cheaper than any
 * list, and an index into the array is also an index into poll's.
 */
#include "rpmemd/pending.h"

#include <poll.h>
#include <string.h>

#include "base/log.h"
#include "rpmemd/address.h"

static void
drop_oldest(struct pending *p)
{
	char peer[ADDRESS_TEXT_MAX];
	struct handshake h = pending_take(p, 0);
	address_format((struct sockaddr *)&h.peer, peer, sizeof(peer));
	LOG_WARN("%s: dropped, its handshake is the oldest of %u unfinished "
		 "ones",
		peer, PENDING_MAX);
	handshake_fini(&h);
}

int
pending_add(struct pending *p, int fd, const struct sockaddr_storage *peer,
	struct keyring *keys, uint64_t deadline)
{
	struct tls *tls = NULL;
	int rc = tls_server_new(fd, &keys->keys, &tls);
	if (rc < 0) {
		(void)close(fd);
		return rc;
	}
	if (p->n == PENDING_MAX)
		drop_oldest(p);
	p->h[p->n++] = (struct handshake){.keys = keyring_get(keys),
		.tls = tls,
		.peer = *peer,
		.deadline = deadline,
		.events = POLLIN};
	return 0;
}

int
pending_step(struct pending *p, unsigned i)
{
	struct handshake *h = &p->h[i];
	int rc = tls_handshake(h->tls);
	if (rc <= 0)
		return rc;
	h->events = rc == TLS_WANT_WRITE ? POLLOUT : POLLIN;
	return PENDING_WAIT;
}

struct handshake
pending_take(struct pending *p, unsigned i)
{
	struct handshake h = p->h[i];
	p->n--;
	memmove(&p->h[i], &p->h[i + 1], (p->n - i) * sizeof(p->h[0]));
	return h;
}

void
handshake_fini(struct handshake *h)
{
	tls_free(TAKE_PTR(h->tls));
	keyring_put(TAKE_PTR(h->keys));
}

void
handshake_abandon(struct handshake *h)
{
	tls_abandon(TAKE_PTR(h->tls));
	keyring_put(TAKE_PTR(h->keys));
}
