/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stdfds.h -- what stands where standard input, output and error are expected
 *
 * Who is started with one of them closed (prog <&- >&-, a daemon's way) gets
 * its number for the next file that is opened, and what is printed then goes
 * into a pool part.
 */
#ifndef RPMEM_BASE_STDFDS_H
#define RPMEM_BASE_STDFDS_H

#include <stdbool.h>

#include "base/compiler.h"

/*
 * stdfds_hold -- put something in the place of those that are closed
 *
 * The first thing that a program's main does.  What is put there can be neither
 * read nor written, so that who prints gets an error, as before.
 *
 * Returns 0 or -errno (no message: there may be nowhere to print it)
 */
NODISCARD int stdfds_hold(void);

/*
 * stdfds_keep_off -- the same file with a number above standard error's
 *
 *   fd   taken over, with close-on-exec; -1 is given back
 *
 * For what a library opens in a process whose standard error may be closed.
 *
 * Returns a descriptor, or -1 with errno; fd is closed then
 */
NODISCARD int stdfds_keep_off(int fd);

/*
 * stdfds_is_for_text -- may a line be written to it, as to standard error?
 *
 * Not to what can be read and written in any place, as a pool part or a state
 * file, and not to a connection over a network.  A file that somebody directs
 * standard error to is open for writing or for appending only.
 */
bool stdfds_is_for_text(int fd);

#endif
