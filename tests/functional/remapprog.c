/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * remapprog.c -- an owner that takes its memory away from under its handle
 *
 *   remapprog TARGET SET FILE   a new copy of the file; then does what it
 * reads, a word a line, and repeats it when it is done
 *
 *   change    every byte is another one, appended and waited for
 *   remap     the file is unmapped, and other memory is where it was
 *   truncate  the file is cut to one page
 *   wait      the first bytes are others, appended and waited for: says
 *             "durable", or "refused" and why
 *   persist   the same with rpmem_persist
 *   close     close the copy, and end
 */
#include <librpmem.h>

#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP (64UL * 1024)
#define PAGE 4096
#define FOREIGN 0xee

static const unsigned char identity[16] = "remapprog";
static unsigned char *mem;
static size_t size;

static void
change(RPMEMpool *p, int value)
{
	for (size_t off = 0; off < size; off += STEP) {
		memset(mem + off, value, STEP);
		if (rpmem_append(p, off, STEP, NULL) != 0)
			errx(1, "rpmem_append: %s", rpmem_errormsg());
	}
	if (rpmem_wait(p, RPMEM_ALL, -1) != 0)
		errx(1, "rpmem_wait: %s", rpmem_errormsg());
}

static void
ask(RPMEMpool *p, bool is_persist)
{
	mem[0]++;
	int rc = is_persist ? rpmem_persist(p, 0, 1, 0, 0)
			    : rpmem_append(p, 0, 1, NULL);
	if (rc == 0 && !is_persist)
		rc = rpmem_wait(p, RPMEM_ALL, -1);
	if (rc == 0)
		(void)puts("durable");
	else
		(void)printf("refused: %s\n", rpmem_errormsg());
}

static void
remap(void)
{
	if (munmap(mem, size) != 0 ||
		mmap(mem, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			0) != mem)
		err(1, "remap");
	memset(mem, FOREIGN, size);
}

int
main(int argc, char **argv)
{
	char word[32];
	int value = 1;
	struct stat st;
	if (argc != 4)
		return 2;
	int fd = open(argv[3], O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		err(1, "%s", argv[3]);
	size = (size_t)st.st_size;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		err(1, "mmap");
	RPMEMpool *p = rpmem_open_owner_raw(
		argv[1], argv[2], mem, size, identity, RPMEM_RAW_CREATE);
	if (p == NULL || rpmem_equalise(p) != 0)
		errx(1, "%s", rpmem_errormsg());
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)puts("ready");
	while (scanf("%31s", word) == 1) {
		bool ends = strcmp(word, "close") == 0;
		if (strcmp(word, "change") == 0)
			change(p, value++);
		else if (strcmp(word, "wait") == 0 ||
			 strcmp(word, "persist") == 0)
			ask(p, word[0] == 'p');
		else if (strcmp(word, "remap") == 0)
			remap();
		else if (strcmp(word, "truncate") == 0 &&
			 ftruncate(fd, PAGE) != 0)
			err(1, "ftruncate");
		else if (ends && rpmem_close(p) != 0)
			errx(1, "rpmem_close: %s", rpmem_errormsg());
		(void)puts(word);
		if (ends)
			return 0;
	}
	return 1;
}
