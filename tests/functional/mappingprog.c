/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mappingprog.c -- a program on libpmemreplica
 *
 *   mappingprog create|open|make SET   open it in one of three ways, close it
 *   mappingprog calls SET              every call, and what the status says
 *   mappingprog threads SET            several threads on one pool
 *   mappingprog count SET              raise a counter and print it, for ever
 *   mappingprog at-least SET N         is the counter N or more, and whole?
 *   mappingprog dump SET               the memory, to standard output
 *   mappingprog fork SET               a child must not use it
 *   mappingprog broken SET             the disk here fails (a fault point)
 *   mappingprog lost SET IDX           that of a local replica does
 */
#include <libpmem.h>
#include <libpmemreplica.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			(void)fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__,    \
				__LINE__, #cond, pmemreplica_errormsg());      \
			exit(1);                                               \
		}                                                              \
	} while (0)
#define FAILS(call, code)                                                      \
	do {                                                                   \
		errno = 0;                                                     \
		CHECK((call) == -1);                                           \
		CHECK(errno == (code));                                        \
	} while (0)

#define NREPLICAS_MAX 9

static struct pmemreplica_status
status_of(PMEMreplica *r)
{
	struct pmemreplica_status st;
	CHECK(pmemreplica_status(r, &st, sizeof(st)) == 0);
	CHECK(st.size == sizeof(st));
	return st;
}

static struct pmemreplica_replica_status
replica_of(PMEMreplica *r, unsigned idx)
{
	struct pmemreplica_replica_status st;
	CHECK(pmemreplica_replica_status(r, idx, &st, sizeof(st)) == 0);
	CHECK(st.size == sizeof(st));
	return st;
}

static PMEMreplica *
open_or_say(const char *set, unsigned flags)
{
	PMEMreplica *r = pmemreplica_open(set, flags);
	if (r == NULL) {
		(void)fprintf(
			stderr, "%d: %s\n", errno, pmemreplica_errormsg());
		exit(1);
	}
	return r;
}

static void
create(const char *set)
{
	PMEMreplica *r = pmemreplica_create(set, 0);
	if (r == NULL) {
		(void)fprintf(
			stderr, "%d: %s\n", errno, pmemreplica_errormsg());
		exit(1);
	}
	const char *mem = pmemreplica_addr(r);
	for (size_t i = 0; i < pmemreplica_size(r); i++)
		CHECK(mem[i] == 0);
	CHECK(pmemreplica_close(r) == 0);
}

/* eight ranges far apart and one drain: one message and one wait for each */
static void
one_wait(PMEMreplica *r)
{
	char *mem = pmemreplica_addr(r);
	struct pmemreplica_replica_status before[NREPLICAS_MAX];
	unsigned n = status_of(r).replicas;
	CHECK(pmemreplica_drain(r) == 0);
	for (unsigned i = 0; i < n; i++)
		before[i] = replica_of(r, i);
	for (size_t i = 0; i < 8; i++) {
		mem[i * 5000] = (char)(i + 1);
		CHECK(pmemreplica_flush(r, mem + i * 5000, 1) == 0);
		CHECK(pmemreplica_barrier(r) == 0);
	}
	for (unsigned i = 1; i < n; i++)
		CHECK(replica_of(r, i).waits == before[i].waits);
	CHECK(pmemreplica_drain(r) == 0);
	for (unsigned i = 1; i < n; i++) {
		struct pmemreplica_replica_status st = replica_of(r, i);
		CHECK(st.waits - before[i].waits <= 1);
		CHECK(st.bytes - before[i].bytes == (uint64_t)8 * 64);
		if (st.kind == PMEMREPLICA_LOCAL)
			continue;
		CHECK(st.frames - before[i].frames == 1);
		CHECK(st.acked_seq == st.appended_seq);
		CHECK(st.appended_seq - before[i].appended_seq >= 15);
		CHECK(st.rtt_p50_ns > 0 && st.rtt_p99_ns >= st.rtt_p50_ns);
	}
}

static void
mem_calls(PMEMreplica *r)
{
	char *mem = pmemreplica_addr(r);
	char from[10000];
	memset(from, 'a', sizeof(from));
	const unsigned flags[] = {0, PMEM_F_MEM_NODRAIN, PMEM_F_MEM_NONTEMPORAL,
		PMEM_F_MEM_WC | PMEM_F_MEM_NODRAIN};
	char *to = mem + 100001;
	for (unsigned i = 0; i < 4; i++) {
		CHECK(pmemreplica_memcpy(r, to, from, 9999, flags[i]) == 0);
		CHECK(memcmp(to, from, 9999) == 0);
		CHECK(pmemreplica_memmove(r, to + 5000, to, 9999, flags[i]) ==
			0);
		CHECK(pmemreplica_memset(r, to + 20000, 7, 9999, flags[i]) ==
			0);
		CHECK(to[20000] == 7 && to[29998] == 7 && to[29999] == 0);
		to += 30001;
	}
	CHECK(pmemreplica_drain(r) == 0);
	/* stored and no more; what is flushed later is what counts */
	uint64_t flushes = status_of(r).flushes;
	uint64_t drains = status_of(r).drains;
	CHECK(pmemreplica_memcpy(r, to, from, 100, PMEM_F_MEM_NOFLUSH) == 0);
	CHECK(pmemreplica_memset(r, to + 100, 5, 100, PMEM_F_MEM_NOFLUSH) == 0);
	CHECK(status_of(r).flushes == flushes);
	CHECK(pmemreplica_persist(r, to, 200) == 0);
	CHECK(status_of(r).flushes == flushes + 1);
	CHECK(status_of(r).drains == drains + 1);
	FAILS(pmemreplica_memcpy(r, to, from, 100, 1U << 20), EINVAL);
	FAILS(pmemreplica_memset(r, from, 1, 100, 0), EINVAL);
}

