/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stats.h -- what a pool handle counted, and its line in RPMEM_STATS
 */
#ifndef RPMEM_LIBRPMEM_STATS_H
#define RPMEM_LIBRPMEM_STATS_H

#include <stdint.h>

#include "base/compiler.h"

/* buckets of a factor 2^(1/8) from 1 ns to over a minute */
#define STATS_BUCKETS (8 * 37)

struct stats {
	uint64_t appends; /* calls that added to the stream */
	uint64_t records;
	uint64_t frames;
	uint64_t waits;		     /* calls that slept or polled for an ack */
	uint64_t bytes;		     /* payload */
	uint64_t rtt[STATS_BUCKETS]; /* frame with ack request -> ack */
};

struct stats_facts {
	const char *target;
	const char *pool_set;
	const char *provider;
	const char *media;
	const char *durability;
	uint64_t pool_size;
	const char *role;
	int error; /* positive errno the handle ended with; 0 */
};

void stats_rtt(struct stats *s, uint64_t ns);

/* upper end of the bucket that holds the given per mille; 0: no samples */
uint64_t stats_quantile(const struct stats *s, unsigned per_mille);

/*
 * stats_json -- one JSON object and a newline
 *
 * Returns its length, or -ENOSPC: buf is too small.  Strings are escaped.
 */
NODISCARD int stats_json(const struct stats *s, const struct stats_facts *f,
	char *buf, size_t size);

/* append the object to a file with one write; errors are only logged */
void stats_append(
	const char *path, const struct stats *s, const struct stats_facts *f);

#endif
