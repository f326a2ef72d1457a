/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * membarrier.c -- see membarrier.h
 */
#include "base/membarrier.h"

#include <linux/membarrier.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static long
membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

bool
membarrier_init(void)
{
	return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

void
membarrier_all(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	/* a registered process cannot be refused */
	(void)membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}
