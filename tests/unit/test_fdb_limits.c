/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/table/fdb.h"

#include <errno.h>
#include <stdbool.h>

#include "switch/base/macros.h"

/* What the table holds, and who has to go when it is full. */

enum { IDLE = 300, T0 = 1000, CAPACITY = 1000 };
enum { PORT_A = 1, PORT_B = 2, PORT_C = FDB_PORTS - 1 };

static struct fdb *make(uint32_t capacity, uint64_t seed)
{
	struct fdb *fdb;

	assert_ok(fdb_new(&fdb, &(struct fdb_config){ capacity, IDLE, seed }));
	return fdb;
}

static int a_table(void **state)
{
	*state = make(CAPACITY, 42);
	return 0;
}

static int no_table(void **state)
{
	fdb_free(*state);
	return 0;
}

/* The n-th of many unicast addresses, in VLAN 1. */
static uint64_t host(uint64_t n)
{
	return fdb_key(UINT64_C(0x020000000000) + n, 1);
}

/* One of very many unicast addresses. */
static uint64_t random_host(uint64_t *random)
{
	return fdb_key((unit_random(random) & 0xfeffffffffff) | UINT64_C(0x020000000000), 1);
}

/* Fills a table to its capacity with addresses of 'port', seen at T0. */
static void fill(struct fdb *fdb, uint32_t n, uint16_t port)
{
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(fdb_learn(fdb, host(i), port, T0), FDB_ADDED);
}

/* Fills a table and finds everything. */
static void holds(uint32_t capacity, uint64_t seed, bool in_sequence)
{
	struct fdb *fdb = make(capacity, seed);
	uint64_t random = seed + 1;
	struct fdb_stats stats;

	for (uint32_t i = 0; i < capacity; i++) {
		const uint64_t key = in_sequence ? host(i) : random_host(&random);

		assert_int_equal(fdb_learn(fdb, key, i % FDB_PORTS, T0), FDB_ADDED);
	}
	random = seed + 1;
	for (uint32_t i = 0; i < capacity; i++) {
		const uint64_t key = in_sequence ? host(i) : random_host(&random);

		assert_int_equal(fdb_lookup(fdb, key, NULL), i % FDB_PORTS);
	}
	fdb_get_stats(fdb, &stats);
	assert_int_equal(stats.evicted, 0);
	assert_int_equal(fdb_count(fdb), capacity);
	fdb_free(fdb);
}

