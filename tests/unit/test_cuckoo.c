/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/table/cuckoo.h"

enum { CAPACITY = 100 };

static struct cuckoo table;

static int a_table(void **state)
{
	return cuckoo_init(&table, CAPACITY, 42);
}

static int no_table(void **state)
{
	cuckoo_fini(&table);
	return 0;
}

static void bucket_homes_differ_and_are_inside(void **state)
{
	uint32_t n_last = 0;
	uint32_t n_first = 0;

	for (uint64_t key = 1; key < 200000; key++) {
		const struct cuckoo_home home = cuckoo_home(&table, key);

		assert_true(home.first < table.n_buckets);
		assert_true(home.second < table.n_buckets);
		assert_int_not_equal(home.first, home.second);
		n_first += home.first == 0 || home.second == 0;
		n_last += home.first == table.n_buckets - 1 || home.second == table.n_buckets - 1;
	}
	/* Each bucket is a home of 2 in n keys, the first and the last too. */
	assert_in_range(n_first * table.n_buckets / 2, 190000, 210000);
	assert_in_range(n_last * table.n_buckets / 2, 190000, 210000);
}

static void half_the_places_are_free_at_capacity(void **state)
{
	static const uint32_t capacities[] = { 1, 32, 100, 1000, 65536 };

	for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
		struct cuckoo c;

		assert_ok(cuckoo_init(&c, capacities[i], 1));
		assert_true(cuckoo_places(&c) >= 2 * capacities[i]);
		assert_true(c.n_buckets >= 64);
		cuckoo_fini(&c);
	}
}

struct journal {
	uint32_t from[256], to[256];
	uint32_t n;
};

static void write_down(void *arg, uint32_t from, uint32_t to)
{
	struct journal *journal = arg;

	journal->from[journal->n] = from;
	journal->to[journal->n++] = to;
}

/* Filled beyond the capacity, until there is no way left: every move leads from a
 * full bucket to a free place, and everything that was put in is found. */
static void room_is_made_until_the_table_is_full(void **state)
{
	struct journal journal;
	uint32_t n_moves = 0;
	uint64_t key;

	for (key = 1;; key++) {
		struct cuckoo_value v = { .key = key, .port = (uint16_t)key };
		uint32_t room;

		journal.n = 0;
		room = cuckoo_make_room(&table, key, write_down, &journal);
		if (room == CUCKOO_NOWHERE)
			break;
		assert_int_equal(cuckoo_value(&table, room).key, CUCKOO_NOTHING);
		if (journal.n > 0)
			assert_int_equal(journal.from[journal.n - 1], room);
		n_moves += journal.n;
		cuckoo_fill(&table, room, &v);
		for (uint64_t k = 1; k <= key; k++) {
			struct cuckoo_sight sight;

			assert_true(cuckoo_find(&table, k, &sight));
			assert_int_equal(sight.port, k);
			assert_int_equal(sight.place, cuckoo_place_of(&table, k));
		}
	}
	assert_int_equal(journal.n, 0);
	assert_true(n_moves > 0);
	assert_true(key > cuckoo_places(&table) * 9 / 10);
}

/* A place that is told of a move keeps its entry's every field. */
static void entries_are_moved_whole(void **state)
{
	struct journal journal = { .n = 0 };

	for (uint64_t key = 1; key <= 150; key++) {
		const struct cuckoo_value v = { key, (uint32_t)key * 7, (uint16_t)key, key % 2 };

		cuckoo_fill(&table, cuckoo_make_room(&table, key, write_down, &journal), &v);
	}
	assert_true(journal.n > 0);
	for (uint64_t key = 1; key <= 150; key++) {
		const uint32_t place = cuckoo_place_of(&table, key);
		const struct cuckoo_value v = cuckoo_value(&table, place);

		assert_int_equal(v.seen, key * 7);
		assert_int_equal(v.port, key);
		assert_int_equal(v.is_static, key % 2);
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_table, no_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(bucket_homes_differ_and_are_inside),
		test(half_the_places_are_free_at_capacity),
		test(room_is_made_until_the_table_is_full),
		test(entries_are_moved_whole),
	};

	return cmocka_run_group_tests_name("cuckoo", tests, NULL, NULL);
}
