/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * consent.h -- before something is lost, somebody types "yes"
 */
#ifndef RPMEM_UTILS_CONSENT_H
#define RPMEM_UTILS_CONSENT_H

#include <stdbool.h>

/* is there somebody who can be asked?  Standard input is a terminal. */
bool consent_can_be_asked(void);

/* asks on standard output: 'Type "yes" to ... '; true: it was typed; anything
 * else, and the end of the input, is no */
bool consent_is_given(const char *to_do_what);

#endif
