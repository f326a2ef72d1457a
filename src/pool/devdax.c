/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * devdax.c -- see devdax.h
 *
 * A device DAX has no fstat size, no msync and no fallocate; its size,
 * alignment and the deep flush of the region it lies in are sysfs files.
 * None of this could be tried on a device, see devdax.h.
 */
#include "pool/devdax.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/env.h"

#define DEFAULT_ALIGN (2ULL * 1024 * 1024)

/* one line of a sysfs file, without its newline */
static int
read_line(const char *path, char *line, size_t size)
{
	CLEANUP(closep)
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, line, size - 1);
	if (n < 0)
		return -errno;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

static int
read_number(dev_t dev, const char *file, uint64_t *value_out)
{
	char path[128];
	char line[32];
	(void)snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/%s", major(dev),
		minor(dev), file);
	int rc = read_line(path, line, sizeof(line));
	if (rc == 0)
		rc = parse_u64(line, 0, INT64_MAX, value_out);
	return rc;
}

int
devdax_size(dev_t dev, uint64_t *size_out)
{
	char path[128];
	char target[512];
	(void)snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/subsystem",
		major(dev), minor(dev));
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	const char *slash = strrchr(target, '/');
	if (slash == NULL || strcmp(slash, "/dax") != 0)
		return -ENODEV;
	return read_number(dev, "size", size_out);
}

uint64_t
devdax_align(dev_t dev)
{
	uint64_t align = 0;
	if (read_number(dev, "align", &align) != 0 &&
		read_number(dev, "device/align", &align) != 0)
		return DEFAULT_ALIGN;
	if (align == 0 || (align & (align - 1)) != 0)
		return DEFAULT_ALIGN;
	return align;
}

int
devdax_deep_flush(dev_t dev)
{
	uint64_t region = 0;
	char path[128];
	char line[32];
	int rc = read_number(dev, "device/dax_region/id", &region);
	if (rc != 0)
		return rc;
	(void)snprintf(path, sizeof(path),
		"/sys/bus/nd/devices/region%llu/deep_flush",
		(unsigned long long)region);
	rc = read_line(path, line, sizeof(line));
	if (rc != 0)
		return rc;
	if (strcmp(line, "0") == 0)
		return 0; /* nothing between the caches and the media */
	CLEANUP(closep)
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1\n", 2) != 2)
		return errno != 0 ? -errno : -EIO;
	return 0;
}
