/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify_size.c -- how much of the primary's files is the pool
 *
 * As large as the smallest replica here: a program that opens the set uses no
 * more of any of them, and of the copies.
 */
#include <sys/stat.h>

#include "base/checked.h"
#include "verify.h"

/* bytes of the pool in its part i; 0: the file is not there */
static uint64_t
part_len(const struct poolset *set, const struct poolset_replica *rep,
	unsigned i)
{
	unsigned few = POOLSET_F_SINGLEHDR | POOLSET_F_NOHDRS;
	struct stat st;
	if (stat(rep->parts[i].path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	uint64_t len = align_down((uint64_t)st.st_size, HDR_SIZE);
	bool has_hdr = i != 0 && (set->options & few) == 0;
	return has_hdr && len != 0 ? len - HDR_SIZE : len;
}

uint64_t
verify_size(const struct poolset *set, uint64_t primary)
{
	uint64_t size = primary;
	for (unsigned r = 1; r < set->nreplicas; r++) {
		const struct poolset_replica *rep = &set->replicas[r];
		uint64_t len = 0;
		for (unsigned i = 0; i < rep->nparts; i++)
			len += part_len(set, rep, i);
		/* one that is not there says nothing */
		if (!poolset_replica_is_remote(rep) && len != 0)
			size = min_u64(size, len);
	}
	return size;
}
