/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * tint.h -- words that stand out on a terminal
 */
#ifndef RPMEM_UTILS_TINT_H
#define RPMEM_UTILS_TINT_H

enum tint { TINT_GOOD, TINT_NOTE, TINT_BAD };

/*
 * What begins and ends such a word on standard output; "" where that is no
 * terminal, TERM is "dumb", or NO_COLOR is set and not empty
 * (https://no-color.org).
 */
const char *tint_on(enum tint tint);
const char *tint_off(void);

#endif
