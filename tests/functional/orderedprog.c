/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * orderedprog.c -- what programs do around stock libpmemobj
 *
 *   orderedprog cancel SET   a thread is cancelled while it makes durable
 *   orderedprog fork SET SET2  a child syncs memory of its own, and uses a
 *                            pool of its own; then it changes its parent's
 *                            pool, which must end it, or opens it
 *   orderedprog two SET SET2 one pool is opened and closed again and again
 *                            while other threads use another one
 *   orderedprog switch SET   a coroutine is switched to inside a call
 *
 * It knows nothing of replicas.
 */
#include <libpmemobj.h>

#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define LAYOUT "txprog"

static PMEMobjpool *pop;
static uint64_t *words;
static volatile int stop;

static PMEMobjpool *
open_pool(const char *path)
{
	PMEMobjpool *p = pmemobj_open(path, LAYOUT);
	if (p == NULL)
		errx(1, "%s: %s", path, pmemobj_errormsg());
	return p;
}

static void *
persist_for_ever(void *arg)
{
	uint64_t *w = words + 16 * (uintptr_t)arg;
	while (!stop) {
		(*w)++;
		pmemobj_persist(pop, w, sizeof(*w));
	}
	return NULL;
}

static int
cancel(void)
{
	for (int i = 0; i < 200; i++) {
		pthread_t t;
		pthread_create(&t, NULL, persist_for_ever, (void *)1);
		usleep(500);
		pthread_cancel(t);
		/* a thread that nothing cancels has to be told */
		usleep(500);
		stop = 1;
		pthread_join(t, NULL);
		stop = 0;
		words[0]++;
		pmemobj_persist(pop, words, sizeof(*words));
	}
	return 0;
}

static int
in_child(void (*fn)(void))
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void
sync_own(void)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	p[0] = 1;
	if (msync(p, 4096, MS_SYNC) != 0)
		_exit(1);
}

static void
change_pool(void)
{
	words[0]++;
	pmemobj_persist(pop, words, sizeof(*words));
}

static void
change_in_transaction(void)
{
	TX_BEGIN(pop)
	{
		pmemobj_tx_add_range_direct(words, sizeof(*words));
		words[0]++;
	}
	TX_END
}

static void
allocate(void)
{
	PMEMoid oid = OID_NULL;
	(void)pmemobj_zalloc(pop, &oid, 100, 1);
}

static const char *set;
static const char *other_set;

/* libpmemobj's own lock is in the way */
static void
open_parents(void)
{
	if (pmemobj_open(set, LAYOUT) != NULL)
		_exit(1);
}

static void
use_another(void)
{
	PMEMobjpool *p = open_pool(other_set);
	uint64_t *w = pmemobj_direct(pmemobj_root(p, 4096));
	w[0]++;
	pmemobj_persist(p, w, sizeof(*w));
	pmemobj_close(p);
}

static int
forks(void)
{
	static void (*const changes[])(void) = {
		change_pool, change_in_transaction, allocate};
	if (in_child(sync_own) != 0)
		errx(1, "a child that leaves the pool alone was ended");
	if (in_child(open_parents) != 0)
		errx(1, "a child has opened its parent's pool");
	if (in_child(use_another) != 0)
		errx(1, "a child cannot use another pool");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		int status = in_child(changes[i]);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
			errx(1, "a child changed the pool");
		change_pool();
	}
	return 0;
}

static int
two(const char *other)
{
	pthread_t t[3];
	for (uintptr_t i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, persist_for_ever, (void *)(i + 1));
	for (int i = 0; i < 8; i++) {
		PMEMobjpool *p = open_pool(other);
		uint64_t *w = pmemobj_direct(pmemobj_root(p, 4096));
		w[0]++;
		pmemobj_persist(p, w, sizeof(*w));
		pmemobj_close(p);
	}
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 0;
}

static ucontext_t here;
static ucontext_t there;

static void
coroutine(void)
{
	/* durable in its own right, while an allocation is suspended */
	words[0]++;
	pmemobj_persist(pop, words, sizeof(*words));
	printf("%llu\n", (unsigned long long)words[0]);
	swapcontext(&there, &here);
}

static int
construct(PMEMobjpool *p, void *ptr, void *arg)
{
	(void)p;
	(void)ptr;
	(void)arg;
	swapcontext(&here, &there);
	return 0;
}

static int
switches(void)
{
	static char stack[256 * 1024];
	for (int i = 0; i < 100; i++) {
		PMEMoid oid = OID_NULL;
		getcontext(&there);
		there.uc_stack.ss_sp = stack;
		there.uc_stack.ss_size = sizeof(stack);
		makecontext(&there, coroutine, 0);
		if (pmemobj_alloc(pop, &oid, 100, 1, construct, NULL) != 0)
			errx(1, "alloc");
		pmemobj_free(&oid);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int rc = 2;
	if (argc < 3)
		return 2;
	set = argv[2];
	other_set = argv[3]; /* or NULL */
	pop = open_pool(set);
	words = pmemobj_direct(pmemobj_root(pop, 4096));
	if (strcmp(argv[1], "cancel") == 0)
		rc = cancel();
	else if (strcmp(argv[1], "fork") == 0 && argc == 4)
		rc = forks();
	else if (strcmp(argv[1], "two") == 0 && argc == 4)
		rc = two(argv[3]);
	else if (strcmp(argv[1], "switch") == 0)
		rc = switches();
	pmemobj_close(pop);
	return rc;
}
