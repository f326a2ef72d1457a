/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_local.c -- a replica in files of this machine
 */
#include "replica/local.h"

#include <pthread.h>
#include <sys/mman.h>

#include "unit/pool/fixture.h"

/* two parts; the second one's header is no byte of the pool */
#define SIZE (2ULL * PART - 4096)

struct fixture {
	struct set files; /* of the copy: p0, p1 */
	struct pool_attr attr;
	_Alignas(4096) uint8_t mem[SIZE];
};

static struct fixture f;

static struct local_args
args(bool create)
{
	return (struct local_args){.set = &f.files.set,
		.addr = f.mem,
		.size = SIZE,
		.primary = &f.attr,
		.create = create};
}

static int
setup(void **state)
{
	int rc = fixture_setup(state);
	memset(&f, 0, sizeof(f));
	for (size_t i = CHAIN_HEADER; i < SIZE; i += 5000)
		f.mem[i] = (uint8_t)(i / 5000 + 1);
	f.attr = attr_obj(0);
	memcpy(f.attr.next_uuid, f.attr.uuid, UUID16_LEN);
	memcpy(f.attr.prev_uuid, f.attr.uuid, UUID16_LEN);
	(void)set_of(&f.files, 0, 2);
	return rc;
}

static struct replica *
must_open(bool create)
{
	struct local_args a = args(create);
	struct replica *r = NULL;
	if (local_open(&a, &r) != 0)
		fail_msg("%s", err_msg());
	return r;
}

static void
must_fail(bool create, int code, const char *word)
{
	struct local_args a = args(create);
	struct replica *r = NULL;
	assert_int_equal(local_open(&a, &r), code);
	if (strstr(err_msg(), word) == NULL)
		fail_msg("no word of '%s': %s", word, err_msg());
}

/* byte for byte behind the header, across both parts */
static void
assert_same(void)
{
	static uint8_t copy[SIZE];
	file_get(f.files.paths[0], 0, copy, PART);
	file_get(f.files.paths[1], 4096, copy + PART, SIZE - PART);
	assert_memory_equal(
		copy + CHAIN_HEADER, f.mem + CHAIN_HEADER, SIZE - CHAIN_HEADER);
}

/* as it is on media */
static struct pool_attr
attr_of_copy(void)
{
	struct pool *pool = NULL;
	struct pool_attr a;
	if (pool_open(&f.files.set, POOL_DURABLE_MEDIA, &a, &pool) != 0)
		fail_msg("%s", err_msg());
	assert_int_equal(pool_close(pool), 0);
	return a;
}

static void
create__is_equal_and_linked(void **state)
{
	(void)state;
	struct replica *r = must_open(true);
	assert_same();
	assert_int_equal(r->ops->close(r), 0);
	struct pool_attr a = attr_of_copy();
	assert_memory_equal(a.poolset_uuid, f.attr.poolset_uuid, UUID16_LEN);
	assert_memory_equal(a.next_uuid, f.attr.uuid, UUID16_LEN);
	assert_memory_equal(a.prev_uuid, f.attr.uuid, UUID16_LEN);
	assert_memory_not_equal(a.uuid, f.attr.uuid, UUID16_LEN);
	assert_int_equal(a.incompat, 0);
}

static void
discard__leaves_nothing(void **state)
{
	(void)state;
	local_discard(must_open(true));
	assert_int_equal(dir_count(), 0);
}

static void
copy__takes_whole_lines(void **state)
{
	(void)state;
	struct local_numbers n;
	struct replica *r = must_open(true);
	memset(f.mem + 8192, 1, 256);
	assert_int_equal(r->ops->copy(r, 8192 + 100, 1), 0);
	assert_int_equal(r->ops->wait(r), 0);
	assert_true(file_is_all(f.files.paths[0], 8192, 64, 0));
	assert_true(file_is_all(f.files.paths[0], 8192 + 64, 64, 1));
	assert_true(file_is_all(f.files.paths[0], 8192 + 128, 128, 0));
	local_numbers(r, &n);
	assert_int_equal(n.bytes, 64);
	assert_int_equal(n.waits, 1);
	assert_int_equal(r->ops->close(r), 0);
}

static void
ends__of_the_pool_are_kept(void **state)
{
	(void)state;
	struct replica *r = must_open(true);
	uint8_t before[CHAIN_HEADER];
	file_get(f.files.paths[0], 0, before, sizeof(before));
	memset(f.mem, 3, SIZE);
	assert_int_equal(r->ops->copy(r, CHAIN_HEADER, SIZE - CHAIN_HEADER), 0);
	assert_int_equal(r->ops->deep(r, CHAIN_HEADER, SIZE - CHAIN_HEADER), 0);
	assert_int_equal(r->ops->barrier(r), 0);
	assert_int_equal(r->ops->submit(r), 0);
	assert_same();
	uint8_t after[CHAIN_HEADER];
	file_get(f.files.paths[0], 0, after, sizeof(after));
	assert_memory_equal(before, after, sizeof(after));
	assert_int_equal(r->ops->close(r), 0);
}

