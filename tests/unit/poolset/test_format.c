/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_format.c -- value to text, and the questions to a value
 *
 * The property test makes random values, not random text, and compares with
 * poolset_equal() field by field, so an error that parser and formatter
 * share does not cancel out unnoticed in the text.  RPMEM_TEST_SEED repeats a
 * run.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/env.h"
#include "base/err.h"
#include "poolset/poolset.h"

#define SET "PMEMPOOLSET\n"
#define P1 "16M /p/1\n"

static bool no_stream;

FILE *__real_open_memstream(char **text, size_t *len);
FILE *__wrap_open_memstream(char **text, size_t *len);

FILE *
__wrap_open_memstream(char **text, size_t *len)
{
	return no_stream ? NULL : __real_open_memstream(text, len);
}

static struct poolset *
must_parse(const char *text)
{
	struct poolset *set;
	if (poolset_parse(text, strlen(text), "x.set", &set) != 0)
		fail_msg("%s", err_msg());
	return set;
}

/* xorshift64: the same everywhere for one seed */
static uint64_t
next_random(uint64_t *rng)
{
	*rng ^= *rng << 13;
	*rng ^= *rng >> 7;
	*rng ^= *rng << 17;
	return *rng;
}

static unsigned
random_below(uint64_t *rng, unsigned n)
{
	return (unsigned)(next_random(rng) % n);
}

/* first, then 0 .. 60 bytes that a word may hold */
static char *
random_word(uint64_t *rng, char first)
{
	unsigned len = random_below(rng, 61);
	char *word = calloc(1, len + 2);
	assert_non_null(word);
	word[0] = first;
	for (unsigned i = 1; i <= len; i++) {
		unsigned char c = (unsigned char)random_below(rng, 256);
		bool allowed = c > ' ' && c != 0x7f && c != '#';
		word[i] = (char)(allowed ? c : '/');
	}
	return word;
}

static void
fill_part(uint64_t *rng, struct poolset_part *part)
{
	part->is_auto = random_below(rng, 8) == 0;
	part->path = random_word(rng, '/');
	if (part->is_auto)
		return;
	/* of every magnitude, round ones among them */
	part->size = next_random(rng) >> (1 + random_below(rng, 62));
	part->size &= ~0ull << random_below(rng, 63);
	if (part->size == 0)
		part->size = 1;
}

static void
fill_replica(uint64_t *rng, struct poolset_replica *r, bool is_remote)
{
	if (is_remote) {
		r->node = random_word(rng, 'n');
		r->desc = random_word(rng, '.');
		return;
	}
	r->nparts = 1 + random_below(rng, 9);
	r->parts = calloc(r->nparts, sizeof(*r->parts));
	assert_non_null(r->parts);
	for (unsigned i = 0; i < r->nparts; i++)
		fill_part(rng, &r->parts[i]);
}

static struct poolset *
random_set(uint64_t *rng)
{
	struct poolset *set = calloc(1, sizeof(*set));
	assert_non_null(set);
	set->options = random_below(rng, 3);
	set->nreplicas = 1 + random_below(rng, 6);
	set->replicas = calloc(set->nreplicas, sizeof(*set->replicas));
	assert_non_null(set->replicas);
	for (unsigned r = 0; r < set->nreplicas; r++)
		fill_replica(rng, &set->replicas[r],
			r > 0 && random_below(rng, 2) == 0);
	return set;
}

static void
round_trip__random_values(void **state)
{
	(void)state;
	uint64_t seed = (uint64_t)time(NULL);
	assert_int_equal(env_u64("RPMEM_TEST_SEED", 1, UINT64_MAX, &seed), 0);
	printf("RPMEM_TEST_SEED=%llu\n", (unsigned long long)seed);
	uint64_t rng = seed;
	for (int i = 0; i < 2000; i++) {
		struct poolset *set = random_set(&rng);
		struct poolset *back;
		char *text;
		if (poolset_format(set, &text) != 0)
			fail_msg("%s", err_msg());
		if (poolset_parse(text, strlen(text), "x.set", &back) != 0)
			fail_msg("%s\n%s", err_msg(), text);
		if (!poolset_equal(set, back))
			fail_msg("another value:\n%s", text);
		free(text);
		poolset_free(back);
		poolset_free(set);
	}
}

static void
format__is_canonical(void **state)
{
	(void)state;
	struct poolset *set = must_parse(
		SET "# comment\n1024 /a\n1025B /b\n1048576KiB /c\n8191P /d\n"
		    "REPLICA  n\td\nREPLICA\nAUTO /e\nOPTIONNOHDRS");
	char *text;
	assert_int_equal(poolset_format(set, &text), 0);
	assert_string_equal(text,
		SET "OPTION NOHDRS\n1K /a\n1025 /b\n1G /c\n8191P /d\n"
		    "REPLICA n d\nREPLICA\nAUTO /e\n");
	free(text);
	poolset_free(set);
}

static void
must_not_format(const struct poolset *set, const char *want)
{
	char *text = (char *)-1;
	assert_int_equal(poolset_format(set, &text), -EINVAL);
	assert_null(text);
	assert_non_null(strstr(err_msg(), "pool set value cannot be written"));
	assert_non_null(strstr(err_msg(), want));
}

