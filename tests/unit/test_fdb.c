/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/table/fdb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "switch/base/macros.h"

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

/* Fills a table to its capacity with addresses of 'port', seen at T0. */
static void fill(struct fdb *fdb, uint32_t n, uint16_t port)
{
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(fdb_learn(fdb, host(i), port, T0), FDB_ADDED);
}

static uint32_t generation_of(struct fdb *fdb, uint64_t key)
{
	struct fdb_hit hit;

	assert_int_not_equal(fdb_lookup(fdb, key, &hit), FDB_NO_PORT);
	return hit.generation;
}

static void unknown_address_has_no_port(void **state)
{
	struct fdb_hit hit = { .entry = 77 };

	assert_int_equal(fdb_lookup(*state, host(1), &hit), FDB_NO_PORT);
	assert_int_equal(fdb_lookup(*state, 0, &hit), FDB_NO_PORT);
	assert_int_equal(hit.entry, 77);
}

static void key_is_the_address_and_the_vlan(void **state)
{
	const uint8_t mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };

	assert_int_equal(fdb_mac48(mac), UINT64_C(0x021122334455));
	assert_int_equal(fdb_key(fdb_mac48(mac), 0xabc), UINT64_C(0x0abc021122334455));
}

static void learned_address_is_found(void **state)
{
	struct fdb_hit hit;

	assert_int_equal(fdb_learn(*state, host(1), PORT_A, T0), FDB_ADDED);
	assert_int_equal(fdb_learn(*state, host(1), PORT_A, T0), FDB_SAME);
	assert_int_equal(fdb_lookup(*state, host(1), &hit), PORT_A);
	assert_int_equal(hit.port, PORT_A);
	assert_int_equal(hit.generation, fdb_generation(*state, hit.entry));
	assert_int_equal(fdb_lookup(*state, host(1), NULL), PORT_A);
}

static void station_takes_its_entry_along(void **state)
{
	struct fdb_stats stats;

	fdb_learn(*state, host(1), PORT_A, T0);
	assert_int_equal(fdb_learn(*state, host(1), PORT_B, T0), FDB_MOVED);
	assert_int_equal(fdb_lookup(*state, host(1), NULL), PORT_B);
	assert_int_equal(fdb_count(*state), 1);
	assert_int_equal(fdb_count_port(*state, PORT_A), 0);
	assert_int_equal(fdb_count_port(*state, PORT_B), 1);
	fdb_get_stats(*state, &stats);
	assert_int_equal(stats.moved, 1);
}

static void vlans_do_not_share_addresses(void **state)
{
	const uint64_t mac = 0x020000000009;

	fdb_learn(*state, fdb_key(mac, 10), PORT_A, T0);
	fdb_learn(*state, fdb_key(mac, 20), PORT_B, T0);
	assert_int_equal(fdb_lookup(*state, fdb_key(mac, 10), NULL), PORT_A);
	assert_int_equal(fdb_lookup(*state, fdb_key(mac, 20), NULL), PORT_B);
}

