/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_raw.c -- a direct caller of librpmem against a real rpmemd
 *
 * The script raw.sh starts the target: RPMEM_TEST_TARGET names it; below its
 * pool set directory are raw.set (NOHDRS, 16 MiB), raw2.set (NOHDRS, in two
 * parts), hdr.set (8 MiB), single.set (SINGLEHDR, two parts), remote.set and
 * bad.set (not for targets).
 */
#include <librpmem.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (1024UL * 1024)
#define SIZE (16 * MIB)
#define PAGE 4096UL

static const char *target;
static uint8_t *mem;

static RPMEMpool *
create_pool(const char *set, size_t size, const struct rpmem_pool_attr *attr)
{
	unsigned lanes = 64;
	return rpmem_create(target, set, mem, size, &lanes, attr);
}

static RPMEMpool *
open_pool(const char *set, size_t size, struct rpmem_pool_attr *attr)
{
	unsigned lanes = 64;
	return rpmem_open(target, set, mem, size, &lanes, attr);
}

static void
fill(uint8_t *p, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(seed + i * 7 + (i >> 8));
}

static void
raw__persisted_bytes_are_read_back_by_the_next_session(void **state)
{
	(void)state;
	uint8_t *back = malloc(SIZE);
	RPMEMpool *p = create_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	fill(mem, SIZE, 1);
	assert_int_equal(rpmem_persist(p, 0, SIZE, 0, 0), 0);
	assert_int_equal(rpmem_close(p), 0);

	struct rpmem_pool_attr attr;
	memset(&attr, 0xff, sizeof(attr));
	p = open_pool("raw.set", SIZE, &attr);
	assert_non_null(p);
	static const struct rpmem_pool_attr zero;
	assert_memory_equal(&attr, &zero, sizeof(attr));
	assert_int_equal(rpmem_read(p, back, 0, SIZE, 0), 0);
	assert_memory_equal(back, mem, SIZE);
	assert_int_equal(rpmem_close(p), 0);
	free(back);
}

static void
raw__exactly_the_named_bytes_travel(void **state)
{
	(void)state;
	uint8_t back[64];
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	memset(mem, 0x11, 64);
	assert_int_equal(rpmem_persist(p, 0, 64, 0, 0), 0);
	memset(mem, 0x22, 64);
	assert_int_equal(rpmem_persist(p, 3, 2, 0, RPMEM_PERSIST_RELAXED), 0);
	assert_int_equal(rpmem_read(p, back, 0, 64, 0), 0);
	for (int i = 0; i < 64; i++)
		assert_int_equal(back[i], i == 3 || i == 4 ? 0x22 : 0x11);
	assert_int_equal(rpmem_close(p), 0);
}

