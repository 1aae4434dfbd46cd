/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include "switch/plane/chooser.h"

/* A machine where AF_XDP costs 'a' ns a frame and a burst 'call' a call and
 * 'b' a frame; every 97th flush is interrupted for 5 ms. */
struct machine {
	uint32_t a, b, call, flushes;
};

static uint64_t time_of(struct machine *m, enum way_out way, uint32_t n)
{
	const uint64_t late = ++m->flushes % 97 ? 0 : 5000000;

	return late + (way == WAY_BURST ? m->call + (uint64_t)m->b * n : (uint64_t)m->a * n);
}

/* Flushes 'rounds' times 'n' frames. Returns how many went by burst. */
static uint32_t flush(struct chooser *c, struct machine *m, uint32_t n, uint32_t rounds)
{
	uint32_t bursts = 0;

	for (uint32_t i = 0; i < rounds; i++) {
		bool trial;
		const enum way_out way = chooser_pick(c, n, &trial);

		if (trial)
			chooser_learn(c, n, way, time_of(m, way, n));
		bursts += way == WAY_BURST;
	}
	return bursts;
}

static void untried_it_goes_by_experience(void **state)
{
	struct chooser c = { 0 };
	bool trial;

	for (int i = 0; i < CHOOSER_TRIALS; i++)
		chooser_pick(&c, 1, &trial);
	assert_int_equal(chooser_pick(&c, 1, &trial), WAY_AF_XDP);
	assert_false(trial);
	for (int i = 0; i < CHOOSER_TRIALS; i++)
		chooser_pick(&c, 64, &trial);
	assert_int_equal(chooser_pick(&c, 64, &trial), WAY_BURST);
}

static void it_finds_the_cheaper_way_for_each_size(void **state)
{
	struct machine m = { .a = 1000, .b = 650, .call = 3600 };
	struct chooser c = { 0 };
	const uint32_t rounds = 64 * CHOOSER_PERIOD;

	assert_true(flush(&c, &m, 1, rounds) < rounds / 50);
	assert_true(flush(&c, &m, 4, rounds) < rounds / 50);
	assert_true(flush(&c, &m, 32, rounds) > rounds - rounds / 50);
	assert_true(flush(&c, &m, 64, rounds) > rounds - rounds / 50);
	assert_true(flush(&c, &m, 256, rounds) > rounds - rounds / 50);
}

static void it_follows_when_the_machine_changes(void **state)
{
	struct machine m = { .a = 1000, .b = 650, .call = 3600 };
	struct chooser c = { 0 };

	flush(&c, &m, 64, 64 * CHOOSER_PERIOD);
	m = (struct machine){ .a = 300, .b = 650, .call = 3600 };
	flush(&c, &m, 64, 64 * CHOOSER_PERIOD);
	assert_true(flush(&c, &m, 64, CHOOSER_PERIOD) < CHOOSER_PERIOD / 50);
}

static void both_ways_are_tried_in_turn(void **state)
{
	struct chooser c = { 0 };
	uint32_t tried[N_WAYS] = { 0 };

	for (int i = 0; i < CHOOSER_PERIOD; i++) {
		bool trial;
		const enum way_out way = chooser_pick(&c, 7, &trial);

		tried[way] += trial;
	}
	assert_int_equal(tried[WAY_AF_XDP], CHOOSER_TRIALS / 2);
	assert_int_equal(tried[WAY_BURST], CHOOSER_TRIALS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untried_it_goes_by_experience),
		cmocka_unit_test(it_finds_the_cheaper_way_for_each_size),
		cmocka_unit_test(it_follows_when_the_machine_changes),
		cmocka_unit_test(both_ways_are_tried_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
