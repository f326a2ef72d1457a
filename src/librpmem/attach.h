/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * attach.h -- what an open is, and whether it may attach to its copy
 */
#ifndef RPMEM_LIBRPMEM_ATTACH_H
#define RPMEM_LIBRPMEM_ATTACH_H

#include "librpmem/handle.h"

/* h->role from the caller, the memory and the environment; see role_decide */
NODISCARD int attach_role(const struct handle_args *a, struct rpmem_pool *h);

/*
 * attach_negotiate -- may this open attach to the copy?
 *
 * Called once the stream is up.  Sets h->attach; compares the whole copy
 * where the record does not say enough.
 *
 * Returns 0, -ESTALE with a message, or the stream's error
 */
NODISCARD int attach_negotiate(struct rpmem_pool *h);

/* h->primary_uuid from whatever is in page 0; stays zero if there is nothing */
void attach_peek_primary(struct rpmem_pool *h);

/* h->primary_uuid from page 0 of the program's memory; -ESTALE: no header,
 * or that of another pool */
NODISCARD int attach_read_primary(struct rpmem_pool *h);

#endif
