/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * replay.c -- main of the replay_* tests: a fuzz target without a fuzzer
 *
 * Every file named on the command line, and every regular file below each
 * directory named (links are followed), goes once through
 * LLVMFuzzerTestOneInput().  The bytes lie in an allocation of exactly their
 * size, so that an address sanitizer sees a read past the end.  A target
 * reports a failure by crashing, as under libFuzzer; an input that cannot be
 * read or a run without any input fails too, since a replay of nothing proves
 * nothing.
 */
#include <errno.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long nreplayed;

static int
replay_open_file(const char *path, FILE *f, size_t size)
{
	/* malloc(0) may be NULL, which is no failure here */
	uint8_t *data = malloc(size);
	if (data == NULL && size > 0) {
		(void)fprintf(stderr, "%s: out of memory\n", path);
		return -1;
	}
	if (size > 0 && fread(data, 1, size, f) != size) {
		(void)fprintf(stderr, "%s: cannot be read whole\n", path);
		free(data);
		return -1;
	}
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	nreplayed++;
	return 0;
}

/* nftw(3) callback; a non-zero return ends the walk */
static int
replay_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type == FTW_D)
		return 0;
	if (type != FTW_F || !S_ISREG(st->st_mode)) {
		(void)fprintf(
			stderr, "%s: neither a file nor a directory\n", path);
		return -1;
	}
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	int rc = replay_open_file(path, f, (size_t)st->st_size);
	(void)fclose(f);
	return rc;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (nftw(argv[i], replay_entry, 16, 0) != 0) {
			(void)fprintf(stderr, "%s: not replayed\n", argv[i]);
			return 1;
		}
	}
	(void)printf("%lu inputs replayed\n", nreplayed);
	if (nreplayed == 0) {
		(void)fprintf(
			stderr, "usage: %s FILE|DIRECTORY ...\n", argv[0]);
		return 1;
	}
	return 0;
}
