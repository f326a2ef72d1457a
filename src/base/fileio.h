/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fileio.h -- whole reads and writes, and names that last
 */
#ifndef RPMEM_BASE_FILEIO_H
#define RPMEM_BASE_FILEIO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"

/* all of it, or -errno without a message */
NODISCARD int file_write_all(int fd, const void *buf, size_t len, uint64_t off);

/* the same; -EIO: the file ends before */
NODISCARD int file_read_all(int fd, void *buf, size_t len, uint64_t off);

/* up to len bytes, fewer only at the end of the file; or -errno */
NODISCARD ssize_t file_read_some(int fd, void *buf, size_t len, uint64_t off);

/* make the name `path` below dirfd durable: sync the directory that holds it;
 * 0 or -errno without a message */
NODISCARD int file_sync_parent(int dirfd, const char *path);

#endif
