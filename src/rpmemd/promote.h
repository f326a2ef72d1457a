/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote.h -- making a copy the primary, on the machine where it is
 */
#ifndef RPMEM_RPMEMD_PROMOTE_H
#define RPMEM_RPMEMD_PROMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "pool/pool.h"
#include "pool/state.h"
#include "rpmemd/redo.h"

/*
 * promote_may -- is the copy one that may be opened for writing? (pure)
 *
 *   s               its record; NULL: it has none
 *   is_this_boot    that the record is of
 *   in_page_cache   that any part is in
 *
 * Returns 0, or -ESTALE with a message that says why not
 */
NODISCARD int promote_may(
	const struct state *s, bool is_this_boot, bool in_page_cache);

#define PROMOTE_F_FORCE 1u

struct promote_result {
	uint64_t size; /* bytes of the pool */
	bool is_raw;
	/* of a catching up that had begun; seq of DROPPED: where the copy
	 * stands */
	enum redo_result journal;
	uint64_t seq;
};

/*
 * promote_run -- make the copy NAME below a pool set directory stand alone
 *
 * Its record of the primary is taken back first, so the old primary cannot
 * overwrite it any more; then the headers.  Before that, a catching up that
 * was complete is finished, and one that was not is dropped.  A raw copy has
 * none: its record says instead that it belongs to nobody.  Each step is
 * repeatable; a crash in between is finished by the next call.
 *
 *   force      also a copy that promote_may refuses
 *   result     what was promoted
 *
 * Returns 0; -ESTALE; -EBUSY: a session holds it; -ENOENT; ...; with a
 * message
 */
NODISCARD int promote_run(const char *dir, const char *name, unsigned flags,
	struct promote_result *result_out);

#endif
