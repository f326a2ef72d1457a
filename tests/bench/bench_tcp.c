/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bench_tcp.c -- how fast a file's bytes go through a TCP connection over
 * loopback, from a mapping to a reader that throws them away
 *
 * bench_tcp FILE TURNS: prints the shortest time of all turns, in us.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t
now_us(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000;
}

/* until the end of the stream; then a byte back */
static void
swallow(int listener)
{
	static char buf[1 << 18];
	int c = accept(listener, NULL, NULL);
	while (read(c, buf, sizeof(buf)) > 0)
		continue;
	_exit(write(c, buf, 1) == 1 ? 0 : 1);
}

static uint64_t
turn(const char *mem, size_t len)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t alen = sizeof(a);
	char byte;
	int l = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, (struct sockaddr *)&a, alen) != 0 || listen(l, 1) != 0 ||
		getsockname(l, (struct sockaddr *)&a, &alen) != 0)
		err(1, "listen");
	pid_t pid = fork();
	if (pid == 0)
		swallow(l);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&a, alen) != 0)
		err(1, "connect");
	uint64_t start = now_us();
	while (len != 0) {
		ssize_t n = write(fd, mem, len);
		if (n <= 0)
			err(1, "write");
		mem += n;
		len -= (size_t)n;
	}
	if (shutdown(fd, SHUT_WR) != 0 || read(fd, &byte, 1) != 1)
		err(1, "end");
	uint64_t took = now_us() - start;
	(void)close(fd);
	(void)close(l);
	(void)waitpid(pid, NULL, 0);
	return took;
}

int
main(int argc, char **argv)
{
	struct stat st;
	uint64_t best = UINT64_MAX;
	if (argc != 3)
		errx(2, "bench_tcp FILE TURNS");
	int fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0)
		err(1, "%s", argv[1]);
	size_t len = (size_t)st.st_size;
	char *mem =
		mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (mem == MAP_FAILED)
		err(1, "mmap");
	for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
		uint64_t took = turn(mem, len);
		best = took < best ? took : best;
	}
	(void)printf("%llu\n", (unsigned long long)best);
	return 0;
}
