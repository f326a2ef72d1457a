/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * 02-counter.c -- a program on libpmemobj that knows nothing of replicas
 *
 *   02-counter SET         raises a counter and adds a note to a list, in one
 *                          transaction, and prints both
 *   02-counter SET show    prints every object it has
 */
#include <libpmemobj.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct note {
	uint64_t number;
	PMEMoid next;
};

struct root {
	uint64_t counter;
	PMEMoid notes;
};

static void
add_note(PMEMobjpool *pop, struct root *root)
{
	TX_BEGIN(pop)
	{
		pmemobj_tx_add_range_direct(root, sizeof(*root));
		PMEMoid oid = pmemobj_tx_zalloc(sizeof(struct note), 1);
		struct note *n = pmemobj_direct(oid);
		n->number = ++root->counter;
		n->next = root->notes;
		root->notes = oid;
	}
	TX_ONABORT
	{
		errx(1, "the transaction was aborted");
	}
	TX_END
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "usage: 02-counter SET [show]");
	int show = argc > 2 && strcmp(argv[2], "show") == 0;
	PMEMobjpool *pop = pmemobj_open(argv[1], "counter");
	if (pop == NULL)
		errx(1, "%s", pmemobj_errormsg());
	struct root *root =
		pmemobj_direct(pmemobj_root(pop, sizeof(struct root)));
	if (!show)
		add_note(pop, root);

	unsigned n = 0;
	for (PMEMoid o = root->notes; !OID_IS_NULL(o); n++) {
		struct note *note = pmemobj_direct(o);
		if (show)
			printf("note %llu\n", (unsigned long long)note->number);
		o = note->next;
	}
	printf("counter %llu, %u notes\n", (unsigned long long)root->counter,
		n);
	pmemobj_close(pop);
	return 0;
}
