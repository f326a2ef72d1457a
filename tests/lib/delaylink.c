/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * delaylink.c -- a slow link to oneself, without the kernel's netem
 *
 *   delaylink NAME DELAY_US   prints "ready" when the tun device is there
 *
 * The caller gives the device an address A.1/24 and sets it up.  A packet to
 * A.2 comes out here; with source and destination exchanged (the checksums
 * stay right) it goes back in after the delay, as one from A.2 to A.1.  So a
 * server that listens on A.1 is reached as A.2, each way DELAY_US late.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 4096u
#define PACKET_MAX 9000u
#define IPV4_HEADER 20

struct packet {
	uint64_t due;
	size_t len;
	uint8_t bytes[PACKET_MAX];
};

static struct packet queue[SLOTS];
static unsigned head; /* the next free one */
static unsigned tail; /* the oldest */

static uint64_t
now_ns(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int
make_device(const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) != 0)
		err(1, "/dev/net/tun");
	return fd;
}

static void
take_in(int fd, uint64_t delay_ns)
{
	while (head - tail < SLOTS) {
		struct packet *p = &queue[head % SLOTS];
		uint8_t source[4];
		ssize_t n = read(fd, p->bytes, sizeof(p->bytes));
		if (n < IPV4_HEADER)
			return;
		if (p->bytes[0] >> 4 != 4)
			continue;
		memcpy(source, p->bytes + 12, 4);
		memcpy(p->bytes + 12, p->bytes + 16, 4);
		memcpy(p->bytes + 16, source, 4);
		p->len = (size_t)n;
		p->due = now_ns() + delay_ns;
		head++;
	}
}

static void
give_back(int fd)
{
	while (head != tail && queue[tail % SLOTS].due <= now_ns()) {
		const struct packet *p = &queue[tail++ % SLOTS];
		/* a network may lose packets */
		if (write(fd, p->bytes, p->len) < 0)
			continue;
	}
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	uint64_t delay_ns = strtoul(argv[2], NULL, 10) * 1000;
	int fd = make_device(argv[1]);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_TIMERSLACK, 1000UL);
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;) {
		struct pollfd pf = {.fd = fd, .events = POLLIN};
		uint64_t now = now_ns();
		uint64_t due = head == tail ? now + 1000000000u
					    : queue[tail % SLOTS].due;
		struct timespec ts = {
			.tv_nsec =
				due > now ? (long)(due - now) % 1000000000 : 0};
		(void)ppoll(&pf, 1, &ts, NULL);
		take_in(fd, delay_ns);
		give_back(fd);
	}
}
