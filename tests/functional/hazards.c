/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * hazards.c -- orders of stores, flushes and drains after which a copy that
 * is made carelessly holds what no crash could have left
 *
 *   hazards SET COPY PART KIND N   N rounds of it; 1 if the copy is wrong
 *   hazards list                   the kinds
 *
 * PART is the pool's only part.  See promises.h for how the copy is looked
 * at, and tests/crash/README.md for what each kind is about.
 */
#include <libpmem.h>
#include <libpmemobj.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "promises.h"

#define LAYOUT "txprog"
#define LINE 8 /* words */
#define PAGE 4096u
#define BIG (5u * 1024 * 1024) /* more than one chunk of a chain */

static PMEMobjpool *pop;
static const char *part;
static uint64_t *words; /* whole lines, a line's beginning */
static uint64_t turn;	/* of this round: a value that was never stored */

static uint64_t
copied(const uint64_t *word)
{
	uint64_t v;
	memcpy(&v, copy + ((const uint8_t *)word - pool_base), sizeof(v));
	return v;
}

static void
is(const uint64_t *word, uint64_t want, const char *what)
{
	if (copied(word) != want)
		errx(1, "the copy has %llu, not %llu: %s",
			(unsigned long long)copied(word),
			(unsigned long long)want, what);
}

/* a word that is durable here and there */
static void
set(uint64_t *word, uint64_t value)
{
	*word = value;
	pmemobj_persist(pop, word, sizeof(*word));
	is(word, value, "pmemobj_persist");
}

/* ---- what was durable does not go back ---- */

static pthread_barrier_t step;

static void
next_step(void)
{
	(void)pthread_barrier_wait(&step);
}

static void *
other_thread(void *arg)
{
	next_step();
	words[0] = 2 * turn + 1;
	pmemobj_flush(pop, words, 8);
	pmemobj_drain(pop);
	is(words, 2 * turn + 1, "flushed and drained");
	next_step();
	return arg;
}

static void
do_regress(void)
{
	pthread_t t;
	if (pthread_barrier_init(&step, NULL, 2) != 0 ||
		pthread_create(&t, NULL, other_thread, NULL) != 0)
		abort();
	words[0] = 2 * turn;
	pmemobj_flush(pop, words, 8);
	next_step();
	next_step();
	pmemobj_drain(pop);
	is(words, 2 * turn + 1, "an older flush that was drained later");
	pthread_join(t, NULL);
	pthread_barrier_destroy(&step);
}

/* ---- what is stored later does not travel earlier ---- */

static void
do_later(void)
{
	words[0] = 2 * turn;
	pmemobj_flush(pop, words, 8);
	words[0] = 2 * turn + 1; /* never flushed */
	words[LINE] = turn;
	pmemobj_persist(pop, &words[LINE], 8);
	is(words, 2 * turn, "a store behind the flush");
	is(&words[LINE], turn, "pmemobj_persist");
}

/* ---- a cache line is written back whole ---- */

static void
do_line(void)
{
	volatile uint64_t *w = words;
	set(&words[0], 0);
	set(&words[LINE - 1], 0);
	w[0] = 2 * turn + 7;
	w[LINE - 1] = 2 * turn + 9;
	pmemobj_persist(pop, &words[LINE - 1], 8);
	is(&words[LINE - 1], 2 * turn + 9, "what was persisted");
	is(&words[0], 2 * turn + 7, "what was stored in its line before");
	/* and no other line than it */
	set(&words[LINE], 1);
	words[LINE] = 2 * turn + 11;
	pmemobj_persist(pop, &words[LINE - 1], 8);
	is(&words[LINE], 1, "the next line");
	set(&words[LINE], 0);
}

/* ---- flags: flushed later, drained later ---- */

static void
do_flags(void)
{
	uint64_t v = 2 * turn + 1;
	set(&words[0], 0);
	pmemobj_memcpy(pop, words, &v, 8, PMEMOBJ_F_MEM_NOFLUSH);
	pmemobj_drain(pop);
	/* elsewhere libpmemobj calls msync whatever the flags say */
	if (pmem_is_pmem(words, 8))
		is(words, 0, "NOFLUSH, then a drain");
	set(&words[0], 0);
	pmem_memset(words, 3, 8, PMEM_F_MEM_NOFLUSH);
	pmem_drain();
	is(words, 0, "NOFLUSH of a memset, then a drain");
	pmemobj_flush(pop, words, 8);
	pmemobj_drain(pop);
	is(words, 0x0303030303030303, "NOFLUSH, then a flush and a drain");
	pmem_memcpy(words, &v, 8, PMEM_F_MEM_NODRAIN);
	pmem_memset(&words[LINE], 5, 8, PMEM_F_MEM_NODRAIN);
	pmem_persist(&words[2 * LINE], 0);
	is(words, v, "NODRAIN, then a drain by a length of 0");
	is(&words[LINE], 0x0505050505050505, "NODRAIN of a memset");
}

