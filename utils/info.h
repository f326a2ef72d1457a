/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * info.h -- what rpmem info tells of a pool, or of a copy at its target
 */
#ifndef RPMEM_UTILS_INFO_H
#define RPMEM_UTILS_INFO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "info_copy.h"
#include "pool/inspect.h"
#include "set_look.h"

#define LAYOUT_MAX 1024u /* of libpmemobj, NUL included */

/* libpmemobj's name of the layout, printable; "": it cannot be read, or the
 * pool is none of libpmemobj's */
void info_layout(const struct inspect *in, char out[LAYOUT_MAX]);

/* "page cache": of enum pool_media, enum oob_media */
const char *info_media(unsigned media);

/* what is in a header, in words: "CKSUM_2K, SDS" */
void info_features(const struct hdr *h, char *out, size_t size);

/* how the replicas of the set are linked */
const char *info_links(const struct pool_attr *primary);

/* the generation of a lineage that has not ended; "": none */
void info_generation(const struct lineage *l, char out[9]);

void info_print(const struct set_look *l);
void info_print_copy(const struct copy_look *c);

/* new references; NULL: no memory, or a name is not UTF-8 */
json_t *info_json(const struct set_look *l);
json_t *info_copy_json(const struct copy_look *c);

/* everything could be told */
bool info_is_whole(const struct set_look *l);

#endif
