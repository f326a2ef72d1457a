/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor_inband.c -- a round trip over the connection that carries the data
 *
 * The open is a passive one, of a copy whose record says that all is well:
 * nothing of it changes.  What is read is in its first page, so that it does
 * not count as lent.
 */
#include "doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/deadline.h"
#include "include/librpmem.h"
#include "librpmem/handle.h"

#define TRIES 33u
#define BYTES 64u

static void
say_failure(struct doctor *d, int rc)
{
	if (rc == -EBUSY) {
		doctor_in_use(d);
		return;
	}
	findings_add(&d->f, LEVEL_PROBLEM, "in-band", d->name, "%s", err_msg());
	findings_fix(&d->f,
		"the target waits for data at a port of its own: rpmemd "
		"--data-port=A-B names a range, which the firewalls have to "
		"let through; both sides need the same RPMEM_PROVIDER");
}

static int
measure(struct doctor *d, struct rpmem_pool *h)
{
	uint8_t bytes[BYTES];
	uint64_t ns[TRIES];
	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t began = now_ns();
		int rc = stream_read(h->st, bytes, 0, sizeof(bytes));
		if (rc < 0)
			return rc;
		ns[i] = now_ns() - began;
	}
	d->data = round_trip_of(ns, TRIES);
	return 0;
}

static void
say_measured(struct doctor *d, const struct oob_copy *copy)
{
	char min[TIME_TEXT_MAX];
	char median[TIME_TEXT_MAX];
	findings_add(&d->f, LEVEL_OK, "in-band", d->name,
		"the data's connection works: a round trip takes %s at least, "
		"%s in the median; a durable call takes that and the target's "
		"%s",
		time_text(d->data.min_ns, min),
		time_text(d->data.median_ns, median),
		copy->durability == OOB_DURABLE_MEDIA ? "flush to its medium"
						      : "copy to its memory");
}

/* this process is no program whose copies these are */
static void
forget_program(void)
{
	static const char *const names[] = {"RPMEM_OWNER", "RPMEM_STATS",
		"RPMEM_ON_LOSS", "RPMEM_MIN_REPLICAS"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unsetenv(names[i]);
}

void
doctor_inband(struct doctor *d)
{
	struct rpmem_pool *h = NULL;
	void *addr = mmap(NULL, RPMEM_MIN_POOL, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (addr == MAP_FAILED) {
		d->f.error = -ENOMEM;
		return;
	}
	const struct handle_args args = {.target = d->target,
		.set_name = d->name,
		.addr = addr,
		.size = RPMEM_MIN_POOL,
		.nlanes = 1};
	forget_program();
	int rc = handle_open(&args, &h);
	struct oob_copy copy = {0};
	if (rc == 0) {
		copy = h->copy;
		rc = measure(d, h);
		/* the first error is the one to tell */
		int closed = handle_close(h);
		rc = rc < 0 ? rc : closed;
	}
	if (rc < 0)
		say_failure(d, rc);
	else
		say_measured(d, &copy);
	(void)munmap(addr, RPMEM_MIN_POOL);
}
