/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * psk_parse.c -- lines of a key file <-> keys
 *
 * Pure.  A line is trimmed of blanks at both ends (a carriage return counts
 * as one); what is left is empty, a # comment, or "identity:hex".  All keys
 * go into one allocation that is never moved, so no copy of a key stays
 * behind in freed memory.
 *
 * Messages hold line numbers and nothing of the line itself: in a file that
 * somebody got wrong, a key may stand in the place of the identity.
 */
#include "oob/psk.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

struct line {
	const char *p;
	size_t len;
	unsigned number;
};

struct parser {
	const char *name;
	struct psk_keys *keys;
	unsigned *lines; /* where each key stands; owned */
	size_t room;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* digit value; -1 if it is none */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
hex_to_key(const char *hex, size_t len, uint8_t key[PSK_KEY_SIZE])
{
	if (len != 2 * (size_t)PSK_KEY_SIZE)
		return false;
	for (size_t i = 0; i < PSK_KEY_SIZE; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = hex_digit(hex[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
	}
	return true;
}

/* why the bytes are no identity; NULL when they are one */
static const char *
identity_fault(const char *p, size_t len)
{
	if (len == 0)
		return "the identity before ':' is empty";
	if (len >= PSK_IDENTITY_MAX)
		return "the identity is longer than 255 bytes";
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		if (c < 0x20 || c == 0x7f)
			return "a control character in the identity";
	}
	if (is_blank(p[0]) || is_blank(p[len - 1]))
		return "a blank around the identity";
	return NULL;
}

static int
bad_line(const struct parser *parser, const struct line *line, const char *why)
{
	return err_set(-EINVAL, "key file '%s' line %u: %s", parser->name,
		line->number, why);
}

static int
check_duplicate(const struct parser *parser, const struct line *line,
	const char *identity)
{
	const struct psk_keys *keys = parser->keys;
	for (size_t i = 0; i < keys->nkeys; i++)
		if (strcmp(keys->keys[i].identity, identity) == 0)
			return err_set(-EINVAL,
				"key file '%s' line %u: the same identity as "
				"line %u: delete one of them",
				parser->name, line->number, parser->lines[i]);
	return 0;
}

static int
parse_key(struct parser *parser, const struct line *line)
{
	const char *colon = memchr(line->p, ':', line->len);
	if (colon == NULL)
		return bad_line(parser, line,
			"no ':' (a line is \"identity:64 hex digits\")");
	size_t len = (size_t)(colon - line->p);
	const char *fault = identity_fault(line->p, len);
	if (fault != NULL)
		return bad_line(parser, line, fault);
	struct psk_keys *keys = parser->keys;
	if (keys->nkeys == parser->room)
		return bad_line(parser, line, "more than 4096 keys");

	struct psk_key *key = &keys->keys[keys->nkeys];
	if (!hex_to_key(colon + 1, line->len - len - 1, key->key))
		return bad_line(
			parser, line, "the key is not 64 hexadecimal digits");
	memcpy(key->identity, line->p, len);
	key->identity[len] = '\0';
	int rc = check_duplicate(parser, line, key->identity);
	if (rc != 0)
		return rc;
	parser->lines[keys->nkeys++] = line->number;
	return 0;
}

static int
parse_line(struct parser *parser, struct line line)
{
	while (line.len > 0 && is_blank(line.p[0])) {
		line.p++;
		line.len--;
	}
	while (line.len > 0 && is_blank(line.p[line.len - 1]))
		line.len--;
	if (line.len == 0 || line.p[0] == '#')
		return 0;
	return parse_key(parser, &line);
}

static int
parse_lines(struct parser *parser, const char *text, size_t len)
{
	unsigned number = 0;
	for (size_t pos = 0; pos < len;) {
		const char *end = memchr(text + pos, '\n', len - pos);
		size_t n = end != NULL ? (size_t)(end - text) - pos : len - pos;
		struct line line = {text + pos, n, ++number};
		int rc = parse_line(parser, line);
		if (rc != 0)
			return rc;
		pos += n + 1;
	}
	if (parser->keys->nkeys == 0)
		return err_set(-EINVAL,
			"key file '%s' holds no key: a line is "
			"\"identity:64 hex digits\", as 'rpmem keygen' writes",
			parser->name);
	return 0;
}

/* an upper bound of the keys that the text can hold */
static size_t
count_room(const char *text, size_t len)
{
	size_t room = 1;
	for (size_t i = 0; i < len && room < PSK_KEYS_MAX; i++)
		room += text[i] == '\n';
	return room;
}

int
psk_parse(const char *text, size_t len, const char *name,
	struct psk_keys *keys_out)
{
	CLEANUP(psk_free) struct psk_keys keys = {0};
	size_t room = count_room(text, len);
	CLEANUP(freep) unsigned *lines = calloc(room, sizeof(*lines));

	keys_out->nkeys = 0;
	keys_out->keys = NULL;
	keys.keys = calloc(room, sizeof(*keys.keys));
	if (keys.keys == NULL || lines == NULL)
		return err_set(-ENOMEM, "key file '%s': no memory", name);
	struct parser parser = {name, &keys, lines, room};
	int rc = parse_lines(&parser, text, len);
	if (rc != 0) {
		/* the refused line's key is beyond what psk_free wipes */
		explicit_bzero(keys.keys, room * sizeof(*keys.keys));
		return rc;
	}
	keys_out->nkeys = keys.nkeys;
	keys_out->keys = TAKE_PTR(keys.keys);
	return 0;
}

const struct psk_key *
psk_find(const struct psk_keys *keys, const char *identity)
{
	if (identity == NULL || identity[0] == '\0')
		return keys->nkeys > 0 ? &keys->keys[0] : NULL;
	for (size_t i = 0; i < keys->nkeys; i++)
		if (strcmp(keys->keys[i].identity, identity) == 0)
			return &keys->keys[i];
	return NULL;
}

void
psk_free(struct psk_keys *keys)
{
	if (keys->keys != NULL)
		explicit_bzero(keys->keys, keys->nkeys * sizeof(*keys->keys));
	free(keys->keys);
	keys->keys = NULL;
	keys->nkeys = 0;
}

void
psk_format(const struct psk_key *key, char *buf, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * PSK_KEY_SIZE + 1];

	for (size_t i = 0; i < PSK_KEY_SIZE; i++) {
		hex[2 * i] = digits[key->key[i] >> 4];
		hex[2 * i + 1] = digits[key->key[i] & 15];
	}
	hex[sizeof(hex) - 1] = '\0';
	(void)snprintf(buf, size, "%s:%s\n", key->identity, hex);
	explicit_bzero(hex, sizeof(hex));
}