static void
fill__copies_what_is_there_now(void **state)
{
	(void)state;
	struct replica *r = must_open(true);
	memset(f.mem + 8192, 7, 1000);
	f.mem[8300] = 1; /* meanwhile */
	assert_int_equal(r->ops->fill(r, 8192, 1000, 7), 0);
	assert_same();
	assert_int_equal(r->ops->close(r), 0);
}

static void
open__makes_equal(void **state)
{
	(void)state;
	struct replica *r = must_open(true);
	assert_int_equal(r->ops->close(r), 0);
	f.mem[CHAIN_HEADER] ^= 1;
	f.mem[SIZE - 1] ^= 1;
	r = must_open(false);
	assert_same();
	assert_int_equal(r->ops->close(r), 0);
	assert_int_equal(attr_of_copy().incompat, 0);
}

static void
open__refuses_what_is_not_its_copy(void **state)
{
	(void)state;
	must_fail(false, -ENOENT, f.files.paths[0]);
	struct replica *r = must_open(true);
	must_fail(false, -EBUSY, "locked");
	assert_int_equal(r->ops->close(r), 0);
	must_fail(true, -EEXIST, "not empty");

	struct pool_attr mine = f.attr;
	f.attr.uuid[3] ^= 1; /* made anew */
	must_fail(false, -ESTALE, "belongs to the primary");
	f.attr = mine;
	f.attr.poolset_uuid[3] ^= 1;
	must_fail(false, -ESTALE, "not a copy of this pool");
	f.attr = mine;
	f.attr.signature[0] ^= 1;
	must_fail(false, -ESTALE, "not a copy of this pool");
	f.attr = mine;
	r = must_open(false);
	assert_int_equal(r->ops->close(r), 0);

	struct pool *pool = NULL;
	struct pool_attr a;
	assert_int_equal(
		pool_open(&f.files.set, POOL_DURABLE_MEDIA, &a, &pool), 0);
	memcpy(a.next_uuid, a.uuid, UUID16_LEN);
	memcpy(a.prev_uuid, a.uuid, UUID16_LEN);
	assert_int_equal(pool_set_attr(pool, &a), 0);
	assert_int_equal(pool_close(pool), 0);
	must_fail(false, -ESTALE, "was promoted");
}

static void
create__refuses_what_is_too_small(void **state)
{
	(void)state;
	struct local_args a = args(true);
	struct replica *r = NULL;
	a.size = 2 * SIZE;
	assert_int_equal(local_open(&a, &r), -EINVAL);
	assert_non_null(strstr(err_msg(), "larger parts"));
	assert_int_equal(dir_count(), 0);
}

static atomic_bool stop;

/* raises w0, then w7, of one line: a state of it has w7 <= w0 <= w7 + 1 */
static void *
write_on(void *arg)
{
	uint64_t *line = arg;
	for (uint64_t i = 1; !atomic_load(&stop); i++) {
		__atomic_store_n(&line[0], i, __ATOMIC_RELEASE);
		__atomic_store_n(&line[7], i, __ATOMIC_RELEASE);
	}
	return NULL;
}

static uint64_t *
map_copy(void)
{
	int fd = open(f.files.paths[0], O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	void *map = mmap(NULL, PART, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	(void)close(fd);
	return map;
}

static void
copy__of_a_line_is_a_state_it_had(void **state)
{
	(void)state;
	pthread_t t;
	struct replica *r = must_open(true);
	uint64_t *line = (uint64_t *)(void *)(f.mem + 8192);
	uint64_t *map = map_copy();
	const uint64_t *copy = map + 8192 / 8;
	memset(line, 0, 64);
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&t, NULL, write_on, line), 0);
	unsigned nbad = 0;
	uint64_t last = 0;
	/* enough copies between which the writer ran, if it runs beside us */
	unsigned nseen = 0;
	for (int i = 0; i < 60000 && nseen < 20000; i++) {
		last = copy[0];
		assert_int_equal(r->ops->copy(r, 8200, 8), 0);
		nbad += copy[7] > copy[0] || copy[0] > copy[7] + 1;
		nseen += copy[0] != last;
	}
	atomic_store(&stop, true);
	(void)pthread_join(t, NULL);
	assert_int_equal(nbad, 0);
	(void)munmap(map, PART);
	assert_int_equal(r->ops->close(r), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(create__is_equal_and_linked),
		TEST(discard__leaves_nothing),
		TEST(copy__takes_whole_lines),
		TEST(ends__of_the_pool_are_kept),
		TEST(fill__copies_what_is_there_now),
		TEST(open__makes_equal),
		TEST(open__refuses_what_is_not_its_copy),
		TEST(create__refuses_what_is_too_small),
		TEST(copy__of_a_line_is_a_state_it_had),
	};
	return FIXTURE_RUN(tests);
}
