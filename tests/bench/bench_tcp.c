/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bench_tcp.c -- how fast a file's bytes go through a TCP connection over
 * loopback, from a mapping to a reader that throws them away, or, with TO, into
 * the mapping of a new file, allocated before, as a target has it
 *
 * bench_tcp FILE TURNS [TO]: prints the shortest time of all turns, in us; the
 * allocation is in it.
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

static char *
make(const char *path, size_t len)
{
	(void)unlink(path);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || posix_fallocate(fd, 0, (off_t)len) != 0)
		err(1, "%s", path);
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap");
	return map;
}

/* until the end of the stream; then a byte back */
static void
swallow(int listener, const char *path, size_t len)
{
	static char buf[1 << 18];
	int c = accept(listener, NULL, NULL);
	char *to = path != NULL ? make(path, len) : NULL;
	char *at = to != NULL ? to : buf;
	ssize_t n;
	while ((n = read(c, at, sizeof(buf))) > 0)
		at += to != NULL ? n : 0;
	_exit(write(c, buf, 1) == 1 ? 0 : 1);
}

static uint64_t
turn(const char *mem, size_t len, const char *path)
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
		swallow(l, path, len);
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
	if (argc != 3 && argc != 4)
		errx(2, "bench_tcp FILE TURNS [TO]");
	int fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0)
		err(1, "%s", argv[1]);
	size_t len = (size_t)st.st_size;
	char *mem =
		mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (mem == MAP_FAILED)
		err(1, "mmap");
	for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
		uint64_t took = turn(mem, len, argv[3]);
		best = took < best ? took : best;
	}
	(void)printf("%llu\n", (unsigned long long)best);
	return 0;
}
