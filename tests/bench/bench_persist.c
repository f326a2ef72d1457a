/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bench_persist.c -- rpmem_persist against what the kernel's TCP can do
 *
 * The machine is shared: rounds of both kinds take turns, and the medians'
 * ratio is what counts.  Prints one JSON object.
 */
#include <librpmem.h>

#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE (256UL << 20)
#define TURNS 20
#define PER_TURN 500
#define MSG 64

static uint64_t
now_ns(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
xfer(int fd, char *buf, size_t len, int out)
{
	while (len != 0) {
		ssize_t n = out ? write(fd, buf, len) : read(fd, buf, len);
		if (n <= 0)
			exit(0);
		buf += n;
		len -= (size_t)n;
	}
}

/* a process that answers MSG bytes with MSG bytes; -1 - n: swallows n */
static int
echo_peer(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int one = 1;
	int l = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, (struct sockaddr *)&a, len) != 0 || listen(l, 1) != 0 ||
		getsockname(l, (struct sockaddr *)&a, &len) != 0)
		err(1, "listen");
	if (fork() == 0) {
		static char buf[1 << 16];
		int c = accept(l, NULL, NULL);
		setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		for (;;) {
			uint64_t bulk = 0;
			xfer(c, buf, MSG, 0);
			memcpy(&bulk, buf, sizeof(bulk));
			for (; bulk != 0; bulk -= sizeof(buf))
				xfer(c, buf, sizeof(buf), 0);
			xfer(c, buf, MSG, 1);
		}
	}
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&a, len) != 0)
		err(1, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;
	return (*x > *y) - (*x < *y);
}

static double
us(uint64_t *v, size_t n, unsigned per_mille)
{
	qsort(v, n, sizeof(*v), by_value);
	return (double)v[n * per_mille / 1000] / 1000;
}

static uint64_t
copy_raw(int fd, char *mem)
{
	char msg[MSG] = {0};
	uint64_t bulk = SIZE;
	uint64_t start = now_ns();
	memcpy(msg, &bulk, sizeof(bulk));
	xfer(fd, msg, MSG, 1);
	xfer(fd, mem, SIZE, 1);
	xfer(fd, msg, MSG, 0);
	return now_ns() - start;
}

static RPMEMpool *
open_pool(char **argv, char *mem, int create)
{
	unsigned lanes = 1;
	RPMEMpool *p =
		create ? rpmem_create(argv[1], argv[2], mem, SIZE, &lanes, NULL)
		       : rpmem_open(argv[1], argv[2], mem, SIZE, &lanes, NULL);
	if (p == NULL)
		errx(1, "%s", rpmem_errormsg());
	return p;
}

int
main(int argc, char **argv)
{
	static uint64_t raw[TURNS * PER_TURN], rpm[TURNS * PER_TURN];
	char msg[MSG] = {0};
	size_t n = 0;
	if (argc != 3)
		return 2;
	int fd = echo_peer();
	char *mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	uint64_t first = now_ns();
	(void)rpmem_close(open_pool(argv, mem, 1));
	first = now_ns() - first;
	uint64_t second = now_ns();
	(void)rpmem_close(open_pool(argv, mem, 0));
	second = now_ns() - second;

	RPMEMpool *p = open_pool(argv, mem, 0);
	for (unsigned t = 0; t < TURNS; t++)
		for (unsigned i = 0; i < 2 * PER_TURN; i++) {
			uint64_t start = now_ns();
			if (i < PER_TURN) {
				xfer(fd, msg, MSG, 1);
				xfer(fd, msg, MSG, 0);
				raw[n + i] = now_ns() - start;
			} else if (rpmem_persist(p, i * 64UL, 64, 0, 0) == 0) {
				rpm[n + i - PER_TURN] = now_ns() - start;
			}
			if (i == 2 * PER_TURN - 1)
				n += PER_TURN;
		}
	(void)copy_raw(fd, mem);
	uint64_t bulk_raw = copy_raw(fd, mem);
	(void)rpmem_persist(p, 0, SIZE, 0, 0);
	uint64_t bulk = now_ns();
	(void)rpmem_persist(p, 0, SIZE, 0, 0);
	bulk = now_ns() - bulk;
	(void)rpmem_close(p);

	double r50 = us(raw, n, 500);
	double p50 = us(rpm, n, 500);
	printf("{\"raw_p50_us\": %.1f, \"persist_p50_us\": %.1f, "
	       "\"ratio_p50\": %.2f, \"raw_p99_us\": %.1f, "
	       "\"persist_p99_us\": %.1f, \"first_open_close_ms\": %.1f, "
	       "\"open_close_ms\": %.1f, \"copy_ratio\": %.2f}\n",
		r50, p50, p50 / r50, us(raw, n, 990), us(rpm, n, 990),
		(double)first / 1e6, (double)second / 1e6,
		(double)bulk_raw / (double)bulk);
	return 0;
}
