/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mapprog.c -- a program that maps files with stock libpmem
 *
 *   mapprog HOW END ROUNDS LEN FILE...
 *
 * HOW: make (it must be new), keep (made if it is not there), open, tmp (a
 * file without a name in the directory FILE).  Both ends of each file and its
 * middle are changed; then ROUNDS times (0: for ever) the number at its start
 * is made one more, durably, then the one before its middle, and the first is
 * printed; for ever, another number is stored and never flushed.  END: unmap,
 * munmap, half (unmap a half, change the rest), exit (leave a change that is
 * not flushed).  It knows nothing of replicas.
 */
#include <libpmem.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILES_MAX 4
#define HALF(n) ((n) / 2 / 4096 * 4096)

struct file {
	char *mem;
	size_t len;
	int is_pmem;
};

static void
map(struct file *f, const char *how, const char *path, size_t len)
{
	int flags = how[0] == 'm'   ? PMEM_FILE_CREATE | PMEM_FILE_EXCL
		    : how[0] == 'k' ? PMEM_FILE_CREATE
		    : how[0] == 't' ? PMEM_FILE_CREATE | PMEM_FILE_TMPFILE
				    : 0;
	f->mem = pmem_map_file(
		path, flags == 0 ? 0 : len, flags, 0600, &f->len, &f->is_pmem);
	if (f->mem == NULL)
		err(1, "%s", path);
	if (flags != 0 && f->len != len)
		errx(1, "%s has %zu bytes", path, f->len);
}

static void
make_durable(const struct file *f, const void *at, size_t n)
{
	if (f->is_pmem)
		pmem_persist(at, n);
	else if (pmem_msync(at, n) != 0)
		err(1, "pmem_msync");
}

static void
fill(const struct file *f, int byte)
{
	char *middle = f->mem + f->len / 2;
	memset(f->mem + 8, byte, 3000);
	make_durable(f, f->mem + 8, 3000);
	memset(f->mem + f->len - 100, byte, 100);
	make_durable(f, f->mem + f->len - 100, 100);
	if (f->is_pmem) {
		pmem_memset_persist(middle, byte, 50000);
	} else {
		memset(middle, byte, 50000);
		if (msync(f->mem, f->len, MS_SYNC) != 0)
			err(1, "msync");
	}
}

static void
count(const struct file *f)
{
	uint64_t *first = (uint64_t *)(void *)f->mem;
	uint64_t *second = (uint64_t *)(void *)(f->mem + HALF(f->len) - 64);
	(*first)++;
	make_durable(f, first, sizeof(*first));
	*second = *first;
	make_durable(f, second, sizeof(*second));
}

static void
leave_unflushed(const struct file *f)
{
	uint64_t *line = (uint64_t *)(void *)(f->mem + HALF(f->len) - 128);
	(*line)++;
}

static int
end(const struct file *f, const char *how)
{
	switch (how[0]) {
	case 'u':
		return pmem_unmap(f->mem, f->len);
	case 'm':
		return munmap(f->mem, f->len);
	case 'h':
		if (pmem_unmap(f->mem, HALF(f->len)) != 0)
			return -1;
		f->mem[f->len - 1]++;
		make_durable(f, f->mem + f->len - 1, 1);
		return 0;
	default:
		f->mem[100]++;
		return 0;
	}
}

int
main(int argc, char **argv)
{
	struct file files[FILES_MAX];
	if (argc < 6 || argc - 5 > FILES_MAX)
		return 2;
	int n = argc - 5;
	long rounds = strtol(argv[3], NULL, 10);
	for (int i = 0; i < n; i++) {
		map(&files[i], argv[1], argv[5 + i], strtoul(argv[4], NULL, 0));
		fill(&files[i], (int)getpid() % 255 + 1);
	}
	for (long r = 0; rounds == 0 || r < rounds; r++) {
		for (int i = 0; i < n; i++)
			count(&files[i]);
		if (rounds == 0)
			leave_unflushed(&files[0]);
		printf("%llu\n", *(unsigned long long *)(void *)files[0].mem);
		fflush(stdout);
	}
	for (int i = 0; i < n; i++)
		if (end(&files[i], argv[2]) != 0)
			err(1, "%s", argv[2]);
	if (argv[2][0] == 'e')
		_exit(0);
	return 0;
}
