/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * check.h -- what is wrong with a pool and its copies (pure)
 */
#ifndef RPMEM_UTILS_CHECK_H
#define RPMEM_UTILS_CHECK_H

#include "findings.h"
#include "set_look.h"

/* all that a look has shown, as findings; the codes are rpmem-check(1)'s */
void check_judge(const struct set_look *l, struct findings *f);

/* of the pool and the local replicas */
void check_locals(const struct set_look *l, struct findings *f);

/* of one copy */
void check_remote(const struct set_look *l, const struct remote_look *r,
	struct findings *f);

/* "part-missing", "header-damaged": the code of a part that is not good */
const char *check_part_code(unsigned is);

/* "ext4", "tmpfs", or a number */
#define FS_NAME_MAX 24u
void check_fs_name(uint64_t fs_type, char out[FS_NAME_MAX]);

#endif
