/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * maps.c -- reading /proc/self/maps; see maps.h
 *
 * A line is "from-to perms offset dev inode   path"; perms end in 's' for a
 * shared mapping.
 */
#include "librpmem/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include <xxhash.h>

#include "base/err.h"

struct line {
	uint64_t from;
	uint64_t to;
	bool is_shared;
	uint64_t file_off;
	char file[64]; /* device and inode */
	char path[4096];
};

static bool
parse_line(const char *text, struct line *l)
{
	unsigned long long from = 0;
	unsigned long long to = 0;
	unsigned long long file_off = 0;
	char perms[5] = "";
	char dev[32] = "";
	char inode[32] = "";
	l->path[0] = '\0';
	if (sscanf(text, "%llx-%llx %4s %llx %31s %31s %4095[^\n]", &from, &to,
		    perms, &file_off, dev, inode, l->path) < 3)
		return false;
	(void)snprintf(l->file, sizeof(l->file), "%s %s", dev, inode);
	l->from = from;
	l->to = to;
	l->file_off = file_off;
	l->is_shared = perms[3] == 's';
	return true;
}

void
maps_parse(const char *text, uint64_t addr, uint64_t len,
	maps_file_mode *file_mode, struct maps_facts *facts_out)
{
	uint64_t covered = addr; /* lines are in the order of addresses */
	bool shared = true;
	struct line l;
	char file[64] = "";
	*facts_out = (struct maps_facts){0};
	for (const char *p = text; p != NULL && *p != '\0';) {
		bool ok = parse_line(p, &l);
		p = strchr(p, '\n');
		p = p != NULL ? p + 1 : NULL;
		if (!ok || l.to <= addr || l.from >= addr + len)
			continue;
		if (l.from > covered)
			shared = false; /* a hole */
		covered = l.to;
		shared &= l.is_shared;
		/* one file may be mapped in several pieces */
		if (strcmp(l.file, file) != 0)
			facts_out->identity = XXH3_64bits_withSeed(
				l.file, strlen(l.file), facts_out->identity);
		memcpy(file, l.file, sizeof(file));
		if (l.path[0] == '/' && file_mode(l.path) == 0) {
			facts_out->has_mode_zero = true;
			(void)snprintf(facts_out->mode_zero,
				sizeof(facts_out->mode_zero), "%s", l.path);
		}
	}
	facts_out->is_shared = shared && covered >= addr + len;
}

static int
file_mode_now(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	return (int)(st.st_mode & 07777);
}

/* a /proc file has no size: read it into a growing buffer */
static char *
slurp(int fd)
{
	size_t size = 64 * 1024;
	size_t used = 0;
	char *buf = malloc(size);
	while (buf != NULL) {
		ssize_t n = read(fd, buf + used, size - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
		if (size - used > 1)
			continue;
		char *more = realloc(buf, size * 2);
		if (more == NULL)
			freep(&buf);
		buf = more;
		size *= 2;
	}
	if (buf != NULL)
		buf[used] = '\0';
	return buf;
}

/* the text of our own, to be freed */
static int
own_maps(char **text_out)
{
	CLEANUP(closep)
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(-errno, "cannot open /proc/self/maps");
	*text_out = slurp(fd);
	return *text_out != NULL
		       ? 0
		       : err_set(-ENOMEM, "no memory for /proc/self/maps");
}

int
maps_look(const void *addr, uint64_t len, struct maps_facts *facts_out)
{
	CLEANUP(freep) char *text = NULL;
	int rc = own_maps(&text);
	if (rc < 0)
		return rc;
	maps_parse(
		text, (uint64_t)(uintptr_t)addr, len, file_mode_now, facts_out);
	return 0;
}

void
maps_parse_run(const char *text, uint64_t addr, struct maps_run *run_out)
{
	struct line l;
	unsigned major = 0;
	unsigned minor = 0;
	unsigned long long inode = 0;
	*run_out = (struct maps_run){.len = 0};
	for (const char *p = text; p != NULL && *p != '\0';) {
		bool ok = parse_line(p, &l);
		p = strchr(p, '\n');
		p = p != NULL ? p + 1 : NULL;
		if (!ok || l.from > addr || addr >= l.to || !l.is_shared)
			continue;
		run_out->len = l.to - addr;
		if (l.path[0] != '/' || sscanf(l.file, "%x:%x %llu", &major,
						&minor, &inode) != 3)
			return;
		run_out->file_off = l.file_off + (addr - l.from);
		run_out->dev = makedev(major, minor);
		run_out->inode = inode;
		memcpy(run_out->path, l.path, sizeof(l.path));
		return;
	}
}

int
maps_shared_run(const void *addr, struct maps_run *run_out)
{
	CLEANUP(freep) char *text = NULL;
	int rc = own_maps(&text);
	if (rc == 0)
		maps_parse_run(text, (uint64_t)(uintptr_t)addr, run_out);
	return rc;
}

static bool
is_file_of(const struct maps_run *run, const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_dev == run->dev &&
	       st->st_ino == run->inode;
}

int
maps_open(const struct maps_run *run)
{
	struct stat st;
	/* Another file under that name is not even opened: to close it would
	 * give up what record locks the program has on it. */
	if (stat(run->path, &st) != 0 || !is_file_of(run, &st))
		return -1;
	int fd = open(run->path,
		O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !is_file_of(run, &st)))
		closep(&fd);
	return fd;
}

int
maps_read(const void *addr, void *dst, size_t len)
{
	struct iovec to = {.iov_base = dst, .iov_len = len};
	struct iovec from = {
		.iov_base = (void *)(uintptr_t)addr, .iov_len = len};
	ssize_t n = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	return n == (ssize_t)len ? 0 : -EFAULT;
}

int
maps_read_twice(const void *addr, void *first, void *second, size_t len)
{
	struct iovec to[2] = {{.iov_base = first, .iov_len = len},
		{.iov_base = second, .iov_len = len}};
	struct iovec from[2] = {
		{.iov_base = (void *)(uintptr_t)addr, .iov_len = len},
		{.iov_base = (void *)(uintptr_t)addr, .iov_len = len}};
	ssize_t n = process_vm_readv(getpid(), to, 2, from, 2, 0);
	return n == (ssize_t)(2 * len) ? 0 : -EFAULT;
}