static void
bad_arguments(PMEMreplica *r)
{
	char *mem = pmemreplica_addr(r);
	size_t size = pmemreplica_size(r);
	struct pmemreplica_status st;
	CHECK((uintptr_t)mem % 4096 == 0);
	FAILS(pmemreplica_persist(r, mem - 1, 1), EINVAL);
	FAILS(pmemreplica_persist(r, mem + size - 1, 2), EINVAL);
	FAILS(pmemreplica_flush(r, &st, 8), EINVAL);
	FAILS(pmemreplica_flush(r, NULL, 8), EINVAL);
	FAILS(pmemreplica_deep_persist(r, mem + size, SIZE_MAX), EINVAL);
	FAILS(pmemreplica_persist(NULL, mem, 8), EINVAL);
	FAILS(pmemreplica_drain(NULL), EINVAL);
	FAILS(pmemreplica_barrier(NULL), EINVAL);
	FAILS(pmemreplica_close(NULL), EINVAL);
	FAILS(pmemreplica_status(r, NULL, 8), EINVAL);
	FAILS(pmemreplica_replica_status(r, 99, NULL, 8), EINVAL);
	CHECK(pmemreplica_create(NULL, 0) == NULL && errno == EINVAL);
	CHECK(pmemreplica_create("x", 1) == NULL && errno == EINVAL);
	CHECK(pmemreplica_open("x", 2) == NULL && errno == EINVAL);
	/* what a program made for less than we have asks for */
	memset(&st, 0xee, sizeof(st));
	CHECK(pmemreplica_status(r, &st, 8) == 0);
	CHECK(st.size == sizeof(st) && st.replicas == 0xeeeeeeee);
	/* an end is no error */
	CHECK(pmemreplica_persist(r, mem + size, 0) == 0);
	CHECK(pmemreplica_persist(r, mem + size - 1, 1) == 0);
	CHECK(pmemreplica_check_version(1, 0) == NULL);
	CHECK(strstr(pmemreplica_check_version(1, 99), "99") != NULL);
	CHECK(strstr(pmemreplica_check_version(2, 0), "major") != NULL);
}

static void
calls(const char *set)
{
	PMEMreplica *r = open_or_say(set, 0);
	char *mem = pmemreplica_addr(r);
	CHECK(replica_of(r, 0).kind == PMEMREPLICA_PRIMARY);
	CHECK(status_of(r).attached == status_of(r).replicas);
	one_wait(r);
	mem_calls(r);
	memset(mem + 300000, 9, 70000);
	CHECK(pmemreplica_deep_persist(r, mem + 300000, 70000) == 0);
	/* more than a chunk of the chain */
	CHECK(pmemreplica_memset(r, mem + 400000, 3, 6000000, 0) == 0);
	bad_arguments(r);
	CHECK(status_of(r).attached == status_of(r).replicas);
	CHECK(pmemreplica_close(r) == 0);
}

struct worker {
	PMEMreplica *r;
	unsigned idx;
};

/* neighbours in one line, and a wide range each */
static void *
work(void *arg)
{
	struct worker *w = arg;
	uint64_t *word = (uint64_t *)pmemreplica_addr(w->r) + w->idx;
	char *own = (char *)pmemreplica_addr(w->r) + 65536 + 8192 * w->idx;
	for (uint64_t i = 1; i <= 300; i++) {
		__atomic_store_n(word, i, __ATOMIC_RELAXED);
		CHECK(pmemreplica_flush(w->r, word, 8) == 0);
		CHECK(pmemreplica_barrier(w->r) == 0);
		CHECK(pmemreplica_memset(w->r, own, (int)i, 8192,
			      PMEM_F_MEM_NODRAIN) == 0);
		if (i % 10 == w->idx)
			CHECK(pmemreplica_deep_persist(w->r, own, 8192) == 0);
		else
			CHECK(pmemreplica_drain(w->r) == 0);
		CHECK(status_of(w->r).attached == status_of(w->r).replicas);
	}
	return NULL;
}

