/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/table/fdb.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "switch/base/macros.h"
#include "switch/table/cuckoo.h"

/*
 * The threads share one small table that is always near its limit, so entries
 * are displaced, moved and evicted all the time. Each test says what a reader
 * must see no matter when it looks. Work is counted, not timed; a build that
 * watches for races does less of it.
 */

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif

#ifdef __SANITIZE_THREAD__
enum { SWEEPS = 10, ROUNDS = 20000 };
#else
enum { SWEEPS = 1000, ROUNDS = 150000 };
#endif

enum { CAPACITY = 2000, IDLE = 300, T0 = 1000 };
enum { SETTLED = 300 };
enum { PORT_SETTLED = 1, PORT_SPRAY = 2, PORT_FLAP = 8 };

static struct fdb *fdb;
static atomic_bool is_over;

static int a_table(void **state)
{
	is_over = false;
	return fdb_new(&fdb, &(struct fdb_config){ CAPACITY, IDLE, 42 });
}

static int no_table(void **state)
{
	fdb_free(fdb);
	return 0;
}

static uint64_t host(uint64_t n, uint16_t vlan)
{
	return fdb_key(UINT64_C(0x020000000000) + n, vlan);
}

/* cmocka's asserts are for the main thread: others count what went wrong. */
static atomic_uint n_wrong;

static void expect(bool is_right)
{
	if (!is_right)
		atomic_fetch_add(&n_wrong, 1);
}

static void run(void *(*const threads[])(void *), uintptr_t n, void (*control)(void))
{
	pthread_t ids[8];

	n_wrong = 0;
	for (uintptr_t i = 0; i < n; i++)
		assert_ok(pthread_create(&ids[i], NULL, threads[i], (void *)i));
	control();
	is_over = true;
	for (uintptr_t i = 0; i < n; i++)
		pthread_join(ids[i], NULL);
	assert_int_equal(n_wrong, 0);
}

/* The counts, the list and the look-ups must tell the same when all is quiet. */
static void assert_consistent(void)
{
	struct fdb_entry *entries = calloc(CAPACITY, sizeof(*entries));
	const size_t n = fdb_list(fdb, entries, CAPACITY);
	size_t n_learned[FDB_PORTS] = { 0 };

	assert_true(n <= CAPACITY);
	assert_int_equal(fdb_count(fdb), n);
	for (size_t i = 0; i < n; i++) {
		const uint64_t key = fdb_key(fdb_mac48(entries[i].mac), entries[i].vlan);

		n_learned[entries[i].port] += !entries[i].is_static;
		assert_int_equal(fdb_lookup(fdb, key, NULL), entries[i].port);
	}
	for (uint16_t port = 0; port < FDB_PORTS; port++)
		assert_int_equal(fdb_count_port(fdb, port), n_learned[port]);
	free(entries);
}

/* --- nobody loses what nobody removes -------------------------------------- */

/* Adds new addresses without end: the table stays full, everything is pushed
 * about, and the sprayer's own are evicted. */
static void *spray(void *arg)
{
	uint64_t random = 1 + (uintptr_t)arg;

	while (!is_over) {
		const uint64_t key = host(unit_random(&random) % (1u << 30) + (1u << 20), 1);
		const enum fdb_outcome outcome = fdb_learn(fdb, key, PORT_SPRAY, T0);

		expect(outcome != FDB_REFUSED && outcome != FDB_MOVED);
	}
	return NULL;
}

static void *look_for_settled(void *arg)
{
	uint64_t random = 1 + (uintptr_t)arg;

	for (int i = 0; i < ROUNDS || !is_over; i++) {
		const uint64_t n = unit_random(&random) % SETTLED;
		struct fdb_hit hit;

		expect(fdb_lookup(fdb, host(n, 1), &hit) == PORT_SETTLED);
		expect(hit.port == PORT_SETTLED);
		if (i % 4 == 0)
			expect(fdb_learn(fdb, host(n, 1), PORT_SETTLED, T0 + 1) == FDB_SAME);
	}
	return NULL;
}

static void flush_others(void)
{
	for (int i = 0; i < SWEEPS; i++) {
		fdb_flush(fdb, PORT_SPRAY, i % 2 ? 1 : FDB_ANY_VLAN);
		fdb_expire(fdb, T0 + IDLE);
	}
}

