/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_map.c -- any text as RPMEM_MAP, any bytes as FILE.rpmem-id
 *
 * Beyond not crashing: a refused list is empty and its message names the
 * variable; the entries of one that is accepted, put together again, are the
 * text.  An identity that is accepted has one form only.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "replica/mapid.h"
#include "replica/maplist.h"

#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* part stands at *at in the text, and what follows it is `behind` */
static void
expect(const char *text, size_t *at, const char *part, char behind)
{
	size_t len = strlen(part);
	MUST(len > 0 && strncmp(text + *at, part, len) == 0);
	MUST(text[*at + len] == behind ||
		(behind == ';' && text[*at + len] == 0));
	*at += len + 1;
}

static void
try_list(const uint8_t *data, size_t size)
{
	struct maplist list;
	char *text = malloc(size + 1);
	MUST(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	err_clear();
	int rc = maplist_parse(text, &list);
	MUST(rc == 0 || (rc == -EINVAL && list.n == 0 && list.text == NULL &&
				strstr(err_msg(), MAPLIST_VARIABLE) != NULL));
	size_t at = 0;
	for (unsigned i = 0; i < list.n; i++) {
		expect(text, &at, list.entries[i].file, '=');
		expect(text, &at, list.entries[i].target, '/');
		expect(text, &at, list.entries[i].name, ';');
	}
	MUST(rc != 0 || at == (list.n == 0 ? 0 : size + 1));
	maplist_free(&list);
	free(text);
}

static void
try_id(const uint8_t *data, size_t size)
{
	struct mapid id;
	char again[MAPID_TEXT_MAX];
	if (mapid_parse((const char *)data, size, &id) != 0)
		return;
	MUST(mapid_format(&id, again) == size);
	MUST(memcmp(again, data, size) == 0);
	MUST(!uuid16_is_zero(id.uuid));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (memchr(data, '\0', size) == NULL)
		try_list(data, size);
	try_id(data, size);
	return 0;
}
