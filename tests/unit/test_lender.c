/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include "switch/plane/lender.h"

/* A pool of TOTAL chunks and queues that are refilled as a worker does. */
enum { TOTAL = 8192, QUEUES_MAX = 512 };

struct world {
	struct lender lender;
	struct xsock sock[QUEUES_MAX];
	uint32_t n, pool;
};

static struct world world;

static void refill(void)
{
	for (uint32_t i = 0; i < world.n; i++) {
		struct xsock *s = &world.sock[i];
		const uint32_t limit = lender_limit(&world.lender, s, world.pool);

		while (s->lent_rx + 8 <= limit && world.pool >= 8) {
			s->lent_rx += 8;
			world.pool -= 8;
		}
	}
}

/* Ports are added one after the other, each in a view of its own. */
static void add_queues(uint32_t n)
{
	world = (struct world){ .pool = TOTAL };
	while (world.n < n) {
		world.n++;
		lender_init(&world.lender, TOTAL, TOTAL, world.n);
		for (uint32_t i = 0; i < world.n; i++)
			lender_forgive(&world.lender, &world.sock[i]);
		refill();
	}
}

/* 'n' frames arrive on a queue and their chunks come home. Returns how many
 * there was a chunk for. */
static uint32_t arrive(uint32_t queue, uint32_t n)
{
	struct xsock *s = &world.sock[queue];
	const uint32_t taken = n < s->lent_rx ? n : s->lent_rx;

	s->lent_rx -= taken;
	lender_received(&world.lender, s, taken);
	world.pool += taken;
	refill();
	return taken;
}

static void few_queues_are_lent_a_good_deal(void **state)
{
	add_queues(2);
	assert_int_equal(world.sock[0].lent_rx, LENDER_BASE);
	assert_int_equal(world.sock[1].lent_rx, LENDER_BASE);
}

static void busy_queue_gets_a_whole_ring(void **state)
{
	add_queues(2);
	for (int i = 0; i < 10; i++)
		arrive(0, 64);
	assert_int_equal(world.sock[0].lent_rx, XSOCK_RING);
}

static void idle_queues_never_starve_a_busy_one(void **state)
{
	static const uint32_t counts[] = { 16, 64, 256, 512 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		add_queues(counts[i]);
		assert_true(world.pool > 0);
		for (uint32_t q = 0; q < counts[i]; q += counts[i] / 8) {
			for (int turn = 0; turn < 100; turn++)
				arrive(q, 64);
			assert_true(arrive(q, 64) >= LENDER_FLOOR);
			assert_true(world.sock[q].lent_rx >= LENDER_FLOOR);
		}
	}
}

static void one_busy_queue_among_many_gets_a_lot(void **state)
{
	add_queues(256);
	for (int turn = 0; turn < 100; turn++)
		arrive(200, 64);
	assert_true(world.sock[200].lent_rx >= LENDER_BASE);
}

static void all_queues_busy_at_once_get_equal_parts(void **state)
{
	add_queues(64);
	for (int turn = 0; turn < 50; turn++)
		for (uint32_t q = 0; q < 64; q++)
			arrive(q, 64);
	for (uint32_t q = 0; q < 64; q++)
		assert_true(world.sock[q].lent_rx >= 32);
}

static void queue_that_was_busy_gives_back_with_its_frames(void **state)
{
	add_queues(2);
	for (int i = 0; i < 10; i++)
		arrive(0, 64);
	assert_true(lender_is_due(&world.lender, 1));
	assert_false(lender_is_due(&world.lender, 1));
	lender_review(&world.lender, &world.sock[0]);
	lender_review(&world.lender, &world.sock[0]);
	assert_int_equal(world.lender.extra, 0);
	for (int i = 0; i < 2000; i++)
		arrive(0, 1);
	assert_int_equal(world.sock[0].lent_rx / 8, LENDER_BASE / 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_queues_are_lent_a_good_deal),
		cmocka_unit_test(busy_queue_gets_a_whole_ring),
		cmocka_unit_test(idle_queues_never_starve_a_busy_one),
		cmocka_unit_test(one_busy_queue_among_many_gets_a_lot),
		cmocka_unit_test(all_queues_busy_at_once_get_equal_parts),
		cmocka_unit_test(queue_that_was_busy_gives_back_with_its_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
