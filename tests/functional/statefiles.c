/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefiles.c -- what a program would leave in a copy's state file
 *
 * statefiles PART TARGET NAME COMMAND... ; PART is the primary's first part.
 *   attached | degraded | catching   the state
 *   part:BYTES:SPEED  compared so far; settled:SPEED  sends what is dirty
 *   dirty:N       N blocks of 64 KiB, on the page and in the map
 *   seqs:A:B      acknowledged, and appended
 *   said:TEXT     and errno 104
 *   clean, alone  flags, and the record written
 *   ready         says so and waits for the end of its standard input
 *   die           SIGKILL, or the file is closed at the end
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bootid.h"
#include "base/err.h"
#include "base/fileio.h"
#include "librpmem/statefile.h"

static int
failed(const char *what)
{
	(void)fprintf(stderr, "statefiles: %s: %s\n", what, err_msg());
	return 1;
}

static void
mark(struct statefile *f, const char *text)
{
	unsigned long n = strtoul(text, NULL, 10);
	for (unsigned long i = 0; i < n; i++)
		statefile_map(f, 2)[i / 64] |= 1ULL << (i % 64);
	live_set(&f->live->dirty_bytes, n * STATEFILE_BLOCK);
}

static int
set_flag(struct statefile *f, uint32_t flag)
{
	f->record.flags |= flag;
	if (statefile_sync_maps(f) < 0 || statefile_write(f) < 0)
		return failed("record");
	return 0;
}

static int
do_command(struct statefile *f, const char *c)
{
	if (strcmp(c, "attached") == 0)
		statefile_live_enter(f->live, STATE_ATTACHED);
	else if (strcmp(c, "degraded") == 0)
		statefile_live_enter(f->live, STATE_DEGRADED);
	else if (strcmp(c, "catching") == 0)
		statefile_live_enter(f->live, STATE_CATCHING_UP);
	else if (strncmp(c, "dirty:", 6) == 0)
		mark(f, c + 6);
	else if (strncmp(c, "part:", 5) == 0) {
		char *end = NULL;
		live_set(&f->live->scanned_to, strtoul(c + 5, &end, 10));
		live_set(&f->live->speed, strtoul(end + 1, NULL, 10));
	} else if (strncmp(c, "settled:", 8) == 0) {
		live_set(&f->live->is_settled, 1);
		live_set(&f->live->speed, strtoul(c + 8, NULL, 10));
	} else if (strncmp(c, "seqs:", 5) == 0) {
		char *end = NULL;
		live_set(&f->live->acked_seq, strtoul(c + 5, &end, 10));
		live_set(&f->live->appended_seq, strtoul(end + 1, NULL, 10));
	} else if (strcmp(c, "clean") == 0)
		return set_flag(f, STATEFILE_F_CLEAN);
	else if (strcmp(c, "alone") == 0)
		return set_flag(f, STATEFILE_F_ALONE);
	else if (strcmp(c, "die") == 0)
		(void)raise(SIGKILL);
	else if (strncmp(c, "said:", 5) == 0) {
		live_set(&f->live->last_error, 104);
		statefile_live_say(f->live, c + 5);
	} else if (strcmp(c, "ready") == 0) {
		(void)puts("ready");
		(void)fflush(stdout);
		while (getchar() != EOF)
			;
	} else
		return failed(c);
	return 0;
}

int
main(int argc, char **argv)
{
	uint8_t header[4096];
	struct stat st;
	static struct statefile f;
	if (argc < 4)
		return 2;
	int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 ||
		file_read_all(fd, header, sizeof(header), 0) < 0)
		return failed(argv[1]);
	const struct statefile_key key = {
		header + 24, header + 40, argv[2], argv[3]};
	if (statefile_open(&f, &key, (uint64_t)st.st_size) < 0)
		return failed("open");
	statefile_live_begin(f.live);
	boot_id(f.record.boot_id);
	f.record.flags = STATEFILE_F_TRUSTED_MARKS;
	if (statefile_write(&f) < 0)
		return failed("record");
	for (int i = 4; i < argc; i++)
		if (do_command(&f, argv[i]) != 0)
			return 1;
	statefile_close(&f);
	return 0;
}
