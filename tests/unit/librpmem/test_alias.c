/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_alias.c -- a second mapping outlives the first, and never raises a
 * signal
 */
#include "librpmem/alias.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"

#define PART (256u * 1024)

#define PAGE 4096u

static int fds[2];
static char names[2][64];

/* two files, one behind the other, as the parts of a pool */
static uint8_t *
map_parts(void)
{
	uint8_t *base = mmap(
		NULL, 2 * PART, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(base, MAP_FAILED);
	for (int i = 0; i < 2; i++) {
		fds[i] = memfd_create("part", MFD_CLOEXEC);
		assert_true(fds[i] >= 0);
		assert_int_equal(ftruncate(fds[i], PART), 0);
		assert_ptr_not_equal(mmap(base + (size_t)i * PART, PART,
					     PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_FIXED, fds[i], 0),
			MAP_FAILED);
	}
	return base;
}

static void
drop(void)
{
	for (int i = 0; i < 2; i++)
		assert_int_equal(close(fds[i]), 0);
}

static void
read__after_the_program_has_unmapped(void **state)
{
	(void)state;
	struct alias a;
	uint8_t got[3 * 64];
	uint8_t *base = map_parts();
	alias_init(&a);
	memset(base + PART - 64, 0x11, 64);
	memset(base + PART, 0x22, 128);
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), 0);
	assert_int_equal(a.npieces, 2);
	/* what is stored later is seen, too; across the border of the parts */
	base[PART + 64] = 0x33;
	assert_int_equal(munmap(base, 2 * PART), 0);
	assert_int_equal(alias_read(&a, PART - 64, got, sizeof(got)), 0);
	assert_int_equal(got[0], 0x11);
	assert_int_equal(got[64], 0x22);
	assert_int_equal(got[128], 0x33);
	assert_int_equal(got[129], 0x22);
	/* past the end */
	assert_int_equal(alias_read(&a, 2 * PART - 64, got, 128), -EFAULT);
	/* a file that is cut short is an error, not a signal */
	assert_int_equal(ftruncate(fds[1], 4096), 0);
	assert_int_equal(alias_read(&a, PART, got, 64), 0);
	assert_int_equal(alias_read(&a, PART + 8192, got, 64), -EFAULT);
	alias_fini(&a);
	drop();
}

static void
add__wants_shared_memory(void **state)
{
	(void)state;
	struct alias a;
	uint8_t *base = map_parts();
	alias_init(&a);
	uint8_t *own = mmap(NULL, PART, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(alias_add(&a, own, 0, PART), -EINVAL);
	/* no hole, which the first piece of the alias would fill */
	assert_ptr_not_equal(
		mmap(base + PART, PART, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		MAP_FAILED);
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), -EINVAL);
	alias_fini(&a);
	assert_int_equal(munmap(own, PART), 0);
	assert_int_equal(munmap(base, 2 * PART), 0);
	drop();
}

/* the parts of a sparse pool, with names: one on tmpfs, one in `dir` */
static uint8_t *
map_files(const char *dir)
{
	uint8_t *base = mmap(
		NULL, 2 * PART, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(base, MAP_FAILED);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(names[i], sizeof(names[i]),
			"%s/rpmem-unit.XXXXXX", i == 0 ? "/dev/shm" : dir);
		fds[i] = mkstemp(names[i]);
		assert_true(fds[i] >= 0);
		/* as behind a header page */
		assert_int_equal(ftruncate(fds[i], PART + PAGE), 0);
		assert_ptr_not_equal(
			mmap(base + (size_t)i * PART, PART,
				PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				fds[i], PAGE),
			MAP_FAILED);
		assert_int_equal(
			madvise(base + (size_t)i * PART, PART, MADV_RANDOM), 0);
	}
	return base;
}

static void
unmap_files(uint8_t *base)
{
	assert_int_equal(munmap(base, 2 * PART), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(unlink(names[i]), 0);
	drop();
}

static blkcnt_t
blocks(int fd)
{
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	return st.st_blocks;
}

static enum alias_kind
look(struct alias *a, uint64_t off, uint64_t len)
{
	const uint8_t *at = NULL;
	alias_ahead(a, off, len);
	enum alias_kind kind = alias_look(a, off, len, &at);
	/* in one piece there is an address, and it is that of these bytes */
	assert_int_equal(at == NULL, off / PART != (off + len - 1) / PART);
	return kind;
}

static void
look__leaves_holes(void **state)
{
	(void)state;
	struct alias a;
	static uint8_t got[2 * PART];
	uint8_t *base = map_files("/dev/shm");
	alias_init(&a);
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), 0);
	assert_int_equal(look(&a, 0, 2 * PART), ALIAS_HOLE);
	/* the answer is of an instant before the store, until it is forgotten
	 */
	base[2 * PAGE + 8] = 0x44;
	assert_int_equal(look(&a, 2 * PAGE, PAGE), ALIAS_HOLE);
	alias_forget(&a);
	assert_int_equal(look(&a, 0, 2 * PAGE), ALIAS_HOLE);
	assert_int_equal(look(&a, 2 * PAGE, PAGE), ALIAS_DATA);
	assert_int_equal(look(&a, 0, PART), ALIAS_PARTLY);
	/* to read it all, also what was just stored, takes no page */
	blkcnt_t before = blocks(fds[0]) + blocks(fds[1]);
	assert_int_equal(alias_read(&a, 0, got, 2 * PART), 0);
	assert_int_equal(got[2 * PAGE + 8], 0x44);
	assert_int_equal(got[PART], 0);
	assert_int_equal(blocks(fds[0]) + blocks(fds[1]), before);
	/* a file that was cut short has no zeros there, and no bytes */
	assert_int_equal(ftruncate(fds[1], 3 * PAGE), 0);
	assert_int_equal(look(&a, PART, PAGE), ALIAS_HOLE);
	assert_int_equal(look(&a, PART + 4 * PAGE, PAGE), ALIAS_DATA);
	assert_int_equal(alias_read(&a, PART + 4 * PAGE, got, 64), -EFAULT);
	alias_fini(&a);
	unmap_files(base);
}

