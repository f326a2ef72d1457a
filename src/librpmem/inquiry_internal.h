/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inquiry_internal.h -- what the files of inquiry.h share
 */
#ifndef RPMEM_LIBRPMEM_INQUIRY_INTERNAL_H
#define RPMEM_LIBRPMEM_INQUIRY_INTERNAL_H

#include "base/compiler.h"
#include "librpmem/handle.h"
#include "librpmem/inquiry.h"

/* a connection that was greeted; chan_fini(&q.ch) in any case */
struct inquiry {
	struct target target;
	struct knobs knobs;
	struct chan ch;
};

/* connect and greet; 0 or -errno with a message */
NODISCARD int inquiry_begin(struct inquiry *q, const char *target);

/* the field of a request; -EINVAL with a message: a bad length */
NODISCARD int inquiry_copy_name(char out[OOB_DESC_MAX], const char *set_name);

/* one request and its answer, whatever its status is */
NODISCARD int inquiry_call(struct inquiry *q, const struct oob_msg *req,
	enum oob_type answer, struct oob_msg *reply);

/* as inquiry_lineage */
NODISCARD int inquiry_ask_lineage(struct inquiry *q, const char *set_name,
	struct oob_lineage_reply *r_out);

#endif
