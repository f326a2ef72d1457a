/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_golden.c -- the bytes on the wire do not change by accident
 *
 * tests/golden/wire holds one file per message, frame and connection
 * request; a missing file fails.  RPMEM_GOLDEN_WRITE=1 writes them, and the
 * seeds of the fuzz targets with them: the only way to change the protocol
 * is to do that and to see the difference in review.  doc/protocol.md must
 * agree on types and sizes.
 */
#include "samples.h"

#include <errno.h>

#define FIRST OOB_HELLO
#define LAST OOB_ROOM_REPLY

static uint8_t frame[FRAME_MAX];

static FILE *
source_file(const char *dir, const char *name, const char *mode)
{
	char path[4096];
	const char *top = getenv("RPMEM_SOURCE_DIR");
	assert_non_null(top);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", top, dir, name);
	FILE *f = fopen(path, mode);
	if (f == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	return f;
}

static void
write_file(const char *dir, const char *name, const void *p, size_t len)
{
	FILE *f = source_file(dir, name, "wb");
	assert_int_equal(fwrite(p, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int
writing(void)
{
	const char *v = getenv("RPMEM_GOLDEN_WRITE");
	return v != NULL && strcmp(v, "1") == 0;
}

static void
same_as_golden(const char *name, const uint8_t *p, size_t len)
{
	static uint8_t want[FRAME_MAX + 1];
	if (writing())
		write_file("tests/golden/wire", name, p, len);
	FILE *f = source_file("tests/golden/wire", name, "rb");
	size_t n = fread(want, 1, sizeof(want), f);
	(void)fclose(f);
	assert_int_equal(n, len);
	for (size_t i = 0; i < len; i++)
		if (p[i] != want[i])
			fail_msg("%s: byte %zu is %02x, was %02x", name, i,
				p[i], want[i]);
}

static void
encode__gives_the_golden_bytes(void **state)
{
	(void)state;
	struct oob_msg msg;
	uint8_t wire[OOB_MSG_MAX];
	char name[64];
	uint32_t len = 0;
	for (unsigned type = FIRST; type <= LAST; type++) {
		sample_msg((enum oob_type)type, &msg);
		assert_int_equal(oob_encode(&msg, wire, &len), 0);
		(void)snprintf(name, sizeof(name), "%02u-%s.bin", type,
			oob_type_name((enum oob_type)type));
		same_as_golden(name, wire, len);
		if (writing())
			write_file("tests/fuzz/corpus/oob", name, wire, len);
	}
}

/* fuzz_frame wants a byte of choices in front: side, patch the header */
static void
write_frame_seed(const char *name, enum frame_side from, uint32_t len)
{
	uint8_t seed[4096];
	assert_true(len < sizeof(seed));
	seed[0] = from == FRAME_FROM_TARGET ? 1 : 0;
	memcpy(seed + 1, frame, len);
	write_file("tests/fuzz/corpus/frame", name, seed, len + 1);
	char raw[64];
	(void)snprintf(raw, sizeof(raw), "raw-%s", name);
	seed[0] |= 2;
	write_file("tests/fuzz/corpus/frame", raw, seed, len + 1);
}

static void
frame__gives_the_golden_bytes(void **state)
{
	(void)state;
	static const char *const names[] = {
		"frame-initiator.bin", "frame-target.bin"};
	for (unsigned side = 0; side < 2; side++) {
		enum frame_side from = (enum frame_side)side;
		uint32_t len = sample_frame(from, frame, sizeof(frame));
		same_as_golden(names[side], frame, len);
		if (writing())
			write_frame_seed(names[side], from, len);
	}
	struct frame_writer w;
	frame_begin(&w, frame, sizeof(frame));
	uint32_t len = frame_end(&w, 1, 0, SAMPLE_SEED);
	same_as_golden("frame-empty.bin", frame, len);
	if (writing())
		write_frame_seed("frame-empty.bin", FRAME_FROM_TARGET, len);
}

static void
cm__gives_the_golden_bytes(void **state)
{
	(void)state;
	struct cm_request req;
	uint8_t wire[CM_DATA_SIZE];
	sample_cm(&req);
	cm_encode(&req, wire);
	same_as_golden("cm-request.bin", wire, sizeof(wire));
}

/* "| NAME | type | size |" in the table of protocol.md; 0: another line */
static int
table_row(const char *line, unsigned *type_out, unsigned *size_out)
{
	char name[32];
	if (sscanf(line, "| %31[A-Z_] | %u | %u |", name, type_out, size_out) !=
		3)
		return 0;
	assert_string_equal(name, oob_type_name((enum oob_type) * type_out));
	return 1;
}

static void
protocol_md__has_the_sizes_of_the_encoder(void **state)
{
	(void)state;
	struct oob_msg msg;
	uint8_t wire[OOB_MSG_MAX];
	char line[512];
	unsigned seen = 0;
	FILE *f = source_file("doc", "protocol.md", "r");
	while (fgets(line, sizeof(line), f) != NULL) {
		unsigned type;
		unsigned size;
		uint32_t len = 0;
		if (!table_row(line, &type, &size))
			continue;
		sample_msg((enum oob_type)type, &msg);
		assert_int_equal(oob_encode(&msg, wire, &len), 0);
		if (len - msg_strings(&msg) != size)
			fail_msg("%s: protocol.md says %u bytes, not %u",
				oob_type_name(msg.type), size,
				len - msg_strings(&msg));
		seen |= 1u << type;
	}
	(void)fclose(f);
	/* bits FIRST .. LAST: no message is missing in the table */
	assert_int_equal(seen, (2u << LAST) - (1u << FIRST));
}

/* every "  off  size  field" row of a message's drawing follows the one
 * before without a gap, up to the size of the table */
static void
protocol_md__draws_messages_without_gaps(void **state)
{
	(void)state;
	char line[512];
	unsigned next = 0;
	unsigned nrows = 0;
	FILE *f = source_file("doc", "protocol.md", "r");
	while (fgets(line, sizeof(line), f) != NULL) {
		unsigned off;
		unsigned size;
		char name[64];
		if (sscanf(line, "    %u %u %63[a-z_.0-9]", &off, &size,
			    name) != 3) {
			/* a drawing ends where the indented lines end */
			if (strncmp(line, "    ", 4) != 0)
				next = 0;
			continue;
		}
		/* a drawing starts at 0, or at 16 behind the message header */
		if (next != 0 && off != next)
			fail_msg("%s at %u, expected at %u", name, off, next);
		if (next == 0 && off != 0 && off != OOB_HDR_SIZE)
			fail_msg("drawing starts with %s at %u", name, off);
		next = off + size;
		nrows++;
	}
	(void)fclose(f);
	assert_true(nrows > 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode__gives_the_golden_bytes),
		cmocka_unit_test(frame__gives_the_golden_bytes),
		cmocka_unit_test(cm__gives_the_golden_bytes),
		cmocka_unit_test(protocol_md__has_the_sizes_of_the_encoder),
		cmocka_unit_test(protocol_md__draws_messages_without_gaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
