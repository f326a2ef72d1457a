/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * oob.h -- messages of the out-of-band connection
 *
 * Requests go from initiator to target, each is answered by exactly one
 * reply with the same tag.  Little endian; the drawing of each message is in
 * doc/protocol.md.  Encoding and decoding are pure; a decoded message has
 * every length, enum and string checked (strings are non-empty where the
 * protocol demands it, hold no NUL, and are NUL-terminated here).
 */
#ifndef RPMEM_WIRE_OOB_H
#define RPMEM_WIRE_OOB_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"
#include "wire/oob_copy.h"
#include "wire/oob_look.h"

#define OOB_VERSION_MIN 1
#define OOB_VERSION_MAX 1
#define OOB_HDR_SIZE 16
#define OOB_MSG_MAX 8192
#define OOB_TOKEN_SIZE 32
#define OOB_LINEAGE_MAX 6168u /* encoded; what is in it is src/lineage's */

/* bounds of numbers */
#define OOB_TIMEOUT_MAX_MS 3600000u
#define OOB_SILENT_MAX_MS (4 * OOB_TIMEOUT_MAX_MS)
#define OOB_NLANES_MAX 65536u /* a record's lane has 16 bits */
#define OOB_CREDITS_MAX 4096u

enum oob_type {
	OOB_HELLO = 1,
	OOB_HELLO_REPLY = 2,
	OOB_CREATE = 3,
	OOB_OPEN = 4,
	OOB_POOL_REPLY = 5, /* answers CREATE and OPEN */
	OOB_ATTACH = 6,
	OOB_SET_ATTR = 7,
	OOB_STAT = 8,
	OOB_STAT_REPLY = 9,
	OOB_REMOVE = 10,
	OOB_CLOSE = 11,
	OOB_REPLY = 12, /* answers ATTACH, SET_ATTR, REMOVE, CLOSE */
	OOB_LINEAGE = 13,
	OOB_LINEAGE_REPLY = 14,
	OOB_LOOK = 15,
	OOB_LOOK_REPLY = 16,
	OOB_ROOM = 17,
	OOB_ROOM_REPLY = 18,
};

/* 0 .. 13 are the numbers of the historical protocol */
enum oob_status {
	OOB_SUCCESS = 0,
	OOB_BADPROTO = 1,    /* EPROTONOSUPPORT */
	OOB_BADNAME = 2,     /* EINVAL */
	OOB_BADSIZE = 3,     /* EFBIG */
	OOB_BADNLANES = 4,   /* EINVAL */
	OOB_BADPROVIDER = 5, /* EINVAL */
	OOB_FATAL = 6,	     /* EREMOTEIO */
	OOB_FATAL_CONN = 7,  /* ECONNABORTED */
	OOB_BUSY = 8,	     /* EBUSY */
	OOB_EXISTS = 9,	     /* EEXIST */
	OOB_PROVNOSUP = 10,  /* EMEDIUMTYPE */
	OOB_NOEXIST = 11,    /* ENOENT */
	OOB_NOACCESS = 12,   /* EACCES */
	OOB_POOL_CFG = 13,   /* EINVAL */
	OOB_STALE = 14,	     /* ESTALE: not a copy of this primary, or lent */
	OOB_NOSPACE = 15,    /* ENOSPC */
	OOB_NOTPERM = 16,    /* EPERM */
	OOB_MEDIA = 17,	     /* EIO: the target's media failed */
	OOB_NOMEM = 18,	     /* ENOMEM */
	OOB_BADRECORD = 19,  /* EUCLEAN: the record of a copy is damaged */
	OOB_STATUS_END
};

enum oob_durability { OOB_DURABLE_MEDIA = 0, OOB_DURABLE_MEMORY = 1 };

/* what the parts lie on; with several parts the weakest (highest) one */
enum oob_media {
	OOB_MEDIA_PMEM = 0,	 /* MAP_SYNC or device DAX */
	OOB_MEDIA_PAGECACHE = 1, /* a file system with a page cache */
	OOB_MEDIA_TMPFS = 2,
	OOB_MEDIA_END
};

#define OOB_OPEN_F_OWNER 1u
#define OOB_OPEN_F_DISCARD 2u /* to be discarded, also if promoted */
#define OOB_OPEN_F_AS_IS 4u   /* passive: also one that was changed */

#define OOB_CLOSE_F_REMOVE 1u /* remove what this session created */

#define OOB_REMOVE_F_FORCE 1u
#define OOB_REMOVE_F_POOL_SET 2u
#define OOB_REMOVE_F_KEEP 4u /* set a consistent copy aside instead */

struct oob_hello {
	uint16_t version_min;
	uint16_t version_max;
	uint32_t timeout_ms; /* RPMEM_TIMEOUT_MS of the initiator */
	uint64_t caps;	     /* reserved, 0 */
	uint8_t initiator_id[UUID16_LEN];
	uint32_t pid;
	char program[OOB_NAME_MAX]; /* for the target's log; may be "" */
};

struct oob_hello_reply {
	uint32_t status;
	uint16_t version; /* chosen; 0 when status is not OOB_SUCCESS */
	uint64_t caps;
	uint32_t silent_ms; /* a session this long silent is ended */
	char text[OOB_TEXT_MAX];
};

/* CREATE (attr used) and OPEN (attr zero, not on the wire) */
struct oob_pool_req {
	uint64_t pool_size;
	uint32_t nlanes;
	uint32_t flags; /* OOB_OPEN_F_* */
	/* who opens, and which of its opens this is; zero: not said */
	uint8_t owner_id[UUID16_LEN];
	uint64_t open_counter;
	uint8_t attr[OOB_ATTR_SIZE];
	char provider[OOB_NAME_MAX];
	char desc[OOB_DESC_MAX];
};

