/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * info_copy.h -- a copy as its target has it: its files
 */
#ifndef RPMEM_UTILS_INFO_COPY_H
#define RPMEM_UTILS_INFO_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "pool/inspect.h"
#include "poolset/poolset.h"

struct copy_look {
	const char *dir; /* borrowed, as is the next */
	const char *name;
	struct poolset *set;
	struct inspect inspect;
	bool has_record;
	char no_record[ERR_MAX]; /* why not */
	uint32_t flags;		 /* OOB_COPY_F_* */
	uint8_t primary_uuid[UUID16_LEN];
	uint64_t id;
	char generation[9]; /* "": none */
};

/* read them; nothing is locked.  0 or -errno with a message; copy_look_free in
 * any case */
NODISCARD int copy_look_take(
	struct copy_look *c, const char *dir, const char *name);
void copy_look_free(struct copy_look *c);

#endif
