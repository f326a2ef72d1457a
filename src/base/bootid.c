/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bootid.c -- see bootid.h
 */
#include "base/bootid.h"

#include <fcntl.h>

#include <uuid/uuid.h>

#include "base/compiler.h"
#include "base/fileio.h"

void
boot_id(uint8_t out[UUID16_LEN])
{
	char text[UUID16_TEXT_LEN] = "";
	memset(out, 0, UUID16_LEN);
	CLEANUP(closep)
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || file_read_all(fd, text, sizeof(text) - 1, 0) != 0)
		return;
	text[sizeof(text) - 1] = '\0';
	if (uuid_parse(text, out) != 0)
		memset(out, 0, UUID16_LEN);
}
