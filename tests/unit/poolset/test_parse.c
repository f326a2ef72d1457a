/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_parse.c -- what is a pool set, row by row; the limits; no memory
 *
 * The rows are compared with their canonical text, so that a row that parses
 * to something else fails.  What is refused is in test_parse_reject.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/err.h"
#include "poolset/poolset.h"

#define SET "PMEMPOOLSET\n"
#define P1 "16M /p/1\n"
#define P2 "16M /p/2\n"

struct row {
	const char *text;
	const char *want; /* canonical text */
};

/* allocations that still succeed; negative: all of them */
static long allocations_left = -1;

static bool
allocation_fails(void)
{
	if (allocations_left < 0)
		return false;
	if (allocations_left == 0)
		return true;
	allocations_left--;
	return false;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *
__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return allocation_fails() ? NULL : __real_realloc(p, size);
}

/* parse exactly len bytes, so that a sanitizer sees a read past them */
static int
parse_bytes(const char *text, size_t len, struct poolset **set_out)
{
	char *copy = __real_malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	int rc = poolset_parse(copy, len, "x.set", set_out);
	free(copy);
	return rc;
}

static struct poolset *
must_parse(const char *text)
{
	struct poolset *set;
	if (parse_bytes(text, strlen(text), &set) != 0)
		fail_msg("%s", err_msg());
	return set;
}

static void
accept_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		print_message("row %zu: %s\n", i, rows[i].want);
		struct poolset *set = must_parse(rows[i].text);
		char *text;
		assert_int_equal(poolset_format(set, &text), 0);
		assert_string_equal(text, rows[i].want);
		free(text);
		poolset_free(set);
	}
}

static void
accepts__lines(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{SET P1, SET P1},
		{SET "16M /p/1", SET P1},
		{"PMEMPOOLSET\r\n16M /p/1\r\n\r\n", SET P1},
		{SET "\n\n# comment\n#\n" P1, SET P1},
		{SET "16M /p/1 # comment\n", SET P1},
		{SET "16M /p/1#2\n", SET P1},
		{SET " 16M\t/p/1 \t\n", SET P1},
		{SET "\t16M /p/\xc3\xa4\n", SET "16M /p/\xc3\xa4\n"},
		{SET "# a \033 in a comment\n" P1, SET P1},
	};
	accept_rows(rows, ARRAY_LEN(rows));
}

static void
accepts__replicas(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{SET P1 "REPLICA\n" P2, SET P1 "REPLICA\n" P2},
		{SET P1 "REPLICA#c\n" P2, SET P1 "REPLICA\n" P2},
		{SET P1 P2 "REPLICA n d", SET P1 P2 "REPLICA n d\n"},
		{SET P1 "REPLICA\t n \td # c\n", SET P1 "REPLICA n d\n"},
		{SET P1 "REPLICA n ../d\n", SET P1 "REPLICA n ../d\n"},
		{SET P1 "REPLICA u@[::1]:22 a/b\nREPLICA n d\nREPLICA\n" P2,
			SET P1
			"REPLICA u@[::1]:22 a/b\nREPLICA n d\nREPLICA\n" P2},
		{SET P1 "REPLICA tcp://me@n:7636 d.set\n",
			SET P1 "REPLICA tcp://me@n:7636 d.set\n"},
		/* doubles are found by whoever opens the parts */
		{SET P1 P1 "REPLICA n d\nREPLICA n d\n",
			SET P1 P1 "REPLICA n d\nREPLICA n d\n"},
	};
	accept_rows(rows, ARRAY_LEN(rows));
}

static void
accepts__options(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{SET "OPTION SINGLEHDR\n" P1, SET "OPTION SINGLEHDR\n" P1},
		{SET P1 "OPTION SINGLEHDR\n" P2,
			SET "OPTION SINGLEHDR\n" P1 P2},
		{SET P1 "REPLICA n d\nOPTION\tSINGLEHDR",
			SET "OPTION SINGLEHDR\n" P1 "REPLICA n d\n"},
		{SET P1 "OPTIONSINGLEHDR\n", SET "OPTION SINGLEHDR\n" P1},
		{SET P1 "OPTION SINGLEHDR  SINGLEHDR\nOPTION SINGLEHDR # c\n",
			SET "OPTION SINGLEHDR\n" P1},
		/* the same grammar for a target's set */
		{SET "OPTION NOHDRS NOHDRS\n" P1, SET "OPTION NOHDRS\n" P1},
	};
	accept_rows(rows, ARRAY_LEN(rows));
}

static void
accepts__sizes(void **state)
{
	(void)state;
	/* each unit is in test_words.c */
	static const struct row rows[] = {
		{SET "16777216 /p\n", SET "16M /p\n"},
		{SET "16MiB /p\n", SET "16M /p\n"},
		{SET "16MB /p\n", SET "15625K /p\n"},
		{SET "1B /p\n", SET "1 /p\n"},
		{SET "AUTO /dev/dax0.0\n", SET "AUTO /dev/dax0.0\n"},
	};
	accept_rows(rows, ARRAY_LEN(rows));
}

