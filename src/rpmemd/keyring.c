/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keyring.c -- see keyring.h
 *
 * The references are counted without a lock: only the listener's one thread
 * holds any, and a session's process has a copy of its own.
 */
#include "rpmemd/keyring.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

int
keyring_load(const char *path, struct keyring **k_out)
{
	CLEANUP(freep)
	struct keyring *k = calloc(1, sizeof(*k));
	if (k == NULL)
		return err_set(-ENOMEM, "no memory for the keys");
	int rc = psk_load(path, &k->keys);
	if (rc < 0)
		return rc;
	k->refs = 1;
	*k_out = TAKE_PTR(k);
	return 0;
}

struct keyring *
keyring_get(struct keyring *k)
{
	k->refs++;
	return k;
}

void
keyring_put(struct keyring *k)
{
	if (k == NULL || --k->refs != 0)
		return;
	psk_free(&k->keys);
	free(k);
}

void
keyring_wipe(struct keyring *k)
{
	for (size_t i = 0; i < k->keys.nkeys; i++)
		explicit_bzero(
			k->keys.keys[i].key, sizeof(k->keys.keys[i].key));
}
