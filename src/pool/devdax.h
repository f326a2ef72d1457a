/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * devdax.h -- what sysfs says of a device DAX
 *
 * The machines the tests run on have none: this file is written from the
 * kernel's documented sysfs interface and has never met a device.
 */
#ifndef RPMEM_POOL_DEVDAX_H
#define RPMEM_POOL_DEVDAX_H

#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"

/* 0; -errno without a message: not a device DAX (subsystem dax), ... */
NODISCARD int devdax_size(dev_t dev, uint64_t *size_out);

/* the alignment of its mappings; 2 MiB when the kernel does not tell */
uint64_t devdax_align(dev_t dev);

/*
 * devdax_deep_flush -- write the region's buffers to media
 *
 * Returns 0, also when the region needs none; -errno without a message
 */
NODISCARD int devdax_deep_flush(dev_t dev);

#endif
