/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cmd.h -- the subcommands of rpmem(1)
 */
#ifndef RPMEM_UTILS_CMD_H
#define RPMEM_UTILS_CMD_H

enum cmd_exit {
	CMD_OK = 0,
	CMD_NEGATIVE = 1, /* what was asked for is not so, or not done */
	CMD_USAGE = 2,
	CMD_CANNOT_RUN = 3, /* input or output failed */
};

/*
 * cmd_check -- rpmem check [--quick] [--json] SET
 *
 * CMD_NEGATIVE: a problem was found.
 */
int cmd_check(int argc, char **argv);

/*
 * cmd_discard -- rpmem discard [--force] [--dry-run] [--json] SET COPY
 *
 * CMD_NEGATIVE: nobody consents, or the copy is in use, or must not be
 * discarded.
 */
int cmd_discard(int argc, char **argv);

/*
 * cmd_doctor -- rpmem doctor [--json] [TARGET [NAME]]
 *
 * CMD_NEGATIVE: a problem was found.
 */
int cmd_doctor(int argc, char **argv);

/*
 * cmd_info -- rpmem info [--json] SET, rpmem info --copy DIR NAME
 *
 * CMD_NEGATIVE: a target does not answer, or something cannot be read.
 */
int cmd_info(int argc, char **argv);

/*
 * cmd_keygen -- rpmem keygen [--dry-run] [--json] [FILE]
 *
 *   argv   argv[0] is "rpmem keygen"
 *
 * Returns enum cmd_exit, with its messages printed
 */
int cmd_keygen(int argc, char **argv);

/*
 * cmd_lineage -- rpmem lineage [--json] SET, rpmem lineage --copy DIR NAME
 *
 * CMD_NEGATIVE: an open would refuse a copy, or nothing is known of it, or it
 * does not answer, or may not have everything.
 */
int cmd_lineage(int argc, char **argv);

/*
 * cmd_promote -- rpmem promote --poolset-dir DIR [--force] [--json] NAME
 *
 * CMD_NEGATIVE: the copy must not be promoted, or is in use.
 */
int cmd_promote(int argc, char **argv);

/*
 * cmd_rm -- rpmem rm [--force] [--dry-run] [--keep-primary]
 * [--with-set-files] [--json] SET [COPY...]
 *
 * CMD_NEGATIVE: something that was asked for is left, and said to be.
 */
int cmd_rm(int argc, char **argv);

/*
 * cmd_run -- rpmem run [--stats FILE] [--make-copies] -- PROGRAM [ARG...]
 *
 * Returns only if the program cannot be started.
 */
int cmd_run(int argc, char **argv);

/*
 * cmd_set -- rpmem set check|new|add-replica|remove-replica [OPTION...] FILE
 *
 * CMD_NEGATIVE: something is wrong with the set, or FILE must not be replaced.
 */
int cmd_set(int argc, char **argv);

/*
 * cmd_status -- rpmem status [--json|--prometheus] [--watch] SET
 *
 * CMD_NEGATIVE: a replica is neither attached nor closed with everything.
 */
int cmd_status(int argc, char **argv);

/*
 * cmd_sync -- rpmem sync [--from COPY] [--discard COPY] [--force] [--dry-run]
 * [--json] SET
 *
 * CMD_NEGATIVE: something is left to do, or nobody consents.
 */
int cmd_sync(int argc, char **argv);

/*
 * cmd_verify -- rpmem verify [--repair] [--dry-run] [--json] [--progress=FD]
 * SET [COPY]
 *
 * CMD_NEGATIVE: a copy differs, or cannot be compared.
 */
int cmd_verify(int argc, char **argv);

#endif