static void
format__refuses_what_text_cannot_say(void **state)
{
	(void)state;
	char blank[] = "/a b", newline[] = "/a\n16M /b", hash[] = "/a#b";
	char relative[] = "a", node[] = "n", desc[] = "d";
	struct poolset_part part = {.size = 16777216, .path = blank};
	struct poolset_replica r[2] = {{.nparts = 1, .parts = &part}};
	struct poolset set = {.nreplicas = 1, .replicas = r};
	must_not_format(&set, "found 'b'");
	part.path = newline;
	must_not_format(&set, "another value");
	part.path = hash;
	must_not_format(&set, "another value");
	part.path = relative;
	must_not_format(&set, "absolute path");
	part.path = NULL;
	must_not_format(&set, "absolute path");
	part.path = hash;
	hash[2] = '\0';
	part.size = 0;
	must_not_format(&set, "found '0'");
	part.size = 1ull << 63;
	must_not_format(&set, "found '8192P'");
	part.size = 1;
	part.is_auto = true;
	must_not_format(&set, "another value");
	part.is_auto = false;
	set.options = POOLSET_F_SINGLEHDR | POOLSET_F_NOHDRS;
	must_not_format(&set, "either SINGLEHDR or NOHDRS");
	set.options = 4;
	must_not_format(&set, "another value");
	set.options = 0;
	set.nreplicas = 2;
	must_not_format(&set, "a part for the replica of line 3");
	r[1].node = node;
	must_not_format(&set, "a pool set name after the node");
	r[1].desc = desc;
	r[1].nparts = 1;
	r[1].parts = &part;
	must_not_format(&set, "a remote replica has no parts");
	r[1].nparts = 0;
	char *text;
	assert_int_equal(poolset_format(&set, &text), 0);
	free(text);
}

static void
format__without_memory(void **state)
{
	(void)state;
	struct poolset *set = must_parse(SET P1);
	char *text = (char *)-1;
	no_stream = true;
	assert_int_equal(poolset_format(set, &text), -ENOMEM);
	no_stream = false;
	assert_null(text);
	poolset_free(set);
}

static void
equal__sees_each_difference(void **state)
{
	(void)state;
	static const char *const texts[] = {
		SET P1 "REPLICA n d\n",
		SET P1,
		SET "OPTION SINGLEHDR\n" P1 "REPLICA n d\n",
		SET P1 "REPLICA m d\n",
		SET P1 "REPLICA n e\n",
		SET P1 "REPLICA\n" P1,
		SET P1 P1 "REPLICA n d\n",
		SET "16M /p/2\nREPLICA n d\n",
		SET "15M /p/1\nREPLICA n d\n",
		SET "AUTO /p/1\nREPLICA n d\n",
	};
	struct poolset *a = must_parse(texts[0]);
	/* other lines, same value */
	struct poolset *b = must_parse(SET "\n16777216 /p/1\n#\nREPLICA n d\n");
	assert_true(poolset_equal(a, b));
	b->replicas[0].parts[0].is_auto = true;
	assert_false(poolset_equal(a, b));
	poolset_free(b);
	for (size_t i = 1; i < ARRAY_LEN(texts); i++) {
		b = must_parse(texts[i]);
		assert_false(poolset_equal(a, b));
		assert_false(poolset_equal(b, a));
		poolset_free(b);
	}
	poolset_free(a);
}

static void
check_target__one_local_replica(void **state)
{
	(void)state;
	static const char *const refused[] = {
		SET P1 "REPLICA n d\n", SET P1 "REPLICA\n" P1};
	struct poolset *set = must_parse(SET "OPTION NOHDRS\n" P1 P1);
	assert_int_equal(poolset_check_target(set), 0);
	poolset_free(set);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		set = must_parse(refused[i]);
		assert_int_equal(poolset_check_target(set), -EINVAL);
		assert_string_equal(err_msg(),
			"line 3: expected one replica in a target's pool set, "
			"found 'REPLICA'");
		poolset_free(set);
	}
}

static void
check_local__no_nohdrs(void **state)
{
	(void)state;
	struct poolset *set = must_parse(SET "OPTION SINGLEHDR\n" P1);
	assert_int_equal(poolset_check_local(set), 0);
	poolset_free(set);
	set = must_parse(SET "OPTION NOHDRS\n" P1);
	assert_int_equal(poolset_check_local(set), -EINVAL);
	assert_non_null(strstr(err_msg(), "NOHDRS"));
	poolset_free(set);
}

static void
has_remote__any_replica(void **state)
{
	(void)state;
	struct poolset *set = must_parse(SET P1 "REPLICA\n" P1);
	assert_false(poolset_has_remote(set));
	poolset_free(set);
	set = must_parse(SET P1 "REPLICA n d\nREPLICA\n" P1);
	assert_true(poolset_has_remote(set));
	assert_false(poolset_replica_is_remote(&set->replicas[0]));
	assert_true(poolset_replica_is_remote(&set->replicas[1]));
	poolset_free(set);
}

static void
size_text__there_and_back(void **state)
{
	static const struct {
		uint64_t size;
		const char *text;
	} cases[] = {{1, "1"}, {1023, "1023"}, {1024, "1K"}, {1536, "1536"},
		{8 << 20, "8M"}, {3ULL << 30, "3G"}, {5ULL << 40, "5T"},
		{1ULL << 50, "1P"}, {1ULL << 62, "4096P"},
		{INT64_MAX, "9223372036854775807"}};
	char text[POOLSET_SIZE_TEXT_MAX];
	uint64_t back = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_string_equal(
			poolset_size_text(cases[i].size, text), cases[i].text);
		assert_true(poolset_size(text, &back));
		assert_int_equal(back, cases[i].size);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip__random_values),
		cmocka_unit_test(format__is_canonical),
		cmocka_unit_test(format__refuses_what_text_cannot_say),
		cmocka_unit_test(format__without_memory),
		cmocka_unit_test(equal__sees_each_difference),
		cmocka_unit_test(check_target__one_local_replica),
		cmocka_unit_test(check_local__no_nohdrs),
		cmocka_unit_test(has_remote__any_replica),
		cmocka_unit_test(size_text__there_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
