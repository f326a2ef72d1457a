/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_parse_reject.c -- what is no pool set, row by row
 *
 * Each row is compared with the whole message from "line" on.  Rows that
 * libpmemobj's own parser takes and ours does not are in
 * rejects__stricter_on_purpose, and only there.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/err.h"
#include "poolset/poolset.h"

#define SET "PMEMPOOLSET\n"
#define P1 "16M /p/1\n"
#define P2 "16M /p/2\n"
#define SIZES "a size such as 16M, 16MiB or 16MB, or AUTO"

struct row {
	const char *text;
	const char *want; /* message */
};

static void
must_reject_bytes(const char *text, size_t len, const char *want)
{
	static const char prefix[] = "pool set 'x.set' ";
	struct poolset *set = (void *)-1;
	/* of exactly len bytes, so that a sanitizer sees a read past them */
	char *copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	assert_int_equal(poolset_parse(copy, len, "x.set", &set), -EINVAL);
	free(copy);
	assert_null(set);
	assert_memory_equal(err_msg(), prefix, sizeof(prefix) - 1);
	assert_string_equal(err_msg() + sizeof(prefix) - 1, want);
}

static void
reject_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		print_message("row %zu: %s\n", i, rows[i].want);
		must_reject_bytes(
			rows[i].text, strlen(rows[i].text), rows[i].want);
	}
}

static void
rejects__first_line(void **state)
{
	(void)state;
#define FIRST "line 1: expected 'PMEMPOOLSET' and nothing else, found "
	static const struct row rows[] = {
		{"", FIRST "the end of the line"},
		{"PMEMPOOLSET \n" P1, FIRST "'PMEMPOOLSET '"},
		{" PMEMPOOLSET\n" P1, FIRST "' PMEMPOOLSET'"},
		{"PMEMPOOLSET# c\n" P1, FIRST "'PMEMPOOLSET# c'"},
		{"pmempoolset\n" P1, FIRST "'pmempoolset'"},
		{"# c\nPMEMPOOLSET\n" P1, FIRST "'# c'"},
		{"\nPMEMPOOLSET\n" P1, FIRST "the end of the line"},
		{"PMEMPOOLSET",
			"line 1: expected a newline after 'PMEMPOOLSET', "
			"found the end of the file"},
	};
	reject_rows(rows, ARRAY_LEN(rows));
}

static void
rejects__lines(void **state)
{
	(void)state;
#define BLANKS                                                                 \
	"line 2: expected a statement, or '#' in the first column, "           \
	"found only blanks"
#define INDENTED                                                               \
	"line 3: expected keywords to start in the first column, found "
	static const struct row rows[] = {
		{SET " \n" P1, BLANKS},
		{SET "\t# c\n" P1, BLANKS},
		{SET P1 " REPLICA\n" P2, INDENTED "'REPLICA'"},
		{SET P1 "\tOPTION SINGLEHDR\n", INDENTED "'OPTION'"},
		{SET P1 "replica n d\n",
			"line 3: expected " SIZES ", found 'replica'"},
		{SET P1 "option SINGLEHDR\n",
			"line 3: expected " SIZES ", found 'option'"},
	};
	reject_rows(rows, ARRAY_LEN(rows));
}

static void
rejects__parts(void **state)
{
	(void)state;
#define PATH "line 2: expected an absolute path after the size, found "
	static const struct row rows[] = {
		{SET "16M\n", PATH "the end of the line"},
		{SET "16M # /p\n", PATH "the end of the line"},
		{SET "16M p\n", PATH "'p'"},
		{SET "16 M /p\n", PATH "'M'"},
		{SET "16M /a b\n",
			"line 2: expected the end of the line after the path, "
			"found 'b'"},
		{SET "/p 16M\n", "line 2: expected " SIZES ", found '/p'"},
		{SET "16m /p\n", "line 2: expected " SIZES ", found '16m'"},
		{SET "16Mi /p\n", "line 2: expected " SIZES ", found '16Mi'"},
		{SET "16KB /p\n", "line 2: expected " SIZES ", found '16KB'"},
		{SET "16.5M /p\n", "line 2: expected " SIZES ", found '16.5M'"},
		{SET "0x10M /p\n", "line 2: expected " SIZES ", found '0x10M'"},
		{SET "auto /p\n", "line 2: expected " SIZES ", found 'auto'"},
		{SET "0 /p\n",
			"line 2: expected a size from 1 to 2^63 - 1 bytes, "
			"found '0'"},
	};
	reject_rows(rows, ARRAY_LEN(rows));
}

static void
rejects__missing_parts(void **state)
{
	(void)state;
#define FIRST_PART "expected a part ('SIZE /PATH') first, found "
	static const struct row rows[] = {
		{SET, "line 1: " FIRST_PART "the end of the file"},
		{SET "# c\nOPTION SINGLEHDR\n",
			"line 3: " FIRST_PART "the end of the file"},
		{SET "REPLICA\n" P1, "line 2: " FIRST_PART "'REPLICA'"},
		{SET "REPLICA n d\n" P1, "line 2: " FIRST_PART "'REPLICA'"},
		{SET P1 "REPLICA\nREPLICA\n" P2,
			"line 4: expected a part for the replica of line 3, "
			"found 'REPLICA'"},
		{SET P1 "REPLICA\n",
			"line 3: expected a part for the replica of line 3, "
			"found the end of the file"},
	};
	reject_rows(rows, ARRAY_LEN(rows));
}

