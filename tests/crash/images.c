/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * images.c -- every image that a target could leave, handed to a program
 *
 *   images BASE RECORD IMAGE FROM MAX SEED PROGRAM [ARG...]
 *
 *   BASE     the copy's only part before the session
 *   RECORD   what the target received in it (rpmemd/recorder.h)
 *   IMAGE    the file to make, which PROGRAM opens
 *   FROM     records at the start that are only applied
 *   MAX      images to try, spread over the rest
 *
 * An image is the base and a prefix of the records; or a prefix that ends at
 * a barrier, and of the records up to the next one each cache line as
 * some of them left it: what a loss of power may leave of persistent memory.
 * The header is made to stand alone, as a promotion does.
 *
 * Prints the number of images; 1 at the first one that PROGRAM refuses.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "lib/standalone.h"
#include "rpmemd/recorder.h"

#define LINE 64u

static uint8_t *image;
static uint64_t image_size;
static const uint8_t *log_bytes;
static size_t log_size;

/* where each record begins */
static size_t *records;
static size_t nrecords;

static char **program;
static uint64_t rnd;
static unsigned long tried;

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

static uint64_t
next_random(void)
{
	/* xorshift64 */
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return rnd;
}

static void *
map_file(const char *path, int flags, size_t *size_out)
{
	struct stat st;
	int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
		die(path);
	void *p = mmap(NULL, (size_t)st.st_size,
		flags == O_RDWR ? PROT_READ | PROT_WRITE : PROT_READ,
		MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die(path);
	close(fd);
	*size_out = (size_t)st.st_size;
	return p;
}

static struct recorded
at(size_t i, const uint8_t **payload)
{
	struct recorded r;
	memcpy(&r, log_bytes + records[i], sizeof(r));
	*payload = log_bytes + records[i] + sizeof(r);
	return r;
}

static void
find_records(void)
{
	size_t pos = 0;
	records = calloc(
		log_size / sizeof(struct recorded) + 1, sizeof(*records));
	if (records == NULL)
		die("memory");
	while (pos + sizeof(struct recorded) <= log_size) {
		struct recorded r;
		memcpy(&r, log_bytes + pos, sizeof(r));
		size_t n = sizeof(r) + (r.type == REC_COPY ? r.len : 0);
		if (n > log_size - pos || r.off + r.len > image_size)
			break; /* cut off, or not ours */
		records[nrecords++] = pos;
		pos += n;
	}
}

static void
apply_part(size_t i, uint64_t from, uint64_t to)
{
	const uint8_t *payload;
	struct recorded r = at(i, &payload);
	from = from > r.off ? from : r.off;
	to = to < r.off + r.len ? to : r.off + r.len;
	if (from >= to)
		return;
	if (r.type == REC_COPY)
		memcpy(image + from, payload + (from - r.off), to - from);
	else if (r.type == REC_FILL)
		memset(image + from, (int)r.aux, to - from);
}

static void
check(const char *what, size_t i)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		execv(program[0], program);
		_exit(127);
	}
	tried++;
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("a child");
	if (status == 0)
		return;
	fprintf(stderr, "images: image %lu is bad: %s %zu of %zu, status %x\n",
		tried, what, i, nrecords, (unsigned)status);
	exit(1);
}

static bool
is_barrier(size_t i)
{
	const uint8_t *payload;
	uint32_t type = at(i, &payload).type;
	/* what is acked is durable: an ack orders, too */
	return type == REC_BARRIER || type == REC_ACK_REQ;
}

/* of the records [from, to) each line as some of them left it; the image is
 * at `from` before, and at `to` afterwards */
static void
try_subset(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const uint8_t *payload;
		struct recorded r = at(i, &payload);
		if (r.type == REC_GROW)
			continue; /* no bytes */
		for (uint64_t l = r.off / LINE * LINE; l < r.off + r.len;
			l += LINE) {
			/* how many of them reached this line: the same number
			 * however often it is looked at */
			uint64_t h = (l ^ rnd) * 0x9e3779b97f4a7c15u;
			size_t reach = from + (h >> 32) % (to - from + 1);
			if (i < reach)
				apply_part(i, l, l + LINE);
		}
	}
	check("lines of the epoch that ends at record", to);
	(void)next_random();
	for (size_t i = from; i < to; i++)
		apply_part(i, 0, image_size);
}

static void
walk(size_t from, unsigned long max)
{
	size_t step = (nrecords - from) / max + 1;
	for (size_t i = 0; i < nrecords && tried < max; i++) {
		if (i >= from && next_random() % step == 0)
			check("before record", i);
		apply_part(i, 0, image_size);
	}
}

/* epochs: the image stays at the last barrier while records are gathered */
static void
walk_epochs(size_t from, unsigned long max)
{
	size_t epoch = 0;
	size_t left = nrecords - from;
	size_t step = left / (4 * (max - tried) + 1) + 1;
	for (size_t i = 0; i < nrecords && tried < max; i++) {
		if (!is_barrier(i))
			continue;
		if (epoch >= from && i > epoch && next_random() % step == 0) {
			try_subset(epoch, i);
		} else {
			for (size_t k = epoch; k < i; k++)
				apply_part(k, 0, image_size);
		}
		epoch = i + 1;
	}
}

static void
reset(const char *base)
{
	size_t size = 0;
	uint8_t *from = map_file(base, O_RDONLY, &size);
	memcpy(image, from, size);
	/* of a pool that grows the image has what it will become */
	memset(image + size, 0, image_size - size);
	munmap(from, size);
	if (!stand_alone(image)) {
		fprintf(stderr, "images: no header in %s\n", base);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	if (argc < 8)
		return 2;
	size_t size = 0;
	image = map_file(argv[3], O_RDWR, &size);
	image_size = size;
	log_bytes = map_file(argv[2], O_RDONLY, &log_size);
	find_records();
	size_t from = strtoul(argv[4], NULL, 10);
	unsigned long max = strtoul(argv[5], NULL, 10);
	rnd = strtoul(argv[6], NULL, 10) | 1;
	program = argv + 7;
	if (nrecords <= from) {
		fprintf(stderr, "images: only %zu records\n", nrecords);
		return 2;
	}
	reset(argv[1]);
	walk(from, max / 2);
	unsigned long prefixes = tried;
	reset(argv[1]);
	walk_epochs(from, max);
	printf("%lu images: %lu prefixes, %lu subsets, of %zu records\n", tried,
		prefixes, tried - prefixes, nrecords);
	return 0;
}
