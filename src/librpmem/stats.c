/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stats.c -- counters and a logarithmic histogram; see stats.h
 *
 * Pure except for stats_append.  The counters are guarded by the stream's
 * lock.  JSON is one flat object, written by hand: it is made in somebody
 * else's process, where a JSON library would be one more dependency.
 */
#include "librpmem/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* bucket of ns: 8 per power of two */
static unsigned
bucket_of(uint64_t ns)
{
	if (ns < 8)
		return (unsigned)ns;
	unsigned log2 = 63 - (unsigned)__builtin_clzll(ns);
	unsigned sub = (unsigned)(ns >> (log2 - 3)) & 7;
	unsigned b = (log2 - 2) * 8 + sub;
	return b < STATS_BUCKETS ? b : STATS_BUCKETS - 1;
}

/* largest value of a bucket */
static uint64_t
bucket_end(unsigned b)
{
	if (b < 8)
		return b;
	unsigned log2 = b / 8 + 2;
	return ((uint64_t)(8 + b % 8 + 1) << (log2 - 3)) - 1;
}

void
stats_rtt(struct stats *s, uint64_t ns)
{
	s->rtt[bucket_of(ns)]++;
}

uint64_t
stats_quantile(const struct stats *s, unsigned per_mille)
{
	uint64_t total = 0;
	for (unsigned b = 0; b < STATS_BUCKETS; b++)
		total += s->rtt[b];
	uint64_t want = (total * per_mille + 999) / 1000;
	uint64_t seen = 0;
	for (unsigned b = 0; b < STATS_BUCKETS && want != 0; b++) {
		seen += s->rtt[b];
		if (seen >= want)
			return bucket_end(b);
	}
	return 0;
}

/* text as a JSON string with its quotes; false if it does not fit */
static int
json_string(const char *text, char *out, size_t size)
{
	size_t n = 0;
	if (size < 3)
		return -ENOSPC;
	out[n++] = '"';
	for (const char *p = text != NULL ? text : ""; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;
		char one[8];
		if (c == '"' || c == '\\')
			(void)snprintf(one, sizeof(one), "\\%c", c);
		else if (c < 0x20)
			(void)snprintf(one, sizeof(one), "\\u%04x", c);
		else
			(void)snprintf(one, sizeof(one), "%c", c);
		if (n + strlen(one) + 2 > size)
			return -ENOSPC;
		memcpy(out + n, one, strlen(one));
		n += strlen(one);
	}
	out[n++] = '"';
	out[n] = '\0';
	return 0;
}

int
stats_json(const struct stats *s, const struct stats_facts *f, char *buf,
	size_t size)
{
	char target[1024];
	char set[8192];
	int rc = json_string(f->target, target, sizeof(target));
	if (rc == 0)
		rc = json_string(f->pool_set, set, sizeof(set));
	if (rc < 0)
		return rc;
	int n = snprintf(buf, size,
		"{\"target\": %s, \"pool_set\": %s, \"provider\": \"%s\", "
		"\"media\": \"%s\", \"durability\": \"%s\", \"role\": \"%s\", "
		"\"pool_size\": %llu, \"appends\": %llu, \"records\": %llu, "
		"\"frames\": %llu, \"waits\": %llu, \"bytes\": %llu, "
		"\"rtt_p50_ns\": %llu, \"rtt_p99_ns\": %llu, \"errno\": %d}\n",
		target, set, f->provider, f->media, f->durability, f->role,
		(unsigned long long)f->pool_size,
		(unsigned long long)s->appends, (unsigned long long)s->records,
		(unsigned long long)s->frames, (unsigned long long)s->waits,
		(unsigned long long)s->bytes,
		(unsigned long long)stats_quantile(s, 500),
		(unsigned long long)stats_quantile(s, 990), f->error);
	return n < 0 || (size_t)n >= size ? -ENOSPC : n;
}

void
stats_append(
	const char *path, const struct stats *s, const struct stats_facts *f)
{
	char line[10240];
	int n = stats_json(s, f, line, sizeof(line));
	CLEANUP(closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (n < 0 || fd < 0 || write(fd, line, (size_t)n) != n)
		LOG_WARN("cannot append the pool's statistics to "
			 "RPMEM_STATS '%s'",
			path);
}
