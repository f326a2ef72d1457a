/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_chain.c -- what a chain tells its replicas, in which order
 */
#include "replica/chain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SIZE (16ULL * 1024 * 1024)

/* a replica that writes down what it is told, into one common text */
struct recorder {
	struct replica base;
	const char *fails_at; /* the operation that fails */
};

static char said[4096];

static int
note(struct replica *r, const char *op, uint64_t off, uint64_t len)
{
	struct recorder *rec = (struct recorder *)(void *)r;
	size_t at = strlen(said);
	if (rec->fails_at != NULL && strcmp(rec->fails_at, op) == 0)
		return -ECONNRESET;
	(void)snprintf(said + at, sizeof(said) - at, "%s%s %llu+%llu; ",
		rec->base.name, op, (unsigned long long)off,
		(unsigned long long)len);
	return 0;
}

static int
copy(struct replica *r, uint64_t off, uint64_t len)
{
	return note(r, "copy", off, len);
}

static int
fill(struct replica *r, uint64_t off, uint64_t len, uint8_t byte)
{
	(void)byte;
	return note(r, "fill", off, len);
}

static int
deep(struct replica *r, uint64_t off, uint64_t len)
{
	return note(r, "deep", off, len);
}

static int
grow(struct replica *r, uint64_t size)
{
	return note(r, "grow", 0, size);
}

static int
barrier(struct replica *r)
{
	return note(r, "barrier", 0, 0);
}

static int
submit(struct replica *r)
{
	return note(r, "submit", 0, 0);
}

static int
wait_for(struct replica *r)
{
	return note(r, "wait", 0, 0);
}

static int
close_it(struct replica *r)
{
	return note(r, "close", 0, 0);
}

static const struct replica_ops ops = {
	copy, fill, deep, grow, barrier, submit, wait_for, NULL, close_it};

static struct recorder a;
static struct recorder b;
static struct chain chain;

static int
setup(void **state)
{
	(void)state;
	a = (struct recorder){.base = {.ops = &ops, .name = "a:"}};
	b = (struct recorder){.base = {.ops = &ops, .name = "b:"}};
	chain = (struct chain){.size = SIZE};
	said[0] = '\0';
	return chain_add(&chain, &a.base);
}

static void
expect(const char *text)
{
	assert_string_equal(said, text);
	said[0] = '\0';
}

static void
ranges__leave_out_header_and_what_is_outside(void **state)
{
	(void)state;
	chain_copy(&chain, 0, 100);
	chain_copy(&chain, SIZE, 8);
	chain_copy(&chain, SIZE + 4096, 8);
	chain_copy(&chain, UINT64_MAX, 8);
	chain_copy(&chain, 5000, 0);
	chain_fill(&chain, 4000, 96, 0);
	expect("");
	chain_copy(&chain, 4000, 200);
	chain_copy(&chain, SIZE - 8, 100);
	chain_fill(&chain, 0, UINT64_MAX, 0);
	chain_deep(&chain, 100, 5000);
	expect("a:copy 4096+104; a:copy 16777208+8; a:fill 4096+4194304; "
	       "a:fill 4198400+4194304; a:fill 8392704+4194304; "
	       "a:fill 12587008+4190208; "
	       "a:deep 4096+1004; ");
}

static void
raw__has_no_header(void **state)
{
	(void)state;
	chain.is_raw = true;
	chain_copy(&chain, 0, 8);
	chain_fill(&chain, 4000, 96, 0);
	chain_copy(&chain, SIZE - 8, 100);
	expect("a:copy 0+8; a:fill 4000+96; a:copy 16777208+8; ");
}

static void
big__copies_go_in_chunks_to_all(void **state)
{
	(void)state;
	assert_int_equal(chain_add(&chain, &b.base), 0);
	chain_copy(&chain, 4096, CHAIN_CHUNK + 64);
	expect("a:copy 4096+4194304; b:copy 4096+4194304; "
	       "a:copy 4198400+64; b:copy 4198400+64; ");
}