static void
read__by_the_file(void **state)
{
	(void)state;
	struct alias a;
	static uint8_t got[2 * PAGE];
	uint8_t *base = map_files("/dev/shm");
	alias_init(&a);
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), 0);
	memset(base + PAGE, 0x55, PAGE);
	memset(base + PART + 64, 0x66, 64);
	assert_int_equal(alias_read_file(&a, PAGE, got, sizeof(got)), 0);
	assert_memory_equal(got, base + PAGE, sizeof(got));
	assert_int_equal(alias_read_file(&a, PART + 64, got, 64), 0);
	assert_memory_equal(got, base + PART + 64, 64);
	/* not of two files at once */
	assert_int_equal(alias_read_file(&a, PART - 64, got, 128), -ENOTSUP);
	assert_int_equal(alias_read_file(&a, 2 * PART, got, 64), -ENOTSUP);
	assert_int_equal(ftruncate(fds[1], 3 * PAGE), 0);
	assert_int_equal(alias_read_file(&a, PART, got, PAGE), 0);
	assert_int_equal(
		alias_read_file(&a, PART + 4 * PAGE, got, PAGE), -EFAULT);
	alias_fini(&a);
	unmap_files(base);
	/* memory without a name */
	base = map_parts();
	alias_init(&a);
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), 0);
	assert_int_equal(alias_read_file(&a, 0, got, 64), -ENOTSUP);
	alias_fini(&a);
	assert_int_equal(munmap(base, 2 * PART), 0);
	drop();
}

static void
look__on_a_disk(void **state)
{
	(void)state;
	struct alias a;
	uint8_t *base = map_files("/tmp");
	alias_init(&a);
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), 0);
	if (a.pieces[1].holes.fd >= 0) {
		assert_int_equal(look(&a, 0, 2 * PART), ALIAS_HOLE);
		base[PART + 8 * PAGE] = 1;
		alias_forget(&a);
		assert_int_equal(look(&a, PART, PART), ALIAS_DATA);
		assert_int_equal(look(&a, PART + 16 * PAGE, PAGE), ALIAS_HOLE);
	}
	alias_fini(&a);
	unmap_files(base);
}

/* a program that closes what it does not know, and opens something else */
static void
look__is_not_misled_by_another_file(void **state)
{
	(void)state;
	struct alias a;
	uint8_t byte[64];
	uint8_t *base = map_files("/dev/shm");
	alias_init(&a);
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), 0);
	assert_int_equal(look(&a, 0, PART), ALIAS_HOLE);
	base[2 * PAGE] = 0x55;
	int fd = a.pieces[0].holes.fd;
	assert_true(fd >= 0);
	assert_int_equal(dup2(fds[1], fd), fd);
	assert_int_equal(look(&a, 2 * PAGE, PAGE), ALIAS_DATA);
	assert_int_equal(alias_read(&a, 2 * PAGE, byte, 64), 0);
	assert_int_equal(byte[0], 0x55);
	alias_fini(&a);
	/* it is the program's */
	assert_int_equal(close(fd), 0);
	unmap_files(base);
}

struct writer {
	volatile uint64_t *line;
	atomic_bool stop;
};

/* word 7 is stored first: it is never behind word 0 */
NO_TSAN static void *
write_line(void *arg)
{
	struct writer *w = arg;
	for (uint64_t n = 1; !atomic_load(&w->stop); n++) {
		w->line[7] = n;
		atomic_signal_fence(memory_order_seq_cst);
		w->line[0] = n;
	}
	return NULL;
}

static void
check_line(uint8_t *base)
{
	struct alias a;
	uint64_t got[8];
	pthread_t t;
	alias_init(&a);
	struct writer w = {.line = (uint64_t *)(void *)(base + PAGE)};
	assert_int_equal(alias_add(&a, base, 0, 2 * PART), 0);
	assert_int_equal(pthread_create(&t, NULL, write_line, &w), 0);
	for (int i = 0; i < 20000; i++) {
		int rc = alias_read(&a, PAGE, got, 64);
		assert_true(rc == 0 || rc == -EAGAIN);
		if (rc != 0)
			continue;
		assert_true(got[7] >= got[0] && got[7] - got[0] <= 1);
	}
	atomic_store(&w.stop, true);
	assert_int_equal(pthread_join(t, NULL), 0);
	alias_fini(&a);
}

static void
read__a_line_as_it_was(void **state)
{
	(void)state;
	uint8_t *base = map_parts();
	check_line(base);
	assert_int_equal(munmap(base, 2 * PART), 0);
	drop();
	/* by its file */
	base = map_files("/dev/shm");
	check_line(base);
	unmap_files(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__after_the_program_has_unmapped),
		cmocka_unit_test(add__wants_shared_memory),
		cmocka_unit_test(look__leaves_holes),
		cmocka_unit_test(read__by_the_file),
		cmocka_unit_test(look__on_a_disk),
		cmocka_unit_test(look__is_not_misled_by_another_file),
		cmocka_unit_test(read__a_line_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
