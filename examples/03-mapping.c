/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * 03-mapping.c -- a log of notes in memory of its own, kept in several places
 *
 *   03-mapping create SET    makes the pool and its copies
 *   03-mapping SET TEXT      adds a note and prints all of them
 */
#include <libpmemreplica.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct log {
	uint64_t nnotes;
	char notes[][64];
};

static void
add(PMEMreplica *r, const char *text)
{
	struct log *log = pmemreplica_addr(r);
	size_t room = pmemreplica_size(r) - sizeof(*log);
	if (log->nnotes >= room / sizeof(log->notes[0]))
		errx(1, "the log is full");
	char *note = log->notes[log->nnotes];
	(void)snprintf(note, sizeof(log->notes[0]), "%s", text);
	/* the note before the number that makes it count; one wait for both */
	if (pmemreplica_flush(r, note, sizeof(log->notes[0])) != 0 ||
		pmemreplica_barrier(r) != 0)
		errx(1, "%s", pmemreplica_errormsg());
	log->nnotes++;
	if (pmemreplica_persist(r, &log->nnotes, sizeof(log->nnotes)) != 0)
		errx(1, "%s", pmemreplica_errormsg());
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: 03-mapping create SET | SET TEXT");
	int is_new = strcmp(argv[1], "create") == 0;
	PMEMreplica *r = is_new ? pmemreplica_create(argv[2], 0)
				: pmemreplica_open(argv[1], 0);
	if (r == NULL)
		errx(1, "%s", pmemreplica_errormsg());
	if (!is_new)
		add(r, argv[2]);

	struct log *log = pmemreplica_addr(r);
	for (uint64_t i = 0; i < log->nnotes; i++)
		printf("%llu: %s\n", (unsigned long long)i, log->notes[i]);
	struct pmemreplica_status st;
	if (pmemreplica_status(r, &st, sizeof(st)) != 0)
		errx(1, "%s", pmemreplica_errormsg());
	printf("%u of %u replicas\n", st.attached, st.replicas);

	if (pmemreplica_close(r) != 0)
		errx(1, "%s", pmemreplica_errormsg());
	return 0;
}
