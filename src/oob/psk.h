/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * psk.h -- pre-shared keys: the key file and its lines
 *
 * A key file has lines "identity:hex" (GnuTLS's psk format) of 32-byte keys,
 * empty lines and # comments.  Parsing is pure; reading refuses a file that
 * others can read or that another user owns.
 */
#ifndef RPMEM_OOB_PSK_H
#define RPMEM_OOB_PSK_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define PSK_KEY_SIZE 32
#define PSK_IDENTITY_MAX 256 /* NUL included */
#define PSK_KEYS_MAX 4096
#define PSK_FILE_MAX (1024u * 1024)

struct psk_key {
	char identity[PSK_IDENTITY_MAX];
	uint8_t key[PSK_KEY_SIZE];
};

struct psk_keys {
	size_t nkeys;
	struct psk_key *keys;
};

/*
 * psk_parse -- text of a key file to keys
 *
 *   name   for messages: "key file 'NAME' line N: ..."; the message never
 *          holds any of a key
 *
 * Returns 0; -EINVAL: a bad line, a duplicate identity, no key at all;
 * -ENOMEM
 */
NODISCARD int psk_parse(const char *text, size_t len, const char *name,
	struct psk_keys *keys_out);

/*
 * psk_load -- read and check a key file
 *
 *   path   NULL: RPMEM_PSK_FILE, else $HOME/.config/rpmem/psk (home from
 *          the password file when HOME is unset)
 *
 * Returns 0; -ENOENT (message: how to make one), -EACCES: cannot be read, is
 * not a regular file, others can read it (mode & 077), or it belongs to
 * another user; -EINVAL: content; -ENOMEM
 */
NODISCARD int psk_load(const char *path, struct psk_keys *keys_out);

/* the path psk_load(NULL) would use, into buf; 0 or -ENAMETOOLONG/-ENOENT */
NODISCARD int psk_default_path(char *buf, size_t size);

/* key of an identity; NULL or "" is the first; NULL if there is none */
const struct psk_key *psk_find(
	const struct psk_keys *keys, const char *identity);

/* forget the keys (memory is wiped); NULL members are fine */
void psk_free(struct psk_keys *keys);

/*
 * psk_generate -- write a new key file, mode 0600, never over an old one
 *
 * Missing directories below the home directory are made with mode 0700.
 * Identity is USER@HOST.
 *
 *   key_out   what was written
 *
 * Returns 0; -EEXIST; -errno
 */
NODISCARD int psk_generate(const char *path, struct psk_key *key_out);

/*
 * psk_would_generate -- would psk_generate write this file?  Changes nothing
 *
 * Returns 0; -EEXIST; -errno
 */
NODISCARD int psk_would_generate(
	const char *path, char identity_out[PSK_IDENTITY_MAX]);

/* "identity:hex" and a newline into buf */
void psk_format(const struct psk_key *key, char *buf, size_t size);

#endif
