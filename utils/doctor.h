/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor.h -- what rpmem doctor looks at
 *
 * Each look adds its findings and goes on; nothing is changed, here or at the
 * target.
 */
#ifndef RPMEM_UTILS_DOCTOR_H
#define RPMEM_UTILS_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/knobs.h"
#include "findings.h"
#include "librpmem/target.h"
#include "oob/chan.h"

/* of several tries; median 0: none was made */
struct round_trip {
	uint64_t min_ns;
	uint64_t median_ns;
};

/* asked for where no copy is named: no set file has it */
#define DOCTOR_NO_NAME "rpmem-doctor.none"

struct doctor {
	struct findings f;
	const char *target; /* NULL: this machine only */
	const char *name;   /* of a copy there; NULL: none */
	struct knobs knobs; /* what is wrong in the environment left out */
	struct target at;   /* the target, once it is known to be one */
	struct round_trip control; /* out-of-band */
	struct round_trip data;	   /* in-band */
	bool knows_version;	   /* rpmemd's, there */
};

/* the environment: names that nobody reads, values that nobody takes; what
 * is wrong is taken out of this process's, so that the rest can be tried */
void doctor_env(struct doctor *d);

/* programs and libraries, their versions, and the packages they are in */
void doctor_software(struct doctor *d);

/* libfabric's providers, and why the wanted one is not among them */
void doctor_fabric(struct doctor *d);

/* key file, state directory, processors, what has no say */
void doctor_local(struct doctor *d);

/* the target: out of band, then in-band if a copy is named */
void doctor_target(struct doctor *d);

/* what its target sees of it, asked in a session of its own; true: it may be
 * opened, at once */
bool doctor_copy(struct doctor *d, struct chan *ch);

/* may rpmemd write where it has to there, and is there room? */
void doctor_room(struct doctor *d);

/* rpmemd's there, beside ours */
void doctor_version(struct doctor *d, const char *version);

/* the copy is there and may be opened: one round trip in-band */
void doctor_inband(struct doctor *d);

/* a note: somebody has the copy, as the current message says */
void doctor_in_use(struct doctor *d);

/*
 * doctor_nearest -- a variable that somebody may have meant (pure)
 *
 *   name   "RPMEM_..."
 *
 * Returns it: name itself if it is one; NULL: none is near
 */
const char *doctor_nearest(const char *name);

/* what keeps libfabric from offering verbs */
struct verbs_facts {
	bool has_libraries; /* libibverbs and librdmacm */
	bool has_device;
	bool has_node; /* /dev/infiniband/uverbs* */
	bool may_open; /* one of them */
};

struct verbs_verdict {
	const char *what;
	const char *fix;
};

/* the first thing that is missing (pure) */
struct verbs_verdict doctor_verbs_verdict(const struct verbs_facts *f);

/* sorts the n > 0 times */
struct round_trip round_trip_of(uint64_t *ns, size_t n);

/* "85 us", "1.2 ms"; returns text */
#define TIME_TEXT_MAX 32
const char *time_text(uint64_t ns, char text[TIME_TEXT_MAX]);

/*
 * exec_read -- what a program writes, by the deadline
 *
 *   argv   argv[0] is looked for in PATH; ends with a NULL
 *   out    size bytes at most, with a NUL at the end
 *
 * Returns its exit status, 255 if a signal ended it; -ETIMEDOUT: it was killed
 * then; -errno, without a message
 */
NODISCARD int exec_read(
	const char *const *argv, char *out, size_t size, uint64_t deadline);

/* a file of our own, as installed or as built: "librpmem.so.1"; false: it is
 * not there */
bool find_ours(const char *file, char *path, size_t size);

#endif
