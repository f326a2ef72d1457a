/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_poolset.c -- any bytes as pool set text
 *
 * Beyond not crashing: a refused text leaves no value and has a message; what
 * parses is a value within the documented limits, can be written, and its
 * text means the same value and is already canonical (writing again changes
 * nothing).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "poolset/poolset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool x)
{
	if (!x)
		abort();
}

static void
check_value(const struct poolset *set)
{
	must(set->nreplicas >= 1 && set->nreplicas <= POOLSET_NREPLICAS_MAX);
	must(set->options <= POOLSET_F_NOHDRS);
	must(!poolset_replica_is_remote(&set->replicas[0]));
	for (unsigned r = 0; r < set->nreplicas; r++) {
		const struct poolset_replica *replica = &set->replicas[r];
		must((replica->node == NULL) == (replica->desc == NULL));
		must((replica->node == NULL) == (replica->nparts > 0));
		for (unsigned i = 0; i < replica->nparts; i++) {
			const struct poolset_part *part = &replica->parts[i];
			must(part->path[0] == '/');
			must(part->is_auto == (part->size == 0));
			must(part->size <= INT64_MAX);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct poolset *set;
	struct poolset *back;
	char *text;
	char *again;

	err_clear();
	int rc = poolset_parse((const char *)data, size, "fuzz", &set);
	if (rc != 0) {
		must(rc == -EINVAL && set == NULL && err_msg()[0] != '\0');
		return 0;
	}
	must(poolset_is_set(data, size));
	check_value(set);
	must(poolset_format(set, &text) == 0);
	must(poolset_parse(text, strlen(text), "again", &back) == 0);
	must(poolset_equal(set, back));
	must(poolset_format(back, &again) == 0);
	must(strcmp(text, again) == 0);
	free(again);
	free(text);
	poolset_free(back);
	poolset_free(set);
	return 0;
}