static void some_sources_are_never_learned(void **state)
{
	static const uint64_t refused[] = { 0xffffffffffff, 0x01005e000001, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		for (uint16_t vlan = 0; vlan < 2; vlan++) {
			const uint64_t key = fdb_key(refused[i], vlan);

			assert_int_equal(fdb_learn(*state, key, PORT_A, T0), FDB_REFUSED);
			assert_int_equal(fdb_add_static(*state, key, PORT_A), -EINVAL);
			assert_int_equal(fdb_lookup(*state, key, NULL), FDB_NO_PORT);
			assert_int_equal(fdb_del(*state, key), -ENOENT);
		}
}

static void ports_out_of_range_are_refused(void **state)
{
	assert_int_equal(fdb_learn(*state, host(1), FDB_PORTS, T0), FDB_REFUSED);
	assert_int_equal(fdb_learn(*state, host(1), FDB_NO_PORT, T0), FDB_REFUSED);
	assert_int_equal(fdb_add_static(*state, host(1), FDB_PORTS), -EINVAL);
	fdb_learn(*state, host(1), PORT_C, T0);
	assert_int_equal(fdb_forget_port(*state, FDB_NO_PORT), 0);
	assert_int_equal(fdb_count_port(*state, FDB_NO_PORT), 0);
	assert_int_equal(fdb_count(*state), 1);
}

static void static_entry_stays_where_it_is(void **state)
{
	assert_ok(fdb_add_static(*state, host(1), PORT_A));
	assert_int_equal(fdb_learn(*state, host(1), PORT_B, T0), FDB_REFUSED);
	assert_int_equal(fdb_learn(*state, host(1), PORT_A, T0), FDB_SAME);
	assert_int_equal(fdb_lookup(*state, host(1), NULL), PORT_A);
	assert_int_equal(fdb_count_port(*state, PORT_A), 0);

	assert_int_equal(fdb_expire(*state, UINT32_MAX), 0);
	assert_int_equal(fdb_flush(*state, FDB_ANY_PORT, FDB_ANY_VLAN), 0);
	assert_ok(fdb_add_static(*state, host(1), PORT_B));
	assert_int_equal(fdb_lookup(*state, host(1), NULL), PORT_B);
	assert_ok(fdb_del(*state, host(1)));
	assert_int_equal(fdb_count(*state), 0);
}

static void static_entry_replaces_a_learned_one(void **state)
{
	fdb_learn(*state, host(1), PORT_A, T0);
	assert_ok(fdb_add_static(*state, host(1), PORT_A));
	assert_int_equal(fdb_count(*state), 1);
	assert_int_equal(fdb_count_port(*state, PORT_A), 0);
	assert_int_equal(fdb_learn(*state, host(1), PORT_B, T0), FDB_REFUSED);
}

static void silence_expires_the_learned(void **state)
{
	struct fdb_stats stats;

	fdb_learn(*state, host(1), PORT_A, T0);
	assert_int_equal(fdb_expire(*state, IDLE - 1), 0);
	assert_int_equal(fdb_expire(*state, T0 + IDLE), 0);
	assert_int_equal(fdb_expire(*state, T0 + IDLE + 1), 1);
	assert_int_equal(fdb_lookup(*state, host(1), NULL), FDB_NO_PORT);
	assert_int_equal(fdb_count(*state), 0);
	fdb_get_stats(*state, &stats);
	assert_int_equal(stats.expired, 1);
}

static void a_frame_keeps_its_sender_alive(void **state)
{
	fdb_learn(*state, host(1), PORT_A, T0);
	fdb_learn(*state, host(1), PORT_A, T0 + IDLE);
	fdb_learn(*state, host(1), PORT_A, T0 + 1); /* a worker whose clock lags */
	assert_int_equal(fdb_expire(*state, T0 + 2 * IDLE), 0);
	assert_int_equal(fdb_expire(*state, T0 + 2 * IDLE + 1), 1);
}

static void moving_counts_as_being_heard(void **state)
{
	fdb_learn(*state, host(1), PORT_A, T0);
	fdb_learn(*state, host(1), PORT_B, T0 + IDLE);
	assert_int_equal(fdb_expire(*state, T0 + IDLE + 1), 0);
}

static void idle_time_can_change(void **state)
{
	fdb_learn(*state, host(1), PORT_A, T0);
	fdb_set_max_idle(*state, 0); /* taken for 1 */
	assert_int_equal(fdb_expire(*state, T0 + 1), 0);
	fdb_set_max_idle(*state, 10);
	assert_int_equal(fdb_expire(*state, T0 + 10), 0);
	assert_int_equal(fdb_expire(*state, T0 + 11), 1);
}

static void flush_takes_what_it_names(void **state)
{
	static const struct {
		uint16_t port, vlan;
		size_t removed;
	} cases[] = {
		{ PORT_A, 10, 1 },       { PORT_A, FDB_ANY_VLAN, 2 },
		{ FDB_ANY_PORT, 10, 2 }, { FDB_ANY_PORT, FDB_ANY_VLAN, 4 },
		{ PORT_C, 10, 0 },       { PORT_A, 30, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fdb_learn(*state, fdb_key(0x020000000001, 10), PORT_A, T0);
		fdb_learn(*state, fdb_key(0x020000000001, 20), PORT_A, T0);
		fdb_learn(*state, fdb_key(0x020000000002, 10), PORT_B, T0);
		fdb_learn(*state, fdb_key(0x020000000002, 20), PORT_B, T0);
		assert_ok(fdb_add_static(*state, fdb_key(0x020000000003, 10), PORT_A));
		assert_int_equal(fdb_flush(*state, cases[i].port, cases[i].vlan), cases[i].removed);
		assert_int_equal(fdb_count(*state), 5 - cases[i].removed);
	}
}

static void forgetting_a_port_leaves_the_others(void **state)
{
	fdb_learn(*state, host(1), PORT_A, T0);
	assert_ok(fdb_add_static(*state, host(2), PORT_A));
	fdb_learn(*state, host(3), PORT_B, T0);

	assert_int_equal(fdb_forget_port(*state, PORT_A), 2);
	assert_int_equal(fdb_count(*state), 1);
	assert_int_equal(fdb_lookup(*state, host(3), NULL), PORT_B);
}

static void adding_raises_no_generation(void **state)
{
	struct fdb *fdb = *state;

	for (uint32_t place = 0; place < 3 * CAPACITY / 2; place++)
		assert_int_equal(fdb_generation(fdb, place), 0);
	fdb_learn(fdb, host(1), PORT_A, T0);
	fdb_learn(fdb, host(1), PORT_A, T0 + 1);
	assert_int_equal(generation_of(fdb, host(1)), 0);
}

/* What happens to the entry; each must be seen by who remembers its place. */
static void move(struct fdb *fdb)
{
	fdb_learn(fdb, host(1), PORT_B, T0);
}

static void tie(struct fdb *fdb)
{
	fdb_add_static(fdb, host(1), PORT_B);
}

static void expire(struct fdb *fdb)
{
	fdb_expire(fdb, T0 + IDLE + 1);
}

static void flush(struct fdb *fdb)
{
	fdb_flush(fdb, PORT_A, 1);
}

static void forget(struct fdb *fdb)
{
	fdb_forget_port(fdb, PORT_A);
}

static void del(struct fdb *fdb)
{
	fdb_del(fdb, host(1));
}

static void every_change_raises_the_generation(void **state)
{
	void (*const changes[])(struct fdb *) = { move, tie, expire, flush, forget, del };
	struct fdb *fdb = *state;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct fdb_hit hit;

		fdb_learn(fdb, host(1), PORT_A, T0);
		assert_int_equal(fdb_lookup(fdb, host(1), &hit), PORT_A);
		changes[i](fdb);
		assert_int_equal(fdb_generation(fdb, hit.entry), hit.generation + 1);
		fdb_del(fdb, host(1));
	}
}

/* An entry that is displaced to make room is found at its new place, and its old
 * place tells. Later fillings raise nothing more. */
static void displaced_entries_raise_the_generation(void **state)
{
	struct fdb_hit *hits = calloc(CAPACITY, sizeof(*hits));
	struct fdb *fdb = *state;
	int n_displaced = 0;

	for (uint32_t n = 0; n < CAPACITY; n++) {
		fdb_learn(fdb, host(n), PORT_A, T0);
		for (uint32_t i = 0; i < n; i++) {
			struct fdb_hit now;

			assert_int_equal(fdb_lookup(fdb, host(i), &now), PORT_A);
			if (now.entry == hits[i].entry) {
				assert_int_equal(now.generation, hits[i].generation);
				continue;
			}
			n_displaced++;
			assert_int_not_equal(fdb_generation(fdb, hits[i].entry),
			                     hits[i].generation);
			hits[i] = now;
		}
		fdb_lookup(fdb, host(n), &hits[n]);
	}
	assert_true(n_displaced > 0);
	free(hits);
}

static int by_key(const void *a, const void *b)
{
	const struct fdb_entry *left = a;
	const struct fdb_entry *right = b;

	return memcmp(left->mac, right->mac, sizeof(left->mac));
}

static void list_shows_every_entry(void **state)
{
	struct fdb_entry entries[4] = { { .port = 0 } };

	fdb_learn(*state, fdb_key(0x02aabbccddee, 4094), PORT_A, T0);
	assert_ok(fdb_add_static(*state, host(1), PORT_B));
	assert_int_equal(fdb_list(*state, NULL, 0), 2);
	assert_int_equal(fdb_list(*state, entries, 1), 2);
	assert_int_equal(entries[1].port, 0);
	assert_int_equal(fdb_list(*state, entries, 4), 2);

	qsort(entries, 2, sizeof(entries[0]), by_key);
	assert_memory_equal(entries[0].mac, "\x02\0\0\0\0\x01", 6);
	assert_int_equal(entries[0].port, PORT_B);
	assert_true(entries[0].is_static);
	assert_memory_equal(entries[1].mac, "\x02\xaa\xbb\xcc\xdd\xee", 6);
	assert_int_equal(entries[1].vlan, 4094);
	assert_int_equal(entries[1].port, PORT_A);
	assert_int_equal(entries[1].seen, T0);
	assert_false(entries[1].is_static);
}

static void copy_keeps_ports_kinds_and_ages(void **state)
{
	struct fdb *to = make(CAPACITY, 43);

	fdb_learn(*state, host(1), PORT_A, T0);
	fdb_learn(*state, host(2), PORT_B, T0 + 5);
	assert_ok(fdb_add_static(*state, host(3), PORT_C));
	fdb_learn(to, host(2), PORT_C, T0 + 6); /* newer: stays */

	assert_int_equal(fdb_copy(to, *state), 2);
	assert_int_equal(fdb_lookup(to, host(1), NULL), PORT_A);
	assert_int_equal(fdb_lookup(to, host(2), NULL), PORT_C);
	assert_int_equal(fdb_learn(to, host(3), PORT_A, T0), FDB_REFUSED);
	assert_int_equal(fdb_expire(to, T0 + IDLE + 1), 1);
	assert_int_equal(fdb_count(*state), 3);
	fdb_free(to);
}

static void copy_to_a_smaller_table_keeps_the_static(void **state)
{
	struct fdb *to = make(10, 43);

	fill(*state, 100, PORT_A);
	for (uint32_t i = 100; i < 108; i++)
		assert_ok(fdb_add_static(*state, host(i), PORT_B));
	assert_int_equal(fdb_copy(to, *state), 10);
	for (uint32_t i = 100; i < 108; i++)
		assert_int_equal(fdb_lookup(to, host(i), NULL), PORT_B);
	assert_int_equal(fdb_count_port(to, PORT_A), 2);
	fdb_free(to);
}

static void seed_decides_where_addresses_are(void **state)
{
	struct fdb *other = make(CAPACITY, 43);
	int n_same = 0;

	for (uint32_t i = 0; i < 100; i++) {
		struct fdb_hit here, there;

		fdb_learn(*state, host(i), PORT_A, T0);
		fdb_learn(other, host(i), PORT_A, T0);
		fdb_lookup(*state, host(i), &here);
		fdb_lookup(other, host(i), &there);
		n_same += here.entry == there.entry;
	}
	assert_true(n_same < 10);
	fdb_free(other);
}

static void failed_new_leaves_its_result_alone(void **state)
{
	static const struct fdb_config wrong[] = {
		{ .max_idle = 1 },
		{ .capacity = 1 },
		{ .capacity = (1 << 22) + 1, .max_idle = 1 },
	};
	struct fdb *fdb = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(fdb_new(&fdb, &wrong[i]), -EINVAL);
	assert_ptr_equal(fdb, *state);
	fdb_free(NULL);
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_table, no_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(unknown_address_has_no_port),
		test(key_is_the_address_and_the_vlan),
		test(learned_address_is_found),
		test(station_takes_its_entry_along),
		test(vlans_do_not_share_addresses),
		test(some_sources_are_never_learned),
		test(ports_out_of_range_are_refused),
		test(static_entry_stays_where_it_is),
		test(static_entry_replaces_a_learned_one),
		test(silence_expires_the_learned),
		test(a_frame_keeps_its_sender_alive),
		test(moving_counts_as_being_heard),
		test(idle_time_can_change),
		test(flush_takes_what_it_names),
		test(forgetting_a_port_leaves_the_others),
		test(adding_raises_no_generation),
		test(every_change_raises_the_generation),
		test(displaced_entries_raise_the_generation),
		test(list_shows_every_entry),
		test(copy_keeps_ports_kinds_and_ages),
		test(copy_to_a_smaller_table_keeps_the_static),
		test(seed_decides_where_addresses_are),
		test(failed_new_leaves_its_result_alone),
	};

	return cmocka_run_group_tests_name("fdb", tests, NULL, NULL);
}