/* facts about a copy: body of STAT_REPLY, part of POOL_REPLY */
struct oob_copy {
	uint64_t pool_size; /* of the target's pool */
	uint32_t flags;	    /* OOB_COPY_F_* */
	uint8_t media;	    /* enum oob_media */
	uint8_t durability; /* enum oob_durability */
	uint64_t applied_seq;
	uint8_t primary_uuid[UUID16_LEN];
	uint8_t boot_id[UUID16_LEN];
	/* of the last session that changed it, as its open said; in a
	 * POOL_REPLY: of one before this session */
	uint8_t owner_id[UUID16_LEN];
	uint64_t open_counter;
	uint8_t attr[OOB_ATTR_SIZE];
};

struct oob_pool_reply {
	uint32_t status;
	uint32_t busy_ms; /* with OOB_BUSY: the holder's silence limit */
	uint16_t port;	  /* in-band, at addr */
	uint32_t nlanes;
	uint32_t credits;   /* frames the initiator may have under way */
	uint32_t frame_max; /* bytes */
	uint64_t session_id;
	uint64_t seed; /* of the frames' hash */
	uint8_t token[OOB_TOKEN_SIZE];
	struct oob_copy copy;
	char addr[OOB_NAME_MAX]; /* numeric; "": where this connection leads */
	char text[OOB_TEXT_MAX];
};

enum oob_attach_step {
	OOB_ATTACH_RECORD = 1,	   /* this is the primary; clears lent */
	OOB_ATTACH_EQUALISING = 2, /* blocks follow in no order */
	OOB_ATTACH_EQUALISED = 3,  /* equal and complete */
	/* what the copy missed follows: it stays as it is meanwhile */
	OOB_ATTACH_CATCHING_UP = 4,
	OOB_ATTACH_CAUGHT_UP = 5, /* all of it was sent and acked */
	OOB_ATTACH_DISCARD = 6,	  /* nothing in it is worth keeping */
	OOB_ATTACH_END
};

struct oob_attach {
	uint32_t step;
	uint8_t primary_uuid[UUID16_LEN];
};

struct oob_set_attr {
	uint8_t attr[OOB_ATTR_SIZE];
};

struct oob_stat_reply {
	uint32_t status;
	struct oob_copy copy;
	char text[OOB_TEXT_MAX];
};

struct oob_lineage {
	char desc[OOB_DESC_MAX];
};

struct oob_blob {
	uint16_t len;
	uint8_t bytes[OOB_LINEAGE_MAX];
};

struct oob_lineage_reply {
	uint32_t status;
	uint32_t flags;	   /* OOB_COPY_F_* */
	uint64_t copy_id;  /* its own, random; 0: none yet */
	uint64_t last_seq; /* what oob_copy calls applied_seq */
	uint8_t is;	   /* enum oob_lineage_is */
	uint8_t primary_uuid[UUID16_LEN];
	struct oob_blob lineage; /* len 0 unless HAS */
	char text[OOB_TEXT_MAX];
};

struct oob_remove {
	uint32_t flags;
	char desc[OOB_DESC_MAX];
};

struct oob_close {
	uint32_t flags;
};

struct oob_reply {
	uint32_t status;
	char text[OOB_TEXT_MAX];
};

struct oob_msg {
	enum oob_type type;
	uint32_t tag;
	union {
		struct oob_hello hello;
		struct oob_hello_reply hello_reply;
		struct oob_pool_req pool_req;
		struct oob_pool_reply pool_reply;
		struct oob_attach attach;
		struct oob_set_attr set_attr;
		struct oob_stat_reply stat_reply;
		struct oob_lineage lineage;
		struct oob_lineage_reply lineage_reply;
		struct oob_look look;
		struct oob_look_reply look_reply;
		struct oob_room room;
		struct oob_room_reply room_reply;
		struct oob_remove remove;
		struct oob_close close;
		struct oob_reply reply;
	} u;
};

/*
 * oob_encode -- message to bytes
 *
 *   buf      at least OOB_MSG_MAX bytes
 *   len_out  bytes used
 *
 * Returns 0, or -EINVAL: a field is out of its range (a programmer's error
 * or an over-long string)
 */
NODISCARD int oob_encode(
	const struct oob_msg *msg, uint8_t *buf, uint32_t *len_out);

/*
 * oob_size -- length of the whole message, from its first OOB_HDR_SIZE bytes
 *
 * Returns 0, or -EPROTO with a message: not this protocol, unknown type, or
 * a size outside OOB_HDR_SIZE .. OOB_MSG_MAX
 */
NODISCARD int oob_size(const uint8_t hdr[OOB_HDR_SIZE], uint32_t *size_out);

/*
 * oob_decode -- bytes to message
 *
 *   len   exactly the message's size
 *
 * Returns 0, or -EPROTO with a message that names message and field
 */
NODISCARD int oob_decode(
	const uint8_t *buf, uint32_t len, struct oob_msg *msg_out);

/* name of a message type, for logs; "?" */
const char *oob_type_name(enum oob_type type);

/* the errno of a status, positive; 0 for OOB_SUCCESS; EPROTO if unknown */
int oob_status_errno(uint32_t status);

/* the status that carries a negative errno; OOB_FATAL if none fits */
enum oob_status oob_status_of(int neg_errno);

/* lowest version both speak, highest preferred: 0 if there is none */
uint16_t oob_choose_version(uint16_t peer_min, uint16_t peer_max);

#endif
