/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keyring.h -- one reading of the key file, shared by those who use it
 *
 * A handshake borrows its keys until it ends, and a reload may come in
 * between: each keeps the reading it began with.
 */
#ifndef RPMEM_RPMEMD_KEYRING_H
#define RPMEM_RPMEMD_KEYRING_H

#include "base/compiler.h"
#include "oob/psk.h"

struct keyring {
	unsigned refs;
	struct psk_keys keys;
};

/* as psk_load; the caller holds the first reference */
NODISCARD int keyring_load(const char *path, struct keyring **k_out);

struct keyring *keyring_get(struct keyring *k);

/* the last one wipes and frees; NULL is fine */
void keyring_put(struct keyring *k);

/* wipe the keys; the identities stay, for who still points to them */
void keyring_wipe(struct keyring *k);

#endif
