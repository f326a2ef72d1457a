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
 *
 * Commands, a line each, come in over the standard input; a line is repeated
 * on the standard output when it is in force.  A direction is `to` the server
 * (it is who got the connection's first packet) or `from` it:
 *
 *   drop DIRECTION | drop none   packets that come from now on are lost
 *   delay DIRECTION US           packets that come from now on take so long
 *   flip DIRECTION               the last byte of the next packet with some
 *                                bytes of data is another one; the checksum
 *                                is right.  Said when that has happened.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
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
#define IPV4_HEADER 20u
#define TCP 6
#define TCP_HEADER 20u
#define FLIP_MIN 64u /* more than an ack or a beat of TLS */

struct packet {
	uint64_t due;
	size_t len;
	uint8_t bytes[PACKET_MAX];
};

/* one direction */
struct way {
	const char *name;
	uint64_t delay_ns;
	bool drops;
	bool flips;
	unsigned head; /* the next free one */
	unsigned tail; /* the oldest */
	struct packet queue[SLOTS];
};

static struct way ways[2] = {{.name = "to"}, {.name = "from"}};
static bool is_server[65536]; /* by port */

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

static unsigned
get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* the TCP part of a packet, NULL if it has none */
static uint8_t *
tcp_of(struct packet *p)
{
	size_t at = (p->bytes[0] & 15u) * 4u;
	bool has = p->bytes[9] == TCP && p->len >= at + TCP_HEADER;
	return has ? p->bytes + at : NULL;
}

/* which way a packet goes; a connection's first one tells who serves */
static struct way *
way_of(struct packet *p)
{
	const uint8_t *tcp = tcp_of(p);
	if (tcp == NULL)
		return &ways[0];
	unsigned source = get16(tcp);
	unsigned dest = get16(tcp + 2);
	if ((tcp[13] & 0x12) == 0x02) { /* SYN, no ACK */
		is_server[source] = false;
		is_server[dest] = true;
	}
	return is_server[dest] ? &ways[0] : &ways[1];
}

/* another last byte, and the checksum that fits (RFC 1624) */
static void
flip(struct way *w, struct packet *p)
{
	uint8_t *tcp = tcp_of(p);
	if (tcp == NULL)
		return;
	uint8_t *last = p->bytes + p->len - 1;
	size_t header = (tcp[12] >> 4) * 4u;
	if (tcp + header + FLIP_MIN > last)
		return;
	/* the sum is of words of two bytes, from the TCP header on */
	unsigned shift = (last - tcp) % 2 == 0 ? 8 : 0;
	unsigned sum = ~get16(tcp + 16) & 0xffff;
	sum += ~((unsigned)*last << shift) & 0xffff;
	*last ^= 0x55;
	sum += (unsigned)*last << shift;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	tcp[16] = (uint8_t)(~sum >> 8);
	tcp[17] = (uint8_t)~sum;
	w->flips = false;
	(void)printf("flip %s\n", w->name);
}

static void
take_in(int fd)
{
	static struct packet in;
	for (;;) {
		uint8_t source[4];
		ssize_t n = read(fd, in.bytes, sizeof(in.bytes));
		if (n < (ssize_t)IPV4_HEADER)
			return;
		in.len = (size_t)n;
		if (in.bytes[0] >> 4 != 4)
			continue;
		struct way *w = way_of(&in);
		/* a network may lose packets */
		if (w->drops || w->head - w->tail == SLOTS)
			continue;
		memcpy(source, in.bytes + 12, 4);
		memcpy(in.bytes + 12, in.bytes + 16, 4);
		memcpy(in.bytes + 16, source, 4);
		if (w->flips)
			flip(w, &in);
		struct packet *p = &w->queue[w->head++ % SLOTS];
		memcpy(p->bytes, in.bytes, in.len);
		p->len = in.len;
		p->due = now_ns() + w->delay_ns;
	}
}

static const struct packet *
oldest(const struct way *w)
{
	return w->head == w->tail ? NULL : &w->queue[w->tail % SLOTS];
}

static void
give_back(int fd, struct way *w)
{
	for (const struct packet *p = oldest(w);
		p != NULL && p->due <= now_ns(); p = oldest(w)) {
		w->tail++;
		/* a network may lose packets */
		if (write(fd, p->bytes, p->len) < 0)
			continue;
	}
}

static void
obey(const char *line)
{
	char dir[8] = "";
	unsigned long us = 0;
	for (struct way *w = ways; w < ways + 2; w++) {
		if (sscanf(line, "drop %7s", dir) == 1)
			w->drops = strcmp(dir, w->name) == 0;
		else if (sscanf(line, "delay %7s %lu", dir, &us) == 2 &&
			 strcmp(dir, w->name) == 0)
			w->delay_ns = us * 1000;
		else if (sscanf(line, "flip %7s", dir) == 1 &&
			 strcmp(dir, w->name) == 0)
			w->flips = true;
	}
	if (strncmp(line, "flip", 4) != 0)
		(void)printf("%s\n", line);
}

/* false: there will be no more */
static bool
take_commands(void)
{
	char text[256];
	char *save = NULL;
	ssize_t n = read(STDIN_FILENO, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save))
		obey(line);
	return true;
}

static uint64_t
next_due(void)
{
	uint64_t due = now_ns() + 1000000000u;
	for (struct way *w = ways; w < ways + 2; w++)
		if (oldest(w) != NULL && oldest(w)->due < due)
			due = oldest(w)->due;
	return due;
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	ways[0].delay_ns = ways[1].delay_ns = strtoul(argv[2], NULL, 10) * 1000;
	int fd = make_device(argv[1]);
	bool listens = true;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_TIMERSLACK, 1000UL);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)puts("ready");
	for (;;) {
		struct pollfd pf[2] = {{.fd = fd, .events = POLLIN},
			{.fd = STDIN_FILENO, .events = POLLIN}};
		uint64_t due = next_due();
		uint64_t now = now_ns();
		struct timespec ts = {
			.tv_nsec =
				due > now ? (long)(due - now) % 1000000000 : 0};
		(void)ppoll(pf, listens ? 2 : 1, &ts, NULL);
		if (listens && pf[1].revents != 0)
			listens = take_commands();
		take_in(fd);
		give_back(fd, &ways[0]);
		give_back(fd, &ways[1]);
	}
}
