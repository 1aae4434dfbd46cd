/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/table/share.h"

enum { PLACES = 100, STEPS = 200000 };
enum { FREE = UINT16_MAX };

static struct share share;

static int an_account(void **state)
{
	return share_init(&share, PLACES);
}

static int no_account(void **state)
{
	share_fini(&share);
	return 0;
}

static void turns_go_round_in_the_order_of_adding(void **state)
{
	share_add(&share, 7, 1);
	share_add(&share, 3, 1);
	share_add(&share, 5, 1);
	share_add(&share, 4, 2);
	share_move(&share, 3, 9);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(share_turn(&share, 1), 7);
		assert_int_equal(share_turn(&share, 1), 9);
		assert_int_equal(share_turn(&share, 1), 5);
		assert_int_equal(share_turn(&share, 2), 4);
	}
	share_del(&share, 9, 1);
	assert_int_equal(share_turn(&share, 1), 7);
	assert_int_equal(share_turn(&share, 1), 5);
	assert_int_equal(share_turn(&share, 1), 7);
}

/* Each of the ring's places is one of the port's, and none is met twice. */
static void assert_ring(const uint16_t owners[PLACES], uint16_t port)
{
	bool is_met[PLACES] = { false };

	for (uint32_t i = share_of(&share, port); i > 0; i--) {
		const uint32_t place = share_turn(&share, port);

		assert_true(place < PLACES);
		assert_int_equal(owners[place], port);
		assert_false(is_met[place]);
		is_met[place] = true;
	}
}

static void step(uint16_t owners[PLACES], uint64_t *random)
{
	static const uint16_t ports[] = { 0, 1, 2, 300, FDB_PORTS - 1 };
	const uint32_t place = unit_random(random) % PLACES;
	const uint32_t other = unit_random(random) % PLACES;
	uint16_t *owner = &owners[place];

	if (*owner == FREE) {
		*owner = ports[unit_random(random) % 5];
		share_add(&share, place, *owner);
	} else if (owners[other] == FREE) {
		share_move(&share, place, other);
		owners[other] = *owner;
		*owner = FREE;
	} else {
		share_del(&share, place, *owner);
		*owner = FREE;
	}
}

static void account_agrees_with_a_recount(void **state)
{
	uint16_t owners[PLACES];
	uint64_t random = 3;

	for (uint32_t place = 0; place < PLACES; place++)
		owners[place] = FREE;
	for (int i = 0; i < STEPS; i++) {
		uint32_t n[FDB_PORTS] = { 0 };
		uint32_t most = 0;

		step(owners, &random);
		for (uint32_t place = 0; place < PLACES; place++)
			if (owners[place] != FREE && ++n[owners[place]] > most)
				most = n[owners[place]];
		assert_int_equal(n[share_largest(&share)], most);
		if (i % 100 == 0)
			for (uint16_t port = 0; port < FDB_PORTS; port++) {
				assert_int_equal(share_of(&share, port), n[port]);
				assert_ring(owners, port);
			}
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, an_account, no_account)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(turns_go_round_in_the_order_of_adding),
		test(account_agrees_with_a_recount),
	};

	return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
