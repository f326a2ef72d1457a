/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mutants.h -- worlds in which one rule is broken
 */
#ifndef RPMEM_TESTS_LINEAGE_MUTANTS_H
#define RPMEM_TESTS_LINEAGE_MUTANTS_H

enum mutant {
	MUTANT_NONE,
	MUTANT_START_WITHOUT_WAITING,
	MUTANT_END_IS_BEHIND,	    /* end >= last becomes end > last */
	MUTANT_RELEASE_BEFORE_FILE, /* calls return before step 1 */
	MUTANT_RELEASE_BEFORE_TOLD, /* ... before step 2 is acknowledged */
	MUTANT_DESCENDANT_ATTACHES,
	MUTANT_LISTED_LATE,	/* the file lists a copy after its ack */
	MUTANT_TOLD_EARLY,	/* a copy is told before it has everything */
	MUTANT_COUNTED_LATE,	/* calls wait for a joiner from its ack on */
	MUTANT_ONE_IS_COUNTED,	/* others that are told too are not */
	MUTANT_CUT_BY_LISTING,	/* being listed is taken for having it */
	MUTANT_JOINER_UNKNOWN,	/* their_id is not looked at */
	MUTANT_RESTART_FIRST,	/* before the members are asked */
	MUTANT_CLEAN_GOES_ON,	/* an open after a close stays in its generation
				 */
	MUTANT_CHANGE_ENDS_LOW, /* likewise */
	MUTANT_PROMOTE_ENDS_HIGH,  /* at a number that it never had */
	MUTANT_LOST_ATTACHES,	   /* a lost lineage is taken for none */
	MUTANT_LOW_IS_TRUE,	   /* what a crashed copy says of its last */
	MUTANT_JOIN_IN_TWO,	   /* filled and told, and nothing between */
	MUTANT_PRIMARY_ATTACHES,   /* what its lineage says is believed */
	MUTANT_FORK_FENCES,	   /* any promote fences */
	MUTANT_PREDECESSOR_FENCES, /* ... also the one that we came from */
	MUTANT_FENCE_IGNORED,
	MUTANT_END
};

#endif
