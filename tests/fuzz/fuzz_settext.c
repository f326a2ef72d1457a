/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_settext.c -- any bytes as a pool set file that is checked and edited
 *
 * Beyond not crashing: a text that does not parse has a finding; one that
 * does means, without the lines of a replica, the set without that replica,
 * and with lines added the set and one more.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "utils/setfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool x)
{
	if (!x)
		abort();
}

static struct poolset *
must_parse(const struct settext *t)
{
	struct poolset *set;
	must(poolset_parse(t->p, t->len, "edited", &set) == 0);
	return set;
}

/* the set without replica `at`, for as long as it lives */
static void
must_be_without(
	const struct poolset *got, const struct poolset *set, unsigned at)
{
	struct poolset want = *set;
	want.replicas = calloc(set->nreplicas, sizeof(*want.replicas));
	must(want.replicas != NULL);
	want.nreplicas = 0;
	for (unsigned i = 0; i < set->nreplicas; i++)
		if (i != at)
			want.replicas[want.nreplicas++] = set->replicas[i];
	must(poolset_equal(got, &want));
	free(want.replicas);
}

static void
try_edit(const struct settext *text, const struct poolset *set)
{
	struct settext out;
	struct poolset *got;
	for (unsigned at = 1; at < set->nreplicas; at++) {
		must(settext_remove(text, &set->replicas[at], &out) == 0);
		got = must_parse(&out);
		must_be_without(got, set, at);
		poolset_free(got);
		settext_free(&out);
	}
	if (set->nreplicas == POOLSET_NREPLICAS_MAX)
		return;
	must(settext_add(text, "REPLICA beta b.set\n", &out) == 0);
	must(out.len > text->len && memcmp(out.p, text->p, text->len) == 0);
	got = must_parse(&out);
	must_be_without(set, got, set->nreplicas);
	must(strcmp(got->replicas[set->nreplicas].node, "beta") == 0);
	poolset_free(got);
	settext_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settext text = {.p = malloc(size + 1), .len = size};
	struct findings f = {.list = NULL};
	struct poolset *set = NULL;
	must(text.p != NULL);
	memcpy(text.p, data, size);
	text.p[size] = '\0';
	set_check_grammar(&f, &text, "fuzz", &set);
	must(memcmp(text.p, data, size) == 0);
	must((set == NULL) == (f.n > 0) && f.error == 0);
	if (set != NULL) {
		set_check_value(&f, set, (size & 1) != 0);
		try_edit(&text, set);
	}
	for (unsigned i = 0; i < f.n; i++)
		must(f.list[i].level == LEVEL_OK || f.list[i].fix[0] != '\0');
	findings_free(&f);
	poolset_free(set);
	settext_free(&text);
	return 0;
}