static void
grow__comes_before_the_new_range(void **state)
{
	(void)state;
	chain_copy(&chain, SIZE, 64);
	expect("");
	chain_grow(&chain, SIZE + 4096);
	chain_copy(&chain, SIZE - 8, 8192);
	expect("a:grow 0+16781312; a:copy 16777208+4104; ");
}

static void
grow__loses_a_replica_that_cannot(void **state)
{
	static struct replica_ops fixed;
	(void)state;
	fixed = ops;
	fixed.grow = NULL;
	b.base.ops = &fixed;
	assert_int_equal(chain_add(&chain, &b.base), 0);
	chain_grow(&chain, SIZE + 4096);
	assert_int_equal(chain_attached(&chain), 1);
	chain_copy(&chain, SIZE, 64);
	expect("a:grow 0+16781312; a:copy 16777216+64; ");
}

static void
wait__submits_to_all_first(void **state)
{
	(void)state;
	chain_barrier(&chain);
	chain_wait(&chain);
	expect("a:barrier 0+0; a:wait 0+0; ");
	assert_int_equal(chain_add(&chain, &b.base), 0);
	chain_barrier(&chain);
	chain_wait(&chain);
	expect("a:barrier 0+0; b:barrier 0+0; a:submit 0+0; b:submit 0+0; "
	       "a:wait 0+0; b:wait 0+0; ");
}

static void
lost__ones_are_left_out_and_closed(void **state)
{
	(void)state;
	assert_int_equal(chain_add(&chain, &b.base), 0);
	a.fails_at = "wait";
	assert_int_equal(a.base.error, 0);
	chain_wait(&chain);
	assert_int_equal(a.base.error, ECONNRESET);
	assert_int_equal(b.base.error, 0);
	expect("a:submit 0+0; b:submit 0+0; b:wait 0+0; ");
	assert_int_equal(chain_attached(&chain), 1);
	chain_copy(&chain, 4096, 64);
	chain_barrier(&chain);
	chain_wait(&chain);
	expect("b:copy 4096+64; b:barrier 0+0; b:submit 0+0; b:wait 0+0; ");
	b.fails_at = "close";
	assert_int_equal(chain_close(&chain), -ECONNRESET);
	expect("a:close 0+0; ");
	assert_int_equal(chain.nreplicas, 0);
}

static void
close__of_a_lost_one_is_no_news(void **state)
{
	(void)state;
	a.fails_at = "barrier";
	chain_barrier(&chain);
	a.fails_at = "close";
	assert_int_equal(chain_close(&chain), 0);
}

static void
submit__goes_to_all(void **state)
{
	(void)state;
	assert_int_equal(chain_add(&chain, &b.base), 0);
	chain_submit(&chain);
	expect("a:submit 0+0; b:submit 0+0; ");
}

static void
add__is_bounded(void **state)
{
	(void)state;
	static struct recorder more[CHAIN_MAX];
	for (unsigned i = 1; i < CHAIN_MAX; i++)
		assert_int_equal(chain_add(&chain, &more[i].base), 0);
	assert_int_equal(chain_add(&chain, &more[0].base), -E2BIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			ranges__leave_out_header_and_what_is_outside, setup),
		cmocka_unit_test_setup(raw__has_no_header, setup),
		cmocka_unit_test_setup(big__copies_go_in_chunks_to_all, setup),
		cmocka_unit_test_setup(grow__comes_before_the_new_range, setup),
		cmocka_unit_test_setup(
			grow__loses_a_replica_that_cannot, setup),
		cmocka_unit_test_setup(wait__submits_to_all_first, setup),
		cmocka_unit_test_setup(
			lost__ones_are_left_out_and_closed, setup),
		cmocka_unit_test_setup(close__of_a_lost_one_is_no_news, setup),
		cmocka_unit_test_setup(submit__goes_to_all, setup),
		cmocka_unit_test_setup(add__is_bounded, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
