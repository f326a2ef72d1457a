/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * role.c -- see role.h and ARCHITECTURE.md, "Owners"
 *
 * A wrong "owner" overwrites a copy from the wrong primary, a wrong "passive"
 * leaves a copy behind without equalising it.  So what cannot be told is an
 * error that names the variable which tells.
 */
#include "librpmem/role.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

/* in the attributes of a copy */
#define ATTR_UUID 40
#define ATTR_NEXT_UUID 56

int
role_decide(const struct role_facts *f, enum role *role_out)
{
	bool owner = f->from_libpmemobj || f->is_explicit;
	if (f->is_explicit && !f->is_shared)
		return err_set(-EINVAL,
			"the memory of an owner's pool must be a shared "
			"mapping");
	if (f->is_explicit) {
		/* it knows what it is */
	} else if (f->override != NULL && f->override[0] != '\0') {
		owner = strcmp(f->override, "yes") == 0;
		if (!owner && strcmp(f->override, "no") != 0)
			return err_set(-EINVAL,
				"environment variable RPMEM_OWNER is '%s': "
				"expected yes or no",
				f->override);
	} else if (!owner && f->nlanes > 1 && f->is_shared &&
		   f->has_pool_header) {
		return err_set(-EPERM,
			"the caller is not libpmemobj.so, but opens a PMEMOBJ "
			"pool with %u lanes, as a statically linked libpmemobj "
			"does: set RPMEM_OWNER=yes if it is one, RPMEM_OWNER="
			"no if the copy must not be made equal",
			f->nlanes);
	}
	/* private memory (pmemobj_check) is nobody's primary */
	if (!f->is_shared)
		owner = false;
	if (owner && !f->is_create && f->has_mode_zero)
		return err_set(-ESTALE,
			"local part %s has mode 0000: its creation or its "
			"rebuild was cut short; delete it and run pmempool "
			"sync",
			f->mode_zero_path);
	*role_out = owner ? ROLE_OWNER : ROLE_PASSIVE;
	return 0;
}

/* what makes a copy anew that was removed */
static const char *
remedy(const struct oob_copy *copy)
{
	return (copy->flags & OOB_COPY_F_RAW) ? "make it anew"
					      : "run pmempool sync";
}

static int
refuse_other(const struct oob_copy *copy, const uint8_t local[UUID16_LEN],
	const char *target)
{
	char mine[UUID16_TEXT_LEN];
	char theirs[UUID16_TEXT_LEN];
	return err_set(-ESTALE,
		"%s holds a copy of the primary %s, this one is %s: one of the "
		"two was made anew, or promoted; if this primary is the right "
		"one, give the copy to it (rpmem discard), or remove the copy "
		"and %s",
		target, uuid16_text(copy->primary_uuid, theirs),
		uuid16_text(local, mine), remedy(copy));
}

int
attach_decide(const struct oob_copy *copy, const uint8_t local[UUID16_LEN],
	const char *target, enum attach *attach_out)
{
	static const uint8_t none[UUID16_LEN];
	const uint8_t *uuid = copy->attr + ATTR_UUID;
	bool recorded = (copy->flags & OOB_COPY_F_RECORD) != 0;
	bool is_raw = (copy->flags & OOB_COPY_F_RAW) != 0;
	bool is_lost = is_raw && uuid16_is_zero(local);
	/* links to itself: whatever its record says, it is no copy any more */
	if (!uuid16_equal(uuid, none) &&
		uuid16_equal(copy->attr + ATTR_NEXT_UUID, uuid))
		return err_set(-ESTALE,
			"%s holds a pool of its own: the copy was promoted. If "
			"this primary is the right one, give the pool there to "
			"it (rpmem discard) or remove it; if that one is, make "
			"this one its replica",
			target);
	if (recorded && !is_lost && !uuid16_equal(copy->primary_uuid, local))
		return refuse_other(copy, local, target);
	if (is_lost && !recorded)
		return err_set(-ESTALE,
			"%s: the copy has no primary on record, and this one "
			"has no identity; remove the copy and %s if this "
			"primary is the right one",
			target, remedy(copy));
	if (is_lost || (copy->flags & OOB_COPY_F_LENT))
		*attach_out = ATTACH_COMPARE;
	else if (recorded)
		*attach_out = ATTACH_AS_IS;
	else if (!is_raw && (copy->flags & OOB_COPY_F_CREATING))
		*attach_out = ATTACH_RECORD;
	else
		*attach_out = ATTACH_COMPARE;
	return 0;
}

int
attach_refuse(const struct oob_copy *copy, const char *target)
{
	if (copy->flags & OOB_COPY_F_LENT)
		return err_set(-ESTALE,
			"%s: a rebuild of the primary from this copy was cut "
			"short; delete the local part and run pmempool sync",
			target);
	return err_set(-ESTALE,
		"%s: the copy %s and differs from this primary; if this "
		"primary is the right one, give the copy to it (rpmem "
		"discard), or remove the copy and %s",
		target,
		(copy->flags & OOB_COPY_F_RECORD)
			? "is of a primary whose identity is lost here"
			: "has not been attached before",
		remedy(copy));
}
