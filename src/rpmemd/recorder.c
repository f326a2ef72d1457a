/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * recorder.c -- see recorder.h
 */
#include "rpmemd/recorder.h"

#if defined(RPMEM_FAULTS_BUILT)

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

static int fd = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start(void)
{
	const char *path = getenv("RPMEM_RECORD");
	if (path != NULL)
		fd = open(
			path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void
record(const struct record *rec)
{
	(void)pthread_once(&once, start);
	if (fd < 0)
		return;
	struct recorded r = {.type = (uint32_t)rec->type,
		.aux = rec->aux,
		.seq = rec->seq,
		.off = rec->off,
		.len = rec->len};
	struct iovec v[2] = {{.iov_base = &r, .iov_len = sizeof(r)}};
	int n = 1;
	if (rec->type == REC_COPY) {
		v[1].iov_base = (void *)(uintptr_t)rec->payload;
		v[1].iov_len = rec->len;
		n = 2;
	}
	size_t want = sizeof(r) + v[1].iov_len;
	if (writev(fd, v, n) != (ssize_t)want)
		abort();
}

#else
/* ISO C wants something in each translation unit */
typedef int recorder_not_built;
#endif