static void
rejects__replicas(void **state)
{
	(void)state;
#define NODE                                                                   \
	"line 3: expected 'REPLICA' alone or with a node and a descriptor, "   \
	"found a blank after it"
	static const struct row rows[] = {
		{SET P1 "REPLICA \n" P2, NODE},
		{SET P1 "REPLICA # c\n" P2, NODE},
		{SET P1 "REPLICAx\n" P2,
			"line 3: expected 'REPLICA' followed by a blank, or "
			"alone, found 'REPLICAx'"},
		{SET P1 "REPLICA n\n",
			"line 3: expected a pool set name after the node, "
			"found the end of the line"},
		{SET P1 "REPLICA n /d\n",
			"line 3: expected a relative pool set name after the "
			"node, found '/d'"},
		{SET P1 "REPLICA n d e\n",
			"line 3: expected the end of the line after the pool "
			"set name, found 'e'"},
		{SET P1 "REPLICA n d\n" P2,
			"line 4: expected 'REPLICA' (a remote replica has no "
			"parts here), found '16M'"},
	};
	reject_rows(rows, ARRAY_LEN(rows));
}

static void
rejects__options(void **state)
{
	(void)state;
#define NAME "line 2: expected an option name (SINGLEHDR or NOHDRS), found "
	static const struct row rows[] = {
		{SET "OPTION\n" P1, NAME "the end of the line"},
		{SET "OPTION # c\n" P1, NAME "the end of the line"},
		{SET "OPTION singlehdr\n" P1, NAME "'singlehdr'"},
		{SET "OPTION SINGLEHDR x\n" P1, NAME "'x'"},
		{SET "OPTIONS SINGLEHDR\n" P1, NAME "'S'"},
	};
	reject_rows(rows, ARRAY_LEN(rows));
}

static void
rejects__stricter_on_purpose(void **state)
{
	(void)state;
#define CONTROL "expected no control characters, found the byte "
#define RANGE "line 2: expected a size from 1 to 2^63 - 1 bytes, found "
	static const struct row rows[] = {
		{SET "-1 /p\n", "line 2: expected " SIZES ", found '-1'"},
		{SET "+16M /p\n", "line 2: expected " SIZES ", found '+16M'"},
		{SET "18014398509498368K /p\n", RANGE "'18014398509498368K'"},
		{SET "18446744073709551617 /p\n",
			RANGE "'18446744073709551617'"},
		{SET "8192P /p\n", RANGE "'8192P'"},
		{SET "OPTION SINGLEHDR NOHDRS\n" P1,
			"line 2: expected either SINGLEHDR or NOHDRS, "
			"found 'NOHDRS'"},
		{SET "OPTION NOHDRS\n" P1 "OPTION SINGLEHDR\n",
			"line 4: expected either SINGLEHDR or NOHDRS, "
			"found 'SINGLEHDR'"},
		{SET "16M /p\033[1m\n", "line 2: " CONTROL "0x1b"},
		{SET "16M /p\177\n", "line 2: " CONTROL "0x7f"},
		{SET "16M /p\r", "line 2: " CONTROL "0x0d"},
	};
	reject_rows(rows, ARRAY_LEN(rows));
}

static void
rejects__nul_bytes(void **state)
{
	(void)state;
	static const char in_path[] = SET "16M /p\0q\n";
	static const char in_comment[] = SET P1 "#\0\n";
	static const char in_first_line[] = "PMEMPOOLSET\0\n" P1;
	must_reject_bytes(in_path, sizeof(in_path) - 1,
		"line 2: expected text, found a NUL byte");
	must_reject_bytes(in_comment, sizeof(in_comment) - 1,
		"line 3: expected text, found a NUL byte");
	must_reject_bytes(in_first_line, sizeof(in_first_line) - 1,
		FIRST "'PMEMPOOLSET?'");
}

static void
where__names_the_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} cases[] = {{"", 1}, {"PMEMPOOLSET\n", 1},
		{"PMEMPOOLSET\n\n# x\n16m /x\n", 4},
		{"PMEMPOOLSET\n16M /x\nREPLICA\n", 3}};
	struct poolset *set;
	unsigned line = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		assert_int_equal(poolset_parse_where(
					 text, strlen(text), "x", &set, &line),
			-EINVAL);
		assert_int_equal(line, cases[i].line);
	}
	assert_int_equal(
		poolset_parse_where("PMEMPOOLSET\n2M /x", 17, "x", &set, &line),
		0);
	assert_int_equal(line, 0);
	poolset_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rejects__first_line),
		cmocka_unit_test(rejects__lines),
		cmocka_unit_test(rejects__parts),
		cmocka_unit_test(rejects__missing_parts),
		cmocka_unit_test(rejects__replicas),
		cmocka_unit_test(rejects__options),
		cmocka_unit_test(rejects__stricter_on_purpose),
		cmocka_unit_test(rejects__nul_bytes),
		cmocka_unit_test(where__names_the_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