/* ---- a memset is sent as one only where it still holds ---- */

static void
do_fill(void)
{
	uint8_t *at = (uint8_t *)words + 40;
	memset(words, 0x55, 1024);
	pmemobj_persist(pop, words, 1024);
	pmemobj_memset(pop, at, 0, 500, PMEMOBJ_F_MEM_NODRAIN);
	words[40] = turn + 1; /* in a line that was filled; not flushed */
	words[64] = turn + 1; /* and behind it */
	pmemobj_drain(pop);
	there(words, 40, "bytes before a memset");
	there(at, 32 * LINE, "a memset");
	there(at + 500, 20, "bytes behind it");
	pmemobj_persist(pop, words, 1024);
	/* the byte is in neither of the edges' lines */
	pmemobj_memset_persist(pop, at, (int)turn, 500);
	there(words, 1024, "a memset at odd addresses");
}

/* ---- ranges of more than one chunk ---- */

static void
do_big(void)
{
	PMEMoid oid = OID_NULL;
	if (pmemobj_zalloc(pop, &oid, BIG, 1) != 0)
		errx(2, "%s", pmemobj_errormsg());
	uint8_t *p = (uint8_t *)pmemobj_direct(oid);
	there(p, BIG, "pmemobj_zalloc");
	pmemobj_memset_persist(pop, p + 3, (int)turn + 1, BIG - 10);
	there(p, BIG, "pmemobj_memset_persist");
	for (size_t i = 0; i < BIG; i += 512)
		p[i] = (uint8_t)(i + turn);
	pmemobj_persist(pop, p, BIG);
	there(p, BIG, "pmemobj_persist");
	pmemobj_free(&oid);
}

/* ---- what is nobody's to copy ---- */

static void
do_header(void)
{
	uint8_t was[PAGE];
	memcpy(was, copy, PAGE);
	if (memcmp(was, pop, PAGE) == 0)
		errx(1, "the copy has the primary's header");
	pmem_persist(pop, PAGE + 64);
	pmem_flush(pop, 64);
	pmem_drain();
	if (memcmp(was, copy, PAGE) != 0)
		errx(1, "the copy's header was changed");
}

static void
do_private(void)
{
	struct stat st;
	int fd = open(part, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		err(2, "%s", part);
	uint8_t *own = (uint8_t *)mmap(NULL, (size_t)st.st_size,
		PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (own == MAP_FAILED)
		err(2, "%s", part);
	close(fd);
	set(words, turn);
	uint64_t *w = (uint64_t *)(own + ((uint8_t *)words - pool_base));
	*w = ~turn;
	pmem_persist(w, 8);
	(void)pmem_msync(w, 8);
	is(words, turn, "a private mapping of the same file");
	munmap(own, (size_t)st.st_size);
	if (pmemobj_check(part, LAYOUT) == 1)
		errx(1, "an open pool was checked");
	is(words, turn, "a check");
}

static const struct {
	const char *name;
	void (*fn)(void);
} kinds[] = {
	{"regress", do_regress},
	{"later", do_later},
	{"line", do_line},
	{"flags", do_flags},
	{"fill", do_fill},
	{"big", do_big},
	{"header", do_header},
	{"private", do_private},
};

int
main(int argc, char **argv)
{
	size_t nkinds = sizeof(kinds) / sizeof(kinds[0]);
	for (size_t i = 0; argc == 2 && i < nkinds; i++)
		printf("%s\n", kinds[i].name);
	if (argc != 6)
		return argc == 2 ? 0 : 2;
	pop = pmemobj_open(argv[1], LAYOUT);
	if (pop == NULL)
		errx(2, "%s", pmemobj_errormsg());
	part = argv[3];
	uintptr_t at = (uintptr_t)pmemobj_direct(pmemobj_root(pop, 4096));
	words = (uint64_t *)((at + 63) & ~(uintptr_t)63);
	map_copy(argv[2], pop);
	unsigned long n = strtoul(argv[5], NULL, 10);
	for (size_t i = 0; i < nkinds; i++)
		for (turn = 1; strcmp(kinds[i].name, argv[4]) == 0 && turn <= n;
			turn++)
			kinds[i].fn();
	pmemobj_close(pop);
	return 0;
}
