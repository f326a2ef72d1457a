/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * samples.h -- messages and frames that the tests of src/wire share
 */
#ifndef RPMEM_TESTS_UNIT_WIRE_SAMPLES_H
#define RPMEM_TESTS_UNIT_WIRE_SAMPLES_H

/* what cmocka.h needs before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/cm.h"
#include "wire/frame.h"
#include "wire/oob.h"

#define SAMPLE_SEED 0x1122334455667788ull

/* a generator whose seed was printed; RPMEM_TEST_SEED repeats a run */
struct rng {
	uint64_t state;
};
struct rng rng_new(void);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* 0 .. n - 1 */
uint64_t rng_in(struct rng *r, uint64_t lo, uint64_t hi);
void rng_fill(struct rng *r, void *p, size_t len);

/* the message of this type that its golden file holds */
void sample_msg(enum oob_type type, struct oob_msg *msg);

/* a valid one with random content; replies fail now and then */
void random_msg(struct rng *r, enum oob_type type, struct oob_msg *msg);

/* strings of a message: bytes that are not part of the fixed size */
uint32_t msg_strings(const struct oob_msg *msg);

/* every record type of one side, in a frame; returns its length */
uint32_t sample_frame(enum frame_side from, uint8_t *buf, uint32_t size);

void sample_cm(struct cm_request *req);

#endif
