/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * oob_copy.h -- what a target knows of a copy, as it travels
 */
#ifndef RPMEM_WIRE_OOB_COPY_H
#define RPMEM_WIRE_OOB_COPY_H

/* sizes of fields */
#define OOB_DESC_MAX 4096 /* pool set descriptor, NUL included */
#define OOB_TEXT_MAX 1024 /* error text, NUL included */
#define OOB_NAME_MAX 64	  /* program name, provider name, NUL included */
#define OOB_ATTR_SIZE 104 /* struct rpmem_pool_attr */

/* state flags of a copy */
#define OOB_COPY_F_CREATING 1u	  /* never completed */
#define OOB_COPY_F_CLEAN 2u	  /* last session closed it */
#define OOB_COPY_F_LENT 4u	  /* a primary is being rebuilt from it */
#define OOB_COPY_F_EQUALISING 8u  /* being made equal: not consistent now */
#define OOB_COPY_F_RECORD 16u	  /* primary_uuid is recorded */
#define OOB_COPY_F_RAW 32u	  /* no headers */
#define OOB_COPY_F_SUSPECT 64u	  /* pages may be missing: no point */
#define OOB_COPY_F_UNWRITTEN 128u /* the medium refused to write some */
#define OOB_COPY_F_PROMOTED 256u  /* a primary now, nobody's copy */
#define OOB_COPY_F_UNKNOWN 512u	  /* its record or lineage was lost */
#define OOB_COPY_F_REBUILT 1024u  /* a primary was, from it */
#define OOB_COPY_F_CHANGED 2048u  /* by something else than rpmemd */
#define OOB_COPY_F_ALL 4095u
/* of LINEAGE_REPLY alone, and in no record: a promotion has begun, and has not
 * ended */
#define OOB_LINEAGE_F_PROMOTING 4096u
#define OOB_LINEAGE_F_ALL (OOB_COPY_F_ALL | OOB_LINEAGE_F_PROMOTING)

enum oob_lineage_is {
	OOB_LINEAGE_NONE = 0, /* there never was any */
	OOB_LINEAGE_HAS = 1,
	OOB_LINEAGE_LOST = 2, /* there was one, and it cannot be read */
	OOB_LINEAGE_IS_END
};

/* in the text of an -ENOENT: there is not even a pool set file of that name */
#define OOB_NO_SET_TEXT "its pool set file is not there"

#endif
