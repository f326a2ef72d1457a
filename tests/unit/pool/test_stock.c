/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_stock.c -- stock pmempool as the judge of what we write and read
 *
 * A pool that pmempool made is opened here, its bytes are copied into a pool
 * of ours with attributes linked to itself, and pmempool must find that one
 * consistent.  Skipped where there is no pmempool.
 */
#include "unit/pool/fixture.h"

#include <sys/wait.h>

#define OBJ_PART (16u * MIB)

/* run a command; its exit status; at most size - 1 bytes of its output */
static int run(char *out, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int
run(char *out, size_t size, const char *fmt, ...)
{
	char command[4096];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c) -- a test */
	assert_non_null(f);
	size_t n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	while (fgetc(f) != EOF)
		;
	int status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 999;
}

static void
need_pmempool(void)
{
	char out[256];
	if (run(out, sizeof(out), "pmempool --version 2>&1") != 0)
		skip();
}

/* a set of our parts NAME0, NAME1, ... and its text in NAME.set */
static struct poolset *
named_set(struct set *s, const char *name, unsigned options, unsigned nparts)
{
	char path[PATH_LEN + 64];
	struct poolset *set = set_of(s, options, nparts);
	(void)snprintf(path, sizeof(path), "%s/%s.set", fixture_dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	(void)fprintf(f, "PMEMPOOLSET\n");
	if (options & POOLSET_F_SINGLEHDR)
		(void)fprintf(f, "OPTION SINGLEHDR\n");
	for (unsigned i = 0; i < nparts; i++) {
		(void)snprintf(s->paths[i], sizeof(s->paths[i]), "%s/%s%u",
			fixture_dir, name, i);
		s->parts[i].size = OBJ_PART;
		(void)fprintf(f, "%u %s\n", OBJ_PART, s->paths[i]);
	}
	(void)fclose(f);
	return set;
}

/* the value pmempool prints behind a label */
static void
value_of(const char *text, const char *label, char *value, size_t size)
{
	const char *at = strstr(text, label);
	assert_non_null(at);
	at = strstr(at, ": ");
	assert_non_null(at);
	(void)snprintf(value, size, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
}

static void
info__names_self_linked_uuids(void **state)
{
	(void)state;
	static const char *const labels[] = {"\nUUID", "Previous part UUID",
		"Next part UUID", "Previous replica UUID", "Next replica UUID"};
	struct set s;
	struct pool *pool;
	char out[8192];
	char value[128];
	need_pmempool();
	struct pool_attr a = attr_obj(2);
	memcpy(a.next_uuid, a.uuid, UUID16_LEN);
	memcpy(a.prev_uuid, a.uuid, UUID16_LEN);
	assert_int_equal(pool_create(named_set(&s, "ours", 0, 1), &a,
				 POOL_DURABLE_MEDIA, &pool),
		0);
	assert_int_equal(pool_close(pool), 0);
	/* there is no heap in it, so only the header can be right */
	(void)run(out, sizeof(out), "pmempool info %s 2>&1", s.paths[0]);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		value_of(out, labels[i], value, sizeof(value));
		assert_string_equal(
			value, "22222222-2222-2222-2222-222222222222");
	}
	value_of(out, "Pool set UUID", value, sizeof(value));
	assert_string_equal(value, "11111111-1111-1111-1111-111111111111");
	value_of(out, "Mandatory features", value, sizeof(value));
	assert_non_null(strstr(value, "CKSUM_2K"));
	value_of(out, "\nChecksum", value, sizeof(value));
	assert_non_null(strstr(value, "[OK]"));
}

static void
copy_all(struct pool *to, struct pool *from)
{
	uint8_t *buf = malloc(MIB);
	assert_non_null(buf);
	assert_int_equal(to->size, from->size);
	for (uint64_t off = POOL_PAGE; off < from->size; off += MIB) {
		uint64_t len = MIN_OF(MIB, from->size - off);
		assert_int_equal(pool_read(from, off, buf, len), 0);
		assert_int_equal(pool_copy(to, off, buf, len), 0);
	}
	free(buf);
}

static void
copy_is_consistent(const char *conf, unsigned options, unsigned nparts)
{
	struct set theirs;
	struct set ours;
	struct pool *from;
	struct pool *to;
	struct pool_attr a;
	char out[8192];
	struct poolset *set = named_set(&theirs, "theirs", options, nparts);
	int rc = run(out, sizeof(out),
		"%s pmempool create obj %s/theirs.set 2>&1", conf, fixture_dir);
	if (rc != 0)
		fail_msg("%s", out);
	assert_int_equal(pool_open(set, POOL_DURABLE_MEDIA, &a, &from), 0);
	assert_memory_equal(a.signature, "PMEMOBJ", 8);
	assert_int_equal(pool_create(named_set(&ours, "ours", options, nparts),
				 &a, POOL_DURABLE_MEDIA, &to),
		0);
	copy_all(to, from);
	assert_int_equal(pool_set_attr(to, &a), 0);
	assert_int_equal(pool_close(to), 0);
	assert_int_equal(pool_close(from), 0);
	rc = run(out, sizeof(out), "pmempool check -v %s/ours.set 2>&1",
		fixture_dir);
	if (rc != 0 || strstr(out, "consistent") == NULL)
		fail_msg("%d: %s", rc, out);
}

static void
check__one_part(void **state)
{
	(void)state;
	need_pmempool();
	copy_is_consistent("", 0, 1);
}

static void
check__no_shutdown_state(void **state)
{
	(void)state;
	need_pmempool();
	copy_is_consistent("PMEMOBJ_CONF=sds.at_create=0", 0, 1);
}

static void
check__three_parts(void **state)
{
	(void)state;
	need_pmempool();
	copy_is_consistent("", 0, 3);
}

static void
check__singlehdr(void **state)
{
	(void)state;
	need_pmempool();
	copy_is_consistent("", POOLSET_F_SINGLEHDR, 3);
}

static void
opens__blk_and_log(void **state)
{
	(void)state;
	static const char *const kinds[] = {"blk 512", "log"};
	static const char *const sigs[] = {"PMEMBLK", "PMEMLOG"};
	need_pmempool();
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct set s;
		struct pool *pool;
		struct pool_attr a;
		char out[1024];
		struct poolset *set = named_set(&s, "theirs", 0, 1);
		s.parts[0].size = 17u * MIB; /* the least blk takes is 16.01 */
		int rc = run(out, sizeof(out),
			"pmempool create %s -s 17M %s 2>&1", kinds[i],
			s.paths[0]);
		if (rc != 0)
			fail_msg("%s", out);
		assert_int_equal(
			pool_open(set, POOL_DURABLE_MEDIA, &a, &pool), 0);
		assert_memory_equal(a.signature, sigs[i], 8);
		assert_int_equal(pool_close(pool), 0);
		assert_int_equal(pool_remove(set, 0), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(info__names_self_linked_uuids),
		FIXTURE_TEST(check__one_part),
		FIXTURE_TEST(check__no_shutdown_state),
		FIXTURE_TEST(check__three_parts),
		FIXTURE_TEST(check__singlehdr),
		FIXTURE_TEST(opens__blk_and_log),
	};
	return FIXTURE_RUN(tests);
}