static void
raw__flush_takes_the_bytes_of_the_call(void **state)
{
	(void)state;
	uint8_t back[8];
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	memset(mem + 128, 1, 8);
	assert_int_equal(rpmem_flush(p, 128, 8, 2, 0), 0);
	memset(mem + 128, 2, 8);
	assert_int_equal(rpmem_drain(p, 2, 0), 0);
	assert_int_equal(rpmem_read(p, back, 128, 8, 2), 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(back[i], 1);
	/* nothing new on another lane: a drain returns at once */
	assert_int_equal(rpmem_drain(p, 3, 0), 0);
	assert_int_equal(rpmem_close(p), 0);
}

static void
raw__deep_persist_and_zero_length(void **state)
{
	(void)state;
	uint8_t back[256];
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	fill(mem, 256, 9);
	assert_int_equal(rpmem_deep_persist(p, 0, 256, 0), 0);
	assert_int_equal(rpmem_deep_persist(p, 0, 0, 0), 0);
	assert_int_equal(rpmem_persist(p, 0, 0, 0, 0), 0);
	assert_int_equal(rpmem_flush(p, 0, 0, 0, 0), 0);
	assert_int_equal(rpmem_read(p, back, 0, 0, 0), 0);
	assert_int_equal(rpmem_read(p, back, 0, 256, 0), 0);
	assert_memory_equal(back, mem, 256);
	assert_int_equal(rpmem_close(p), 0);
}

#define BAD(call)                                                              \
	do {                                                                   \
		errno = 0;                                                     \
		assert_int_equal(call, -1);                                    \
		assert_int_equal(errno, EINVAL);                               \
		assert_true(rpmem_errormsg()[0] != '\0');                      \
	} while (0)

static void
raw__a_bad_argument_is_an_error_of_that_call_only(void **state)
{
	(void)state;
	uint8_t back[64];
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	BAD(rpmem_persist(p, 0, 8, 64, 0));
	BAD(rpmem_persist(p, 0, 8, 0, 2));
	BAD(rpmem_persist(p, SIZE, 8, 0, 0));
	BAD(rpmem_persist(p, SIZE - 4, 8, 0, 0));
	BAD(rpmem_persist(p, 8, SIZE_MAX, 0, 0));
	BAD(rpmem_flush(p, 0, 8, 64, 0));
	BAD(rpmem_flush(p, SIZE, 1, 0, 0));
	BAD(rpmem_drain(p, 64, 0));
	BAD(rpmem_drain(p, 0, 1));
	BAD(rpmem_deep_persist(p, SIZE, 1, 0));
	BAD(rpmem_deep_persist(p, 0, 1, 64));
	BAD(rpmem_read(p, back, SIZE, 1, 0));
	BAD(rpmem_read(p, back, SIZE - 1, 2, 0));
	BAD(rpmem_read(p, back, 0, 1, 64));
	BAD(rpmem_read(p, NULL, 0, 1, 0));
	mem[0] = 77;
	assert_int_equal(rpmem_persist(p, 0, 1, 0, 0), 0);
	assert_int_equal(rpmem_read(p, back, 0, 1, 0), 0);
	assert_int_equal(back[0], 77);
	assert_int_equal(rpmem_close(p), 0);
}

struct worker {
	pthread_t thread;
	RPMEMpool *pool;
	unsigned lane;
	int rc;
};

#define ROUNDS 300

static void *
persist_much(void *arg)
{
	struct worker *w = arg;
	size_t base = w->lane * MIB;
	for (unsigned i = 0; i < ROUNDS && w->rc == 0; i++) {
		size_t off = base + (i * 997UL) % (MIB - 5000);
		size_t len = 1 + (i * 131UL) % 5000;
		fill(mem + off, len, i + w->lane);
		if (i % 3 == 0) {
			w->rc = rpmem_flush(w->pool, off, len, w->lane, 0);
			if (w->rc == 0)
				w->rc = rpmem_drain(w->pool, w->lane, 0);
		} else {
			w->rc = rpmem_persist(w->pool, off, len, w->lane, 0);
		}
	}
	return NULL;
}

static void
raw__eight_threads_on_lanes_of_their_own(void **state)
{
	(void)state;
	struct worker w[8] = {0};
	uint8_t *back = malloc(8 * MIB);
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	assert_int_equal(rpmem_persist(p, 0, 8 * MIB, 0, 0), 0);
	for (unsigned t = 0; t < 8; t++) {
		w[t] = (struct worker){.pool = p, .lane = t};
		pthread_create(&w[t].thread, NULL, persist_much, &w[t]);
	}
	for (unsigned t = 0; t < 8; t++) {
		pthread_join(w[t].thread, NULL);
		assert_int_equal(w[t].rc, 0);
	}
	assert_int_equal(rpmem_read(p, back, 0, 8 * MIB, 0), 0);
	assert_memory_equal(back, mem, 8 * MIB);
	assert_int_equal(rpmem_close(p), 0);
	free(back);
}

/* full frames leave without asking for an ack, beside others that ask */
static void *
flush_much(void *arg)
{
	struct worker *w = arg;
	for (unsigned i = 0; i < 60 && w->rc == 0; i++) {
		memset(mem + 8 * MIB, (int)i, 300000);
		w->rc = rpmem_flush(w->pool, 8 * MIB, 300000, w->lane, 0);
	}
	if (w->rc == 0)
		w->rc = rpmem_drain(w->pool, w->lane, 0);
	return NULL;
}

static void
raw__flushes_without_drain_beside_persists(void **state)
{
	(void)state;
	struct worker w[3] = {0};
	uint8_t *back = malloc(300000);
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	for (unsigned t = 0; t < 3; t++) {
		w[t] = (struct worker){.pool = p, .lane = t};
		pthread_create(&w[t].thread, NULL,
			t == 0 ? flush_much : persist_much, &w[t]);
	}
	for (unsigned t = 0; t < 3; t++) {
		pthread_join(w[t].thread, NULL);
		assert_int_equal(w[t].rc, 0);
	}
	assert_int_equal(rpmem_read(p, back, 8 * MIB, 300000, 0), 0);
	assert_memory_equal(back, mem + 8 * MIB, 300000);
	assert_int_equal(rpmem_close(p), 0);
	free(back);
}

static void
raw__few_credits_are_no_stall(void **state)
{
	(void)state;
	struct timespec start, end;
	setenv("RPMEM_WORK_QUEUE_SIZE", "2", 1);
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	unsetenv("RPMEM_WORK_QUEUE_SIZE");
	assert_non_null(p);
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(rpmem_persist(p, 0, SIZE, 0, 0), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	/* waiting for a heartbeat every other frame would take 100 s */
	assert_true(end.tv_sec - start.tv_sec < 50);
	assert_int_equal(rpmem_close(p), 0);
}

static void
raw__ranges_cross_the_parts_of_a_set(void **state)
{
	(void)state;
	size_t size = 8 * MIB;
	uint8_t *back = malloc(size);
	RPMEMpool *p = create_pool("raw2.set", size, NULL);
	assert_non_null(p);
	fill(mem, size, 5);
	/* the border of the parts is at 4 MiB */
	assert_int_equal(rpmem_persist(p, 4 * MIB - 1000, 2000, 0, 0), 0);
	assert_int_equal(rpmem_read(p, back, 4 * MIB - 1000, 2000, 0), 0);
	assert_memory_equal(back, mem + 4 * MIB - 1000, 2000);
	assert_int_equal(rpmem_read(p, back, 4 * MIB + 1000, 4, 0), 0);
	assert_memory_equal(back, "\0\0\0\0", 4);
	assert_int_equal(rpmem_deep_persist(p, 0, size, 0), 0);
	assert_int_equal(rpmem_close(p), 0);
	free(back);
}

static const struct rpmem_pool_attr some_attr = {
	.signature = "MYPOOL",
	.major = 1,
	.incompat_features = 2,
	.poolset_uuid = "0123456789abcde",
	.uuid = "first-part-uuid",
	.next_uuid = "next-replicauid",
	.prev_uuid = "prev-replicauid",
	.user_flags = "some user flags",
};

static void
headers__guard_their_page_and_carry_the_attributes(void **state)
{
	(void)state;
	struct rpmem_pool_attr got;
	uint8_t back[64];
	RPMEMpool *p = create_pool("hdr.set", 8 * MIB, &some_attr);
	assert_non_null(p);
	BAD(rpmem_persist(p, 0, 8, 0, 0));
	BAD(rpmem_flush(p, 4095, 8, 0, 0));
	BAD(rpmem_deep_persist(p, 4095, 1, 0));
	fill(mem + PAGE, 64, 3);
	assert_int_equal(rpmem_persist(p, PAGE, 64, 0, 0), 0);
	assert_int_equal(rpmem_close(p), 0);

	/* no attributes asked for: the header is guarded all the same */
	p = open_pool("hdr.set", 8192, NULL);
	assert_non_null(p);
	BAD(rpmem_persist(p, 0, 8, 0, 0));
	assert_int_equal(rpmem_read(p, back, 0, 8, 0), 0);
	assert_memory_equal(back, "MYPOOL\0\0", 8);
	assert_int_equal(rpmem_close(p), 0);

	p = open_pool("hdr.set", 8 * MIB, &got);
	assert_non_null(p);
	assert_memory_equal(&got, &some_attr, sizeof(got));
	struct rpmem_pool_attr other = some_attr;
	memcpy(other.next_uuid, "somebody else's", 16);
	assert_int_equal(rpmem_set_attr(p, &other), 0);
	assert_int_equal(rpmem_persist(p, PAGE, 64, 0, 0), 0);
	BAD(rpmem_set_attr(p, NULL));
	assert_int_equal(rpmem_close(p), 0);
	p = open_pool("hdr.set", 8 * MIB, &got);
	assert_non_null(p);
	assert_memory_equal(&got, &other, sizeof(got));
	assert_int_equal(rpmem_close(p), 0);
}

static void
headers__singlehdr_must_agree(void **state)
{
	(void)state;
	struct rpmem_pool_attr attr = some_attr;
	errno = 0;
	assert_null(create_pool("single.set", 4 * MIB, &attr));
	assert_int_equal(errno, EINVAL);
	attr.incompat_features |= 1;
	RPMEMpool *p = create_pool("single.set", 4 * MIB, &attr);
	assert_non_null(p);
	memset(mem + 2 * MIB, 0x5a, 4096);
	assert_int_equal(rpmem_persist(p, 2 * MIB, 4096, 0, 0), 0);
	assert_int_equal(rpmem_close(p), 0);
}

static void
expect_open_error(const char *where, const char *set, size_t size, int error)
{
	unsigned lanes = 1;
	errno = 0;
	assert_null(rpmem_open(where, set, mem, size, &lanes, NULL));
	assert_int_equal(errno, error);
	assert_true(rpmem_errormsg()[0] != '\0');
}

static void
open__errno_matrix(void **state)
{
	(void)state;
	unsigned lanes = 1;
	unsigned none = 0;
	expect_open_error(target, "missing.set", SIZE, ENOENT);
	assert_non_null(strstr(rpmem_errormsg(), "missing.set"));
	expect_open_error(target, "/etc/passwd", SIZE, EINVAL);
	expect_open_error(target, "../psk", SIZE, EACCES);
	expect_open_error(target, "", SIZE, EINVAL);
	expect_open_error(target, "remote.set", SIZE, EINVAL);
	expect_open_error(target, "bad.set", SIZE, EINVAL);
	expect_open_error(target, "raw.set", SIZE + MIB, EFBIG);
	expect_open_error(target, "raw.set", SIZE + 1, EINVAL);
	expect_open_error(target, "raw.set", 0, EINVAL);
	expect_open_error("tcp://", "raw.set", SIZE, EINVAL);
	expect_open_error("tcp://[::1", "raw.set", SIZE, EINVAL);
	expect_open_error("tcp://127.0.0.1:0", "raw.set", SIZE, EINVAL);
	expect_open_error("tcp://127.0.0.1:x", "raw.set", SIZE, EINVAL);
	expect_open_error("ssh://somewhere", "raw.set", SIZE, ENOTSUP);
	/* ssh knows no such node, or is not there */
	expect_open_error("nowhere.invalid", "raw.set", SIZE, ECONNRESET);
	expect_open_error("tcp://127.0.0.1:1", "raw.set", SIZE, ECONNREFUSED);
	assert_null(rpmem_open(target, "raw.set", mem + 8, SIZE, &lanes, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(rpmem_open(target, "raw.set", NULL, SIZE, &lanes, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(rpmem_open(target, "raw.set", mem, SIZE, &none, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(rpmem_open(target, "raw.set", mem, SIZE, NULL, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(create_pool("raw.set", SIZE, NULL));
	assert_int_equal(errno, EEXIST);
	assert_null(create_pool("raw.set", SIZE, &some_attr));
	assert_int_equal(errno, EINVAL);
}

static void
open__provider_switches(void **state)
{
	(void)state;
	setenv("RPMEM_PROVIDER", "no-such-provider", 1);
	expect_open_error(target, "raw.set", SIZE, ENOMEDIUM);
	unsetenv("RPMEM_PROVIDER");
	setenv("RPMEM_ENABLE_SOCKETS", "0", 1);
	expect_open_error(target, "raw.set", SIZE, ENOMEDIUM);
	setenv("RPMEM_ENABLE_SOCKETS", "1", 1);
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	assert_int_equal(rpmem_close(p), 0);
	unsetenv("RPMEM_ENABLE_SOCKETS");
	const char *was = getenv("RPMEM_TIMEOUT_MS");
	char *timeout = strdup(was != NULL ? was : "5000");
	assert_non_null(timeout);
	setenv("RPMEM_TIMEOUT_MS", "soon", 1);
	expect_open_error(target, "raw.set", SIZE, EINVAL);
	assert_non_null(strstr(rpmem_errormsg(), "RPMEM_TIMEOUT_MS"));
	setenv("RPMEM_TIMEOUT_MS", timeout, 1);
	free(timeout);
}

static void
open__lanes_are_negotiated(void **state)
{
	(void)state;
	unsigned lanes = 100000;
	RPMEMpool *p = rpmem_open(target, "raw.set", mem, SIZE, &lanes, NULL);
	assert_non_null(p);
	assert_int_equal(lanes, 1024);
	assert_int_equal(rpmem_persist(p, 0, 1, 1023, 0), 0);
	assert_int_equal(rpmem_close(p), 0);
	setenv("RPMEM_MAX_NLANES", "7", 1);
	lanes = 64;
	p = rpmem_open(target, "raw.set", mem, SIZE, &lanes, NULL);
	unsetenv("RPMEM_MAX_NLANES");
	assert_non_null(p);
	assert_int_equal(lanes, 7);
	assert_int_equal(rpmem_close(p), 0);
}

static void
open__a_held_pool_is_busy(void **state)
{
	(void)state;
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	expect_open_error(target, "raw.set", SIZE, EBUSY);
	errno = 0;
	assert_int_equal(rpmem_remove(target, "raw.set", 0), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(rpmem_close(p), 0);
	p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	assert_int_equal(rpmem_close(p), 0);
}

static void
fork__a_child_cannot_use_the_parents_pool(void **state)
{
	(void)state;
	int status = 0;
	RPMEMpool *p = open_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	pid_t pid = fork();
	if (pid == 0) {
		int rc = rpmem_persist(p, 0, 8, 0, 0);
		int error = errno;
		(void)rpmem_close(p);
		_exit(rc == -1 && error == ECHILD ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(rpmem_persist(p, 0, 8, 0, 0), 0);
	assert_int_equal(rpmem_close(p), 0);
}

static void
version__of_the_api(void **state)
{
	(void)state;
	assert_null(rpmem_check_version(1, 0));
	assert_null(rpmem_check_version(1, 3));
	assert_non_null(rpmem_check_version(1, 5));
	assert_non_null(rpmem_check_version(2, 0));
}

static void
remove__takes_parts_and_state(void **state)
{
	(void)state;
	assert_int_equal(rpmem_remove(target, "raw.set", 4), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(rpmem_remove(target, "raw.set", 0), 0);
	assert_int_equal(rpmem_remove(target, "raw.set", 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(
		rpmem_remove(target, "raw.set", RPMEM_REMOVE_FORCE), 0);
	RPMEMpool *p = create_pool("raw.set", SIZE, NULL);
	assert_non_null(p);
	assert_int_equal(rpmem_close(p), 0);
	assert_int_equal(
		rpmem_remove(target, "raw.set", RPMEM_REMOVE_POOL_SET), 0);
	expect_open_error(target, "raw.set", SIZE, ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			raw__persisted_bytes_are_read_back_by_the_next_session),
		cmocka_unit_test(raw__exactly_the_named_bytes_travel),
		cmocka_unit_test(raw__flush_takes_the_bytes_of_the_call),
		cmocka_unit_test(raw__deep_persist_and_zero_length),
		cmocka_unit_test(
			raw__a_bad_argument_is_an_error_of_that_call_only),
		cmocka_unit_test(raw__eight_threads_on_lanes_of_their_own),
		cmocka_unit_test(raw__flushes_without_drain_beside_persists),
		cmocka_unit_test(raw__few_credits_are_no_stall),
		cmocka_unit_test(raw__ranges_cross_the_parts_of_a_set),
		cmocka_unit_test(
			headers__guard_their_page_and_carry_the_attributes),
		cmocka_unit_test(headers__singlehdr_must_agree),
		cmocka_unit_test(open__errno_matrix),
		cmocka_unit_test(open__provider_switches),
		cmocka_unit_test(open__lanes_are_negotiated),
		cmocka_unit_test(open__a_held_pool_is_busy),
		cmocka_unit_test(fork__a_child_cannot_use_the_parents_pool),
		cmocka_unit_test(version__of_the_api),
		cmocka_unit_test(remove__takes_parts_and_state),
	};
	target = getenv("RPMEM_TEST_TARGET");
	if (target == NULL)
		return 2;
	mem = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
