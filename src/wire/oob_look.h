/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * oob_look.h -- what a target sees of the parts of a copy, and of the place
 * where they are or would be, as it travels
 */
#ifndef RPMEM_WIRE_OOB_LOOK_H
#define RPMEM_WIRE_OOB_LOOK_H

#include <stdint.h>

#include "wire/oob_copy.h"

enum oob_part_is {
	OOB_PART_GOOD = 0,
	OOB_PART_MISSING = 1,
	OOB_PART_UNREADABLE = 2,
	OOB_PART_NO_FILE = 3,
	OOB_PART_UNFINISHED = 4,
	OOB_PART_SIZE = 5,
	OOB_PART_EMPTY = 6,
	OOB_PART_DAMAGED = 7,
	OOB_PART_STRANGE = 8,
	OOB_PART_LINKS = 9,
	OOB_PART_IS_END
};

#define OOB_LOOK_F_SINGLEHDR 1u /* what its set file says */
#define OOB_LOOK_F_NOHDRS 2u
#define OOB_LOOK_F_JOURNAL 4u /* what it missed is on its way in */
#define OOB_LOOK_F_OLD 8u     /* a former copy is kept beside it */
#define OOB_LOOK_F_ALL 15u

#define OOB_NPARTS_MAX 65536u

struct oob_look {
	uint32_t from; /* tell the first bad part from this one on */
	char desc[OOB_DESC_MAX];
};

struct oob_look_reply {
	uint32_t status;
	uint32_t flags;	 /* OOB_LOOK_F_* */
	uint32_t nparts; /* in its set file */
	uint32_t nbad;
	uint32_t nmissing;
	uint32_t at;	    /* the first bad one from `from` on; nparts: none */
	uint8_t is;	    /* enum oob_part_is, of that one */
	uint8_t media;	    /* enum oob_media */
	uint8_t durability; /* enum oob_durability */
	uint64_t pool_size; /* as far as the parts are there */
	uint64_t crtime;    /* of the first header, s; 0: it has none */
	uint8_t attr[OOB_ATTR_SIZE]; /* likewise; zero */
	char version[OOB_NAME_MAX];  /* of rpmemd */
	char text[OOB_TEXT_MAX];     /* about that part */
};

#define OOB_ROOM_F_WRITABLE 1u /* records can be made beside the set file */
#define OOB_ROOM_F_SET 2u      /* that set file is there */
#define OOB_ROOM_F_PARTS 4u    /* parts can be made, or written to */
#define OOB_ROOM_F_ALL 7u

struct oob_room {
	char desc[OOB_DESC_MAX]; /* a set file, there or not */
};

struct oob_room_reply {
	uint32_t status;
	uint32_t flags;		 /* OOB_ROOM_F_* */
	uint64_t free;		 /* bytes for rpmemd, where the set file is */
	uint64_t wanted;	 /* bytes of parts that are not there yet ... */
	uint64_t found;		 /* ... and free where they belong */
	char text[OOB_TEXT_MAX]; /* what can not be written to, or is full */
};

#endif