static void settled_addresses_are_always_found(void **state)
{
	void *(*const threads[])(void *) = { spray, spray, look_for_settled, look_for_settled };

	for (uint64_t n = 0; n < SETTLED; n++)
		fdb_learn(fdb, host(n, 1), PORT_SETTLED, T0 + 1);
	run(threads, ARRAY_SIZE(threads), flush_others);
	assert_int_equal(fdb_count_port(fdb, PORT_SETTLED), SETTLED);
	assert_consistent();
}

/* --- removal leaves nothing behind ----------------------------------------- */

enum { PORT_GONE = 3 };

/* Entries of PORT_GONE are there before the sweep begins; none may survive it by
 * being displaced past the sweep. */
static void forget_and_count(void)
{
	for (uint64_t round = 0; round < SWEEPS; round++) {
		for (uint64_t n = 0; n < SETTLED; n++)
			fdb_learn(fdb, host(n, 2), PORT_GONE, T0);
		if (round % 8 == 0)
			fdb_add_static(fdb, host(round, 3), PORT_GONE);
		fdb_forget_port(fdb, PORT_GONE);
		expect(fdb_count_port(fdb, PORT_GONE) == 0);
		for (uint64_t n = 0; n < SETTLED; n++)
			expect(fdb_lookup(fdb, host(n, 2), NULL) == FDB_NO_PORT);
		expect(fdb_lookup(fdb, host(round, 3), NULL) == FDB_NO_PORT);
	}
}

static void forgotten_port_has_no_entry_left(void **state)
{
	void *(*const threads[])(void *) = { spray, spray };

	run(threads, ARRAY_SIZE(threads), forget_and_count);
	assert_consistent();
}

/* --- a hit is one reading, and its generation tells of changes ------------- */

enum { FLAPPING = 16 };

/* Stations that are behind one of two ports, never another. */
static void *flap(void *arg)
{
	uint64_t random = 1 + (uintptr_t)arg;

	while (!is_over) {
		const uint16_t n = unit_random(&random) % FLAPPING;

		fdb_learn(fdb, host(n, 4), PORT_FLAP + 2 * n + unit_random(&random) % 2, T0);
	}
	return NULL;
}

/* As long as the generation of a place is the same, so is what is there. */
static void *watch_generations(void *arg)
{
	uint64_t random = 1 + (uintptr_t)arg;

	for (int i = 0; i < ROUNDS || !is_over; i++) {
		const uint16_t n = unit_random(&random) % FLAPPING;
		struct fdb_hit first, second;

		if (fdb_lookup(fdb, host(n, 4), &first) == FDB_NO_PORT)
			continue;
		expect(first.port / 2 == PORT_FLAP / 2 + n);
		if (fdb_lookup(fdb, host(n, 4), &second) == FDB_NO_PORT)
			expect(fdb_generation(fdb, first.entry) != first.generation);
		else if (second.entry == first.entry && second.generation == first.generation)
			expect(second.port == first.port);
		else
			expect(fdb_generation(fdb, first.entry) != first.generation);
	}
	return NULL;
}

static void flush_and_expire(void)
{
	for (int i = 0; i < SWEEPS; i++) {
		fdb_flush(fdb, PORT_FLAP + i % (2 * FLAPPING), FDB_ANY_VLAN);
		if (i % 16 == 0)
			fdb_expire(fdb, T0 + IDLE + 1);
	}
}

static void generations_tell_of_every_change(void **state)
{
	void *(*const threads[])(void *) = { flap, flap, spray, watch_generations };

	run(threads, ARRAY_SIZE(threads), flush_and_expire);
	assert_consistent();
}

/* --- the rest of the control thread's calls -------------------------------- */

static void list_copy_and_change(void)
{
	struct fdb_entry *entries = calloc(CAPACITY, sizeof(*entries));
	struct fdb_stats stats;

	for (int i = 0; i < SWEEPS / 4; i++) {
		struct fdb *copy;
		size_t n;

		n = fdb_list(fdb, entries, CAPACITY);
		expect(n <= CAPACITY);
		expect(fdb_new(&copy, &(struct fdb_config){ 2 * CAPACITY, IDLE, 7 }) == 0);
		n = fdb_copy(copy, fdb);
		expect(fdb_count(copy) == n);
		for (uint64_t j = 0; j < SETTLED; j++)
			expect(fdb_lookup(copy, host(j, 1), NULL) == PORT_SETTLED);
		fdb_free(copy);
		fdb_set_max_idle(fdb, IDLE + i);
		expect(fdb_add_static(fdb, host(1, 5), PORT_SETTLED) == 0);
		expect(fdb_del(fdb, host(1, 5)) == 0);
		fdb_get_stats(fdb, &stats);
		expect(fdb_count(fdb) <= CAPACITY);
	}
	free(entries);
}

