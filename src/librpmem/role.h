/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * role.h -- is an open an owner, and may it attach to the copy? (pure)
 */
#ifndef RPMEM_LIBRPMEM_ROLE_H
#define RPMEM_LIBRPMEM_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"
#include "wire/oob.h"

enum role {
	ROLE_PASSIVE, /* does exactly what each call says */
	ROLE_OWNER,   /* libpmemobj's: equalised, whole lines */
};

/* what is known of an open before the target is asked */
struct role_facts {
	const char *override; /* RPMEM_OWNER; NULL: not set */
	bool from_libpmemobj; /* the caller's code is in libpmemobj.so */
	bool is_explicit;     /* rpmem_open_owner */
	bool is_create;
	bool is_shared;	    /* all of the pool's memory */
	bool has_mode_zero; /* a local part is unfinished */
	const char *mode_zero_path;
	bool has_pool_header; /* page 0 (or create's attr) says PMEMOBJ */
	unsigned nlanes;      /* as asked for */
};

/*
 * role_decide -- owner or passive
 *
 * Returns 0; with a message:
 *   -EINVAL  RPMEM_OWNER is neither yes nor no
 *   -EINVAL  an explicit owner's memory is not shared
 *   -EPERM   looks like a static libpmemobj: RPMEM_OWNER must say
 *   -ESTALE  a local part is unfinished (its mode is 0000)
 */
NODISCARD int role_decide(const struct role_facts *f, enum role *role_out);

enum attach {
	ATTACH_AS_IS,	/* recorded already: ours */
	ATTACH_RECORD,	/* record this primary, then equalise */
	ATTACH_COMPARE, /* only if every digest is equal; then record */
};

/*
 * attach_decide -- may an owner attach to this copy?
 *
 *   copy    the target's facts
 *   local   uuid of the primary's first part, from its page 0; of a raw
 *           pool, its identity, zero if that is lost
 *   target  for messages
 *
 * Returns 0; -ESTALE with a message: the copy belongs to another primary
 */
NODISCARD int attach_decide(const struct oob_copy *copy,
	const uint8_t local[UUID16_LEN], const char *target,
	enum attach *attach_out);

/* -ESTALE with the message for a comparison that found a difference */
NODISCARD int attach_refuse(const struct oob_copy *copy, const char *target);

#endif
