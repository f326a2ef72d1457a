/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * unflushed.c -- a program on stock libpmemobj that stores and does not flush
 *
 *   unflushed SET   makes a root object if there is none, stores one byte in
 *                   it, another one than there was, and prints its offset in
 *                   the pool; the same for each line of its input; closes the
 *                   pool at the end of the input
 */
#include <libpmemobj.h>
#include <stdint.h>
#include <stdio.h>

#define ROOT (256u * 1024)

int
main(int argc, char **argv)
{
	char line[64];
	PMEMobjpool *pop = argc == 2 ? pmemobj_open(argv[1], NULL) : NULL;
	if (pop == NULL) {
		fprintf(stderr, "unflushed: %s\n", pmemobj_errormsg());
		return 1;
	}
	PMEMoid root = pmemobj_root(pop, ROOT);
	uint8_t *bytes = pmemobj_direct(root);
	if (bytes == NULL) {
		fprintf(stderr, "unflushed: %s\n", pmemobj_errormsg());
		return 1;
	}
	volatile uint8_t *byte = bytes + ROOT / 2;
	do {
		*byte = (uint8_t)(*byte + 1);
		printf("%llu\n", (unsigned long long)(root.off + ROOT / 2));
		fflush(stdout);
	} while (fgets(line, sizeof(line), stdin) != NULL);
	pmemobj_close(pop);
	return 0;
}