static void control_calls_run_beside_the_workers(void **state)
{
	void *(*const threads[])(void *) = { spray, flap, look_for_settled };

	for (uint64_t n = 0; n < SETTLED; n++)
		fdb_learn(fdb, host(n, 1), PORT_SETTLED, T0 + 1);
	run(threads, ARRAY_SIZE(threads), list_copy_and_change);
	assert_consistent();
}

/* --- a reader waits for a slow writer -------------------------------------- */

enum { PORT_HALF = 100, PORT_WHOLE = 101, WRITES = 500 };

/* The test is the writer and works by hand, step by step. */
static struct cuckoo cuckoo;
static struct cuckoo_bucket *first, *second;
static atomic_uint n_announced; /* rounds in which the reader may look */
static atomic_uint n_begun;     /* rounds in which it is about to */
static atomic_uint n_seen;      /* rounds in which it has looked */

static const struct cuckoo_value station = { .key = 0x0001020000000001, .port = PORT_WHOLE };

static void *read_each_round(void *arg)
{
	for (unsigned int round = 1; round <= WRITES; round++) {
		struct cuckoo_sight sight = { .port = 0 };

		while (n_announced < round)
			sched_yield();
		n_begun = round;
		expect(cuckoo_find(&cuckoo, station.key, &sight));
		expect(sight.port == PORT_WHOLE);
		n_seen = round;
	}
	return NULL;
}

/* Gives the reader the time to get stuck. It must not come back. */
static void let_it_look(unsigned int round)
{
	n_announced = round;
	while (n_begun < round)
		sched_yield();
	for (int i = 0; i < 20000; i++)
		expect(n_seen < round);
}

static void run_rounds(void (*write)(unsigned int round))
{
	pthread_t reader;

	n_wrong = 0;
	n_announced = n_begun = n_seen = 0;
	assert_ok(pthread_create(&reader, NULL, read_each_round, NULL));
	for (unsigned int round = 1; round <= WRITES; round++) {
		write(round);
		while (n_seen < round)
			sched_yield();
	}
	pthread_join(reader, NULL);
	assert_int_equal(n_wrong, 0);
}

static int two_buckets(void **state)
{
	const int ret = cuckoo_init(&cuckoo, CAPACITY, 42);
	const struct cuckoo_home home = cuckoo_home(&cuckoo, station.key);

	first = &cuckoo.buckets[home.first];
	second = &cuckoo.buckets[home.second];
	return ret;
}

static int no_buckets(void **state)
{
	cuckoo_fini(&cuckoo);
	return 0;
}

static void write_in_halves(unsigned int round)
{
	first->version++;
	first->entries[0].port = PORT_HALF;
	let_it_look(round);
	first->entries[0].port = PORT_WHOLE;
	first->version++;
}

static void half_written_buckets_are_not_believed(void **state)
{
	first->entries[0].key = station.key;
	run_rounds(write_in_halves);
}

/* The reader has seen that it is not in the first bucket and waits for the
 * second; there it is no more when it gets to see that. */
static void move_behind_the_reader(unsigned int round)
{
	first->entries[0].key = CUCKOO_NOTHING;
	second->entries[0].key = station.key;
	second->version++;
	let_it_look(round);
	first->version++;
	first->entries[0].key = station.key;
	second->entries[0].key = CUCKOO_NOTHING;
	first->version++;
	second->version++;
}

static void moved_entry_is_not_missed(void **state)
{
	first->entries[0].port = PORT_WHOLE;
	second->entries[0].port = PORT_WHOLE;
	run_rounds(move_behind_the_reader);
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_table, no_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(settled_addresses_are_always_found),
		test(forgotten_port_has_no_entry_left),
		test(generations_tell_of_every_change),
		test(control_calls_run_beside_the_workers),
		cmocka_unit_test_setup_teardown(half_written_buckets_are_not_believed, two_buckets,
		                                no_buckets),
		cmocka_unit_test_setup_teardown(moved_entry_is_not_missed, two_buckets, no_buckets),
	};

	return cmocka_run_group_tests_name("fdb, threads", tests, NULL, NULL);
}
