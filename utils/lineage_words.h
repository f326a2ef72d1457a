/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage_words.h -- lineages and records as text and as JSON
 */
#ifndef RPMEM_UTILS_LINEAGE_WORDS_H
#define RPMEM_UTILS_LINEAGE_WORDS_H

#include <jansson.h>
#include <stdint.h>

#include "base/compiler.h"
#include "lineage/lineage.h"

struct pasts;

/* what is known of a pool's or a copy's generations */
enum past {
	PAST_NONE, /* there never were any */
	PAST_KNOWN,
	PAST_LOST, /* there were some, and they cannot be read or are not true
		    */
};

const char *past_name(enum past past);
void generation_text(const uint8_t generation[UUID16_LEN], char out[9]);

/* a line for each generation; names NULL: members are numbers */
void lineage_print(const struct lineage *l, const struct pasts *names);

/* OOB_COPY_F_* in words: "closed, recorded" */
void copy_flags_text(uint32_t flags, char *out, uint32_t size);

/* new references; NULL: no memory, or a name is not UTF-8 */
json_t *lineage_json(
	enum past past, const struct lineage *l, const struct pasts *names);
json_t *copy_flags_json(uint32_t flags);

#endif
