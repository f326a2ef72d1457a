/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * registry.h -- the pools open in this process, its forks and its exit
 */
#ifndef RPMEM_LIBRPMEM_REGISTRY_H
#define RPMEM_LIBRPMEM_REGISTRY_H

struct rpmem_pool;

void registry_add(struct rpmem_pool *h);
void registry_remove(struct rpmem_pool *h);

/* owners' handles of the pool at this address whose copies follow it */
unsigned registry_attached(const void *addr);

/* counts the forks between the first process and this one */
unsigned registry_fork_generation(void);

#endif