static void
accepts__long_lines(void **state)
{
	(void)state;
	/* blanks and a comment of 1 MiB each */
	size_t mib = 1u << 20;
	char *text = test_malloc(3 * mib);
	size_t n = (size_t)snprintf(text, 64, "%s16M", SET);
	memset(text + n, ' ', mib);
	n += mib;
	n += (size_t)snprintf(text + n, 16, "/p/1#");
	memset(text + n, 'c', mib);
	n += mib;
	text[n] = '\0';
	struct poolset *set = must_parse(text);
	assert_string_equal(set->replicas[0].parts[0].path, "/p/1");
	poolset_free(set);
	test_free(text);
}

static void
fills__each_field(void **state)
{
	(void)state;
	struct poolset *set = must_parse(
		SET "# c\n" P1 "AUTO /d\n\nREPLICA\n" P2 "REPLICA n d\n");
	assert_int_equal(set->options, 0);
	assert_int_equal(set->nreplicas, 3);
	const struct poolset_replica *r = set->replicas;
	assert_int_equal(r[0].line, 1);
	assert_int_equal(r[0].nparts, 2);
	assert_null(r[0].node);
	assert_null(r[0].desc);
	assert_int_equal(r[0].parts[0].size, 16777216);
	assert_false(r[0].parts[0].is_auto);
	assert_string_equal(r[0].parts[0].path, "/p/1");
	assert_int_equal(r[0].parts[0].line, 3);
	assert_int_equal(r[0].parts[1].size, 0);
	assert_true(r[0].parts[1].is_auto);
	assert_int_equal(r[0].parts[1].line, 4);
	assert_int_equal(r[1].line, 6);
	assert_int_equal(r[1].nparts, 1);
	assert_false(poolset_replica_is_remote(&r[1]));
	assert_int_equal(r[2].line, 8);
	assert_int_equal(r[2].nparts, 0);
	assert_string_equal(r[2].node, "n");
	assert_string_equal(r[2].desc, "d");
	assert_true(poolset_replica_is_remote(&r[2]));
	poolset_free(set);
}

/* head, then n times line */
static char *
repeat(const char *head, const char *line, size_t n, size_t *len_out)
{
	size_t each = strlen(line);
	size_t len = strlen(head);
	char *text = test_malloc(len + n * each + 1);
	memcpy(text, head, len);
	for (size_t i = 0; i < n; i++, len += each)
		memcpy(text + len, line, each);
	text[len] = '\0';
	*len_out = len;
	return text;
}

static void
limits__are_exact(void **state)
{
	(void)state;
	static const struct {
		const char *head;
		const char *line;
		size_t max;
		const char *want;
	} rows[] = {
		{SET, "1 /p\n", POOLSET_NPARTS_MAX,
			"line 65538: expected at most 65536 parts, "
			"found one more"},
		{SET P1, "REPLICA n d\n", POOLSET_NREPLICAS_MAX - 1,
			"line 1026: expected at most 1024 replicas, "
			"found one more"},
		{SET "1 /", "x", POOLSET_WORD_MAX - 1,
			"line 2: expected words of at most 4095 bytes, found "
			"'/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'"},
		{SET P1 "#", "c", POOLSET_TEXT_MAX - 22,
			": expected at most 16777216 bytes, found 16777217"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len;
		char *text = repeat(
			rows[i].head, rows[i].line, rows[i].max + 1, &len);
		struct poolset *set;
		assert_int_equal(poolset_parse(text, len - strlen(rows[i].line),
					 "x.set", &set),
			0);
		poolset_free(set);
		assert_int_equal(
			poolset_parse(text, len, "x.set", &set), -EINVAL);
		assert_null(set);
		assert_non_null(strstr(err_msg(), rows[i].want));
		test_free(text);
	}
}

static void
parse__without_memory(void **state)
{
	(void)state;
	static const char text[] = SET P1 P2 "REPLICA n d\nREPLICA\n" P1;
	struct poolset *set;
	int rc = -ENOMEM;
	long n = 0;
	for (; rc != 0; n++) {
		allocations_left = n;
		rc = poolset_parse(text, sizeof(text) - 1, "x.set", &set);
		allocations_left = -1;
		if (rc == 0)
			break;
		assert_int_equal(rc, -ENOMEM);
		assert_null(set);
		assert_string_equal(
			err_msg(), "pool set 'x.set': out of memory");
	}
	/* value, 3 replicas, 2 + 1 parts with paths, node, descriptor */
	assert_int_equal(n, 1 + 3 + 2 + 2 + 2 + 2);
	poolset_free(set);
	poolset_free(NULL);
}

static void
is_set__first_bytes_only(void **state)
{
	(void)state;
	assert_true(poolset_is_set("PMEMPOOLSET", 11));
	assert_true(poolset_is_set("PMEMPOOLSET junk", 16));
	assert_false(poolset_is_set("PMEMPOOLSET", 10));
	assert_false(poolset_is_set("PMEMPOOLSEX", 11));
	assert_false(poolset_is_set(NULL, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts__lines),
		cmocka_unit_test(accepts__replicas),
		cmocka_unit_test(accepts__options),
		cmocka_unit_test(accepts__sizes),
		cmocka_unit_test(accepts__long_lines),
		cmocka_unit_test(fills__each_field),
		cmocka_unit_test(limits__are_exact),
		cmocka_unit_test(parse__without_memory),
		cmocka_unit_test(is_set__first_bytes_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