static void holds_its_capacity_whatever_the_addresses(void **state)
{
	static const struct {
		uint32_t capacity, n_seeds;
	} cases[] = { { 1, 64 },    { 2, 64 },    { 3, 64 },    { 10, 64 },    { 100, 64 },
		      { 1000, 32 }, { 10000, 8 }, { 65536, 4 }, { 1 << 20, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (uint64_t seed = 0; seed < cases[i].n_seeds; seed++) {
			holds(cases[i].capacity, seed, false);
			holds(cases[i].capacity, seed, true);
		}
}

static void limit_holds_and_evictions_count(void **state)
{
	struct fdb *fdb = *state;
	struct fdb_stats stats;

	fill(fdb, CAPACITY, PORT_A);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		assert_int_equal(fdb_learn(fdb, host(CAPACITY + i), PORT_A, T0 + 1), FDB_EVICTED);
		assert_int_equal(fdb_count(fdb), CAPACITY);
		assert_int_equal(fdb_lookup(fdb, host(CAPACITY + i), NULL), PORT_A);
	}
	fdb_get_stats(fdb, &stats);
	assert_int_equal(stats.evicted, CAPACITY);
	assert_int_equal(fdb_count_port(fdb, PORT_A), CAPACITY);
}

/* One in ten was heard lately: none of these goes while others are left. */
static void eviction_spares_who_was_heard_lately(void **state)
{
	struct fdb *fdb = *state;
	uint32_t n_left = 0;

	fill(fdb, CAPACITY, PORT_A);
	for (uint32_t i = 0; i < CAPACITY; i += 10)
		fdb_learn(fdb, host(i), PORT_A, T0 + 5);
	for (uint32_t i = 0; i < CAPACITY / 2; i++)
		fdb_learn(fdb, host(CAPACITY + i), PORT_A, T0 + 6);
	for (uint32_t i = 0; i < CAPACITY; i += 10)
		n_left += fdb_lookup(fdb, host(i), NULL) == PORT_A;
	assert_int_equal(n_left, CAPACITY / 10);
}

static void spraying_port_displaces_only_its_own(void **state)
{
	struct fdb *fdb = *state;
	uint64_t random = 7;

	for (uint32_t i = 0; i < CAPACITY / 4; i++) {
		fdb_learn(fdb, host(i), PORT_A, T0);
		fdb_learn(fdb, host(CAPACITY + i), PORT_B, T0);
	}
	for (uint32_t i = 0; i < 20 * CAPACITY; i++)
		fdb_learn(fdb, random_host(&random), PORT_C, T0 + i / 1000);
	for (uint32_t i = 0; i < CAPACITY / 4; i++) {
		assert_int_equal(fdb_lookup(fdb, host(i), NULL), PORT_A);
		assert_int_equal(fdb_lookup(fdb, host(CAPACITY + i), NULL), PORT_B);
	}
	assert_int_equal(fdb_count_port(fdb, PORT_C), CAPACITY / 2);
}

/* Who comes late still gets his share, from who has most. */
static void newcomers_get_a_fair_share(void **state)
{
	static const uint16_t ports[] = { 3, 4, 5, 6 };
	struct fdb *fdb = *state;
	uint64_t random = 7;

	fill(fdb, CAPACITY, PORT_A);
	for (uint32_t i = 0; i < CAPACITY; i++)
		for (size_t j = 0; j < ARRAY_SIZE(ports); j++)
			assert_int_equal(fdb_learn(fdb, random_host(&random), ports[j], T0),
			                 FDB_EVICTED);
	for (size_t j = 0; j < ARRAY_SIZE(ports); j++)
		assert_int_equal(fdb_count_port(fdb, ports[j]), CAPACITY / 5);
	assert_int_equal(fdb_count_port(fdb, PORT_A), CAPACITY / 5);
}

/* The account of who holds most must survive flushes, moves and static entries. */
static void fullest_port_is_known_after_changes(void **state)
{
	struct fdb *fdb = *state;

	fill(fdb, 600, PORT_A);
	fdb_flush(fdb, PORT_A, FDB_ANY_VLAN);
	for (uint32_t i = 0; i < 400; i++)
		fdb_learn(fdb, host(i), PORT_B, T0);
	for (uint32_t i = 400; i < CAPACITY; i++)
		fdb_learn(fdb, host(i), PORT_A, T0);
	for (uint32_t i = 400; i < 600; i++)
		assert_ok(fdb_add_static(fdb, host(i), PORT_A));
	for (uint32_t i = 600; i < 700; i++)
		fdb_learn(fdb, host(i), PORT_B, T0);

	assert_int_equal(fdb_count_port(fdb, PORT_B), 500);
	assert_int_equal(fdb_learn(fdb, host(CAPACITY), PORT_C, T0), FDB_EVICTED);
	assert_int_equal(fdb_count_port(fdb, PORT_B), 499);
	assert_int_equal(fdb_count_port(fdb, PORT_A), 300);
}

static void table_of_static_entries_takes_no_more(void **state)
{
	struct fdb *fdb = *state;

	fdb_learn(fdb, host(CAPACITY), PORT_A, T0);
	for (uint32_t i = 0; i < CAPACITY; i++)
		assert_ok(fdb_add_static(fdb, host(i), PORT_A));
	assert_int_equal(fdb_lookup(fdb, host(CAPACITY), NULL), FDB_NO_PORT);
	assert_int_equal(fdb_learn(fdb, host(CAPACITY), PORT_B, T0), FDB_REFUSED);
	assert_int_equal(fdb_add_static(fdb, host(CAPACITY), PORT_B), -ENOSPC);
	assert_int_equal(fdb_count(fdb), CAPACITY);
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_table, no_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_its_capacity_whatever_the_addresses),
		test(limit_holds_and_evictions_count),
		test(eviction_spares_who_was_heard_lately),
		test(spraying_port_displaces_only_its_own),
		test(newcomers_get_a_fair_share),
		test(fullest_port_is_known_after_changes),
		test(table_of_static_entries_takes_no_more),
	};

	return cmocka_run_group_tests_name("fdb, limits", tests, NULL, NULL);
}
