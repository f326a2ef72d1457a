/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * guard.c -- see guard.h
 *
 * A thread that touches a mapping sets a jump buffer in its own variable;
 * the handler jumps to it when the faulting address is in the guarded range.
 * sigsetjmp() does not save the signal mask (that is a system call for each
 * guarded access); the handler restores it before it jumps, from what it was
 * when the fault came.  Otherwise whatever was blocked for the handler (by
 * TSan's own handler around ours: everything) would stay blocked.
 *
 * Anything else is not ours: the handler puts the default action back and
 * returns, the faulting instruction runs again and the process dies with the
 * core dump it should leave.
 */
#include "pool/guard.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#include "base/err.h"

struct guard {
	sigjmp_buf jump;
	uintptr_t from; /* page of the first byte */
	uintptr_t to;	/* behind the last byte */
	const void *volatile fault;
};

/* volatile: the handler reads it between any two instructions */
static _Thread_local struct guard *volatile current;

static void
on_sigbus(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	struct guard *g = current;
	uintptr_t addr = (uintptr_t)info->si_addr;
	/* > 0: from the kernel; a kill() has no address */
	if (info->si_code > 0 && g != NULL && addr >= g->from && addr < g->to) {
		g->fault = info->si_addr;
		(void)pthread_sigmask(SIG_SETMASK, &uc->uc_sigmask, NULL);
		siglongjmp(g->jump, 1);
	}
	(void)signal(sig, SIG_DFL);
	if (info->si_code <= 0)
		(void)raise(sig);
}

int
guard_install(void)
{
	struct sigaction sa = {0};
	sa.sa_sigaction = on_sigbus;
	sa.sa_flags = SA_SIGINFO;
	(void)sigemptyset(&sa.sa_mask);
	if (sigaction(SIGBUS, &sa, NULL) != 0)
		return err_sys(-errno, "cannot take SIGBUS");
	return 0;
}

int
guard_call(const void *addr, uint64_t len, void (*fn)(void *), void *arg,
	const void **fault_out)
{
	/* a memory error is reported by page, so the range begins with one */
	const uintptr_t page_mask = ~(uintptr_t)4095;
	struct guard g;
	struct guard *outer = current;
	g.from = (uintptr_t)addr & page_mask;
	g.to = (uintptr_t)addr + len;
	g.fault = NULL;
	if (sigsetjmp(g.jump, 0) != 0) {
		current = outer;
		*fault_out = g.fault;
		return GUARD_FAULT;
	}
	current = &g;
	fn(arg);
	current = outer;
	return 0;
}
