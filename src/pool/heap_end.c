/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * heap_end.c -- see heap_end.h
 */
#include "pool/heap_end.h"

#include <fcntl.h>
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/fileio.h"
#include "pool/descriptor.h"

/* the machine's order, as libpmemobj has it */
static uint64_t
word_at(const uint8_t *bytes, size_t off)
{
	uint64_t word;
	memcpy(&word, bytes + off, sizeof(word));
	return word;
}

uint64_t
heap_end(const char *path)
{
	struct hdr hdr;
	uint8_t bytes[2 * HDR_SIZE];
	uint64_t end = 0;
	CLEANUP(closep)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || file_read_all(fd, bytes, sizeof(bytes), 0) < 0 ||
		hdr_decode(bytes, &hdr) != 0 ||
		memcmp(hdr.signature, "PMEMOBJ", sizeof(hdr.signature)) != 0 ||
		!add_u64(word_at(bytes, OBJ_HEAP_OFFSET_OFF),
			word_at(bytes, OBJ_HEAP_SIZE_OFF), &end))
		return 0;
	return end;
}
