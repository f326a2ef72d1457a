/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_cmd.h -- the commands of rpmem set, and what they report
 */
#ifndef RPMEM_UTILS_SET_CMD_H
#define RPMEM_UTILS_SET_CMD_H

#include <argp.h>

#include "setfile.h"

/* each returns enum cmd_exit, with its messages printed; argv[0] is who */
int set_check_cmd(int argc, char **argv);
int set_new_cmd(int argc, char **argv);
int set_add_cmd(int argc, char **argv);
int set_remove_cmd(int argc, char **argv);

struct set_report {
	const char *command; /* "check" */
	const char *path;
	struct findings f;
	struct settext text; /* what is or would be written; NULL: nothing */
	bool is_written;
};

/*
 * set_report_end -- print it, free it
 *
 *   who   argv[0]
 *   rc    -errno with a message: it could not be done, nothing was found
 *
 * Returns enum cmd_exit
 */
int set_report_end(struct set_report *r, const char *who, bool is_json, int rc);

/* a part as an option names it: [SIZE:]/PATH */
struct set_part {
	const char *size; /* "": that of --size; not ended by a NUL, size_len */
	size_t size_len;
	const char *path;
};

/* takes it apart, or ends with a usage message */
void set_part_arg(
	struct set_part *p, const char *arg, struct argp_state *state);

/* one word of a set file, or ends with a usage message */
void set_word_arg(const char *what, const char *arg, struct argp_state *state);

/*
 * set_note_target -- a note: which set file the target of a replica needs, and
 * the command that writes it
 */
void set_note_target(struct findings *f, const struct poolset *set,
	const struct poolset_replica *r);

#endif
