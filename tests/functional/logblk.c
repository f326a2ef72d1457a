/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * logblk.c -- stock libpmemlog and libpmemblk
 *
 *   logblk log|blk create|add|check POOL N
 *
 * create makes the pool; add appends N lines, or writes block N; check finds
 * N lines, or N and what it holds.  It knows nothing of replicas.
 */
#include <libpmemblk.h>
#include <libpmemlog.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BSIZE 512

static int
log_work(const char *what, const char *path, long n)
{
	PMEMlogpool *p = what[1] == 'r' ? pmemlog_create(path, 0, 0600)
					: pmemlog_open(path);
	if (p == NULL)
		errx(1, "%s: %s", path, pmemlog_errormsg());
	for (long i = 0; what[0] == 'a' && i < n; i++)
		if (pmemlog_append(p, "a line\n", 7) != 0)
			err(1, "append");
	int bad = what[1] == 'h' && pmemlog_tell(p) != 7 * n;
	pmemlog_close(p);
	return bad;
}

static int
blk_work(const char *what, const char *path, long n)
{
	char block[BSIZE];
	char want[BSIZE];
	PMEMblkpool *p = what[1] == 'r' ? pmemblk_create(path, BSIZE, 0, 0600)
					: pmemblk_open(path, BSIZE);
	if (p == NULL)
		errx(1, "%s: %s", path, pmemblk_errormsg());
	memset(want, (int)n, sizeof(want));
	int bad = 0;
	if (what[0] == 'a' && pmemblk_write(p, want, n) != 0)
		err(1, "write");
	if (what[1] == 'h')
		bad = pmemblk_read(p, block, n) != 0 ||
		      memcmp(block, want, sizeof(want)) != 0;
	pmemblk_close(p);
	return bad;
}

int
main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	long n = strtol(argv[4], NULL, 10);
	return strcmp(argv[1], "log") == 0 ? log_work(argv[2], argv[3], n)
					   : blk_work(argv[2], argv[3], n);
}