static void
threads(const char *set)
{
	pthread_t t[6];
	struct worker w[6];
	PMEMreplica *r = open_or_say(set, 0);
	for (unsigned i = 0; i < 6; i++) {
		w[i] = (struct worker){r, i};
		CHECK(pthread_create(&t[i], NULL, work, &w[i]) == 0);
	}
	for (unsigned i = 0; i < 6; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	CHECK(pmemreplica_close(r) == 0);
}

/* two counters far apart: the second is never ahead of the first */
static void
count(const char *set)
{
	PMEMreplica *r = open_or_say(set, 0);
	uint64_t *a = pmemreplica_addr(r);
	uint64_t *b = a + 100000;
	uint32_t attached = status_of(r).attached;
	for (;;) {
		*a += 1;
		CHECK(pmemreplica_flush(r, a, 8) == 0);
		CHECK(pmemreplica_barrier(r) == 0);
		*b = *a;
		CHECK(pmemreplica_persist(r, b, 8) == 0);
		printf("%llu\n", (unsigned long long)*b);
		if (status_of(r).attached != attached)
			printf("attached %u\n", status_of(r).attached);
		attached = status_of(r).attached;
		for (unsigned i = 1; i < status_of(r).replicas; i++)
			CHECK(replica_of(r, i).is_lost ==
				(replica_of(r, i).error != 0));
		(void)fflush(stdout);
	}
}

static void
at_least(const char *set, unsigned long long least)
{
	PMEMreplica *r = open_or_say(set, 0);
	uint64_t *a = pmemreplica_addr(r);
	uint64_t *b = a + 100000;
	CHECK(*b >= least);
	CHECK(*a == *b || *a == *b + 1);
	CHECK(status_of(r).attached == status_of(r).replicas);
	CHECK(pmemreplica_close(r) == 0);
}

static void
dump(const char *set)
{
	PMEMreplica *r = open_or_say(set, 0);
	CHECK(fwrite(pmemreplica_addr(r), 1, pmemreplica_size(r), stdout) ==
		pmemreplica_size(r));
	CHECK(pmemreplica_close(r) == 0);
}

static void
forked(const char *set)
{
	PMEMreplica *r = open_or_say(set, 0);
	char *mem = pmemreplica_addr(r);
	int status = 0;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		FAILS(pmemreplica_persist(r, mem, 8), ECHILD);
		FAILS(pmemreplica_drain(r), ECHILD);
		FAILS(pmemreplica_close(r), ECHILD);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	/* and the parent's is as it was */
	mem[1] = 1;
	CHECK(pmemreplica_persist(r, mem, 8) == 0);
	CHECK(status_of(r).attached == status_of(r).replicas);
	CHECK(pmemreplica_close(r) == 0);
}

/* the first write-back after the open fails */
static void
broken(const char *set)
{
	PMEMreplica *r = open_or_say(set, 0);
	char *mem = pmemreplica_addr(r);
	mem[0] = 1;
	FAILS(pmemreplica_persist(r, mem, 8), EIO);
	CHECK(replica_of(r, 0).error == EIO && replica_of(r, 0).is_lost);
	CHECK(status_of(r).attached == status_of(r).replicas - 1);
	/* it stays so, and the replicas have what they were given */
	FAILS(pmemreplica_drain(r), EIO);
	FAILS(pmemreplica_deep_persist(r, mem, 8), EIO);
	FAILS(pmemreplica_close(r), EIO);
}

static void
lost(const char *set, unsigned idx)
{
	PMEMreplica *r = open_or_say(set, 0);
	char *mem = pmemreplica_addr(r);
	mem[0] ^= 1;
	CHECK(pmemreplica_persist(r, mem, 8) == 0);
	CHECK(replica_of(r, idx).is_lost && replica_of(r, idx).error == EIO);
	CHECK(status_of(r).attached == status_of(r).replicas - 1);
	mem[0] ^= 1;
	mem[5000] ^= 1;
	CHECK(pmemreplica_flush(r, mem, 8) == 0);
	CHECK(pmemreplica_deep_persist(r, mem + 5000, 8) == 0);
	CHECK(status_of(r).attached == status_of(r).replicas - 1);
	/* that is no news to the close */
	CHECK(pmemreplica_close(r) == 0);
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	const char *what = argv[1];
	const char *set = argv[2];
	if (strcmp(what, "create") == 0)
		create(set);
	else if (strcmp(what, "open") == 0)
		CHECK(pmemreplica_close(open_or_say(set, 0)) == 0);
	else if (strcmp(what, "make") == 0)
		CHECK(pmemreplica_close(
			      open_or_say(set, PMEMREPLICA_MAKE_COPIES)) == 0);
	else if (strcmp(what, "calls") == 0)
		calls(set);
	else if (strcmp(what, "threads") == 0)
		threads(set);
	else if (strcmp(what, "count") == 0)
		count(set);
	else if (strcmp(what, "at-least") == 0 && argc == 4)
		at_least(set, strtoull(argv[3], NULL, 10));
	else if (strcmp(what, "dump") == 0)
		dump(set);
	else if (strcmp(what, "fork") == 0)
		forked(set);
	else if (strcmp(what, "broken") == 0)
		broken(set);
	else if (strcmp(what, "lost") == 0 && argc == 4)
		lost(set, (unsigned)strtoul(argv[3], NULL, 10));
	else
		return 2;
	return 0;
}
