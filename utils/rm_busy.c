/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rm_busy.c -- who has a pool open
 *
 * libpmemobj and this library lock each part (flock), and the kernel lists who
 * has which file locked.  So nothing is locked here to find out, which could
 * make the open of a program fail that begins at this moment.  What the kernel
 * does not list (another pid namespace) the removal itself finds.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "rm.h"

/* or beside one: a part that is being made */
static bool
is_leftover(const struct leftovers *l, dev_t dev, ino_t inode)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->list[i].dev == dev && l->list[i].ino == inode)
			return true;
	return false;
}

static bool
is_part(const struct set_look *l, unsigned major, unsigned minor,
	unsigned long inode)
{
	struct stat st;
	for (unsigned i = 0; i < l->nlocals; i++) {
		const struct inspect *in = &l->locals[i].inspect;
		if (is_leftover(&l->locals[i].leftovers, makedev(major, minor),
			    inode))
			return true;
		for (unsigned k = 0; k < in->nparts; k++)
			if (stat(in->parts[k].path, &st) == 0 &&
				major(st.st_dev) == major &&
				minor(st.st_dev) == minor && st.st_ino == inode)
				return true;
	}
	return false;
}

long
rm_holder(const struct set_look *l)
{
	char line[256];
	long holder = 0;
	FILE *f = fopen("/proc/locks", "re");
	while (f != NULL && holder == 0 && fgets(line, sizeof(line), f)) {
		long pid;
		unsigned major;
		unsigned minor;
		unsigned long inode;
		if (sscanf(line, "%*u: FLOCK %*s WRITE %ld %x:%x:%lu", &pid,
			    &major, &minor, &inode) == 4 &&
			is_part(l, major, minor, inode))
			holder = pid;
	}
	if (f != NULL)
		(void)fclose(f);
	return holder;
}
