/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_psk.c -- any bytes as the text of a key file
 *
 * Beyond not crashing: a refused text leaves nothing and has a message
 * without 32 hexadecimal digits in a row; what parses has keys with valid,
 * distinct identities, and the lines written from them mean the same keys.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "oob/psk.h"

#define LINE_SIZE (PSK_IDENTITY_MAX + 2 * PSK_KEY_SIZE + 2)
#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_message(const char *msg)
{
	unsigned run = 0;

	MUST(msg[0] != '\0');
	for (; *msg != '\0'; msg++) {
		run = isxdigit((unsigned char)*msg) ? run + 1 : 0;
		MUST(run < 32);
	}
}

static void
check_keys(const struct psk_keys *keys)
{
	MUST(keys->nkeys >= 1 && keys->nkeys <= PSK_KEYS_MAX);
	MUST(psk_find(keys, "") == &keys->keys[0]);
	for (size_t i = 0; i < keys->nkeys; i++) {
		const char *identity = keys->keys[i].identity;
		MUST(identity[0] != '\0' && identity[0] != '#');
		MUST(strlen(identity) < PSK_IDENTITY_MAX);
		MUST(strpbrk(identity, ":\n\r\t") == NULL);
		/* found as itself: no identity is there twice */
		MUST(psk_find(keys, identity) == &keys->keys[i]);
	}
}

static void
check_round_trip(const struct psk_keys *keys)
{
	struct psk_keys back;
	char *text = malloc(keys->nkeys * LINE_SIZE);
	size_t len = 0;

	MUST(text != NULL);
	for (size_t i = 0; i < keys->nkeys; i++) {
		psk_format(&keys->keys[i], text + len, LINE_SIZE);
		len += strlen(text + len);
	}
	MUST(psk_parse(text, len, "again", &back) == 0);
	MUST(back.nkeys == keys->nkeys);
	MUST(memcmp(back.keys, keys->keys, keys->nkeys * sizeof(*keys->keys)) ==
		0);
	psk_free(&back);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct psk_keys keys;

	err_clear();
	int rc = psk_parse((const char *)data, size, "fuzz", &keys);
	if (rc != 0) {
		MUST(rc == -EINVAL && keys.nkeys == 0 && keys.keys == NULL);
		check_message(err_msg());
		return 0;
	}
	check_keys(&keys);
	check_round_trip(&keys);
	psk_free(&keys);
	return 0;
}
