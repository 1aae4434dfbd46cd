/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/frame/pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "switch/base/macros.h"

enum { NODES = 3, PER_NODE = 1000, TOTAL = NODES * PER_NODE };

static int a_pool(void **state)
{
	return pool_new((struct pool **)state,
	                &(struct pool_config){ .n_nodes = NODES, .chunks_per_node = PER_NODE });
}

static int no_pool(void **state)
{
	assert_int_equal(pool_in_depots(*state), TOTAL);
	pool_free(*state);
	return 0;
}

static void new_pool_holds_every_chunk_once(void **state)
{
	bool seen[TOTAL] = { false };
	uint32_t chunks[PER_NODE + 1];

	assert_int_equal(pool_total(*state), TOTAL);
	assert_int_equal(pool_in_depots(*state), TOTAL);
	for (uint32_t node = 0; node < NODES; node++) {
		assert_int_equal(pool_take(*state, node, chunks, PER_NODE + 1), PER_NODE);
		assert_int_equal(pool_take(*state, node, chunks + PER_NODE, 1), 0);
		for (uint32_t i = 0; i < PER_NODE; i++) {
			assert_in_range(chunks[i], node * PER_NODE, (node + 1) * PER_NODE - 1);
			assert_false(seen[chunks[i]]);
			seen[chunks[i]] = true;
		}
		pool_give(*state, chunks, PER_NODE);
	}
}

static void given_chunks_go_home(void **state)
{
	const uint32_t mixed[] = { 0, 2 * PER_NODE, 1, PER_NODE, PER_NODE - 1, TOTAL - 1 };
	uint32_t chunks[PER_NODE];

	for (uint32_t node = 0; node < NODES; node++)
		assert_int_equal(pool_take(*state, node, chunks, PER_NODE), PER_NODE);
	pool_give(*state, mixed, ARRAY_SIZE(mixed));
	assert_int_equal(pool_in_depots(*state), ARRAY_SIZE(mixed));
	assert_int_equal(pool_take(*state, 0, chunks, 10), 3);
	assert_int_equal(pool_take(*state, 1, chunks + 3, 10), 1);
	assert_int_equal(pool_take(*state, 2, chunks + 4, 10), 2);
	assert_int_equal(chunks[3], PER_NODE);

	for (uint32_t chunk = 0; chunk < TOTAL; chunk++)
		pool_give(*state, &chunk, 1);
}

static void cache_takes_from_its_own_node(void **state)
{
	struct pool_cache cache;
	uint32_t chunks[PER_NODE];

	pool_cache_init(&cache, *state, 1);
	for (uint32_t i = 0; i < PER_NODE; i++) {
		chunks[i] = pool_cache_take(&cache);
		assert_in_range(chunks[i], PER_NODE, 2 * PER_NODE - 1);
	}
	assert_int_equal(pool_cache_take(&cache), POOL_NONE);
	assert_int_equal(pool_cache_held(&cache), 0);
	for (uint32_t i = 0; i < PER_NODE; i++)
		pool_cache_give(&cache, chunks[i]);
	pool_cache_drain(&cache);
}

static void cache_touches_the_depot_once_per_exchange(void **state)
{
	struct pool_cache cache;
	uint32_t chunks[3 * POOL_EXCHANGE];

	pool_cache_init(&cache, *state, 0);
	for (uint32_t i = 0; i < POOL_EXCHANGE; i++)
		chunks[i] = pool_cache_take(&cache);
	assert_int_equal(pool_in_depots(*state), TOTAL - POOL_EXCHANGE);
	for (uint32_t i = POOL_EXCHANGE; i < ARRAY_SIZE(chunks); i++)
		chunks[i] = pool_cache_take(&cache);
	assert_int_equal(pool_in_depots(*state), TOTAL - 3 * POOL_EXCHANGE);

	for (uint32_t i = 0; i < 2 * POOL_EXCHANGE; i++)
		pool_cache_give(&cache, chunks[i]);
	assert_int_equal(pool_in_depots(*state), TOTAL - 3 * POOL_EXCHANGE);
	pool_cache_give(&cache, chunks[2 * POOL_EXCHANGE]);
	assert_int_equal(pool_in_depots(*state), TOTAL - 2 * POOL_EXCHANGE);
	assert_int_equal(pool_cache_take(&cache), chunks[2 * POOL_EXCHANGE]); /* the warmest */
	assert_int_equal(pool_cache_take(&cache), chunks[2 * POOL_EXCHANGE - 1]);
	for (uint32_t i = 2 * POOL_EXCHANGE - 1; i < ARRAY_SIZE(chunks); i++)
		pool_cache_give(&cache, chunks[i]);
	pool_cache_drain(&cache);
}

static void foreign_chunks_are_sent_home_in_bulk(void **state)
{
	struct pool_cache cache;
	uint32_t chunks[POOL_EXCHANGE + 1];

	assert_int_equal(pool_take(*state, 2, chunks, ARRAY_SIZE(chunks)), ARRAY_SIZE(chunks));
	pool_cache_init(&cache, *state, 0);
	for (uint32_t i = 0; i < POOL_EXCHANGE; i++)
		pool_cache_give(&cache, chunks[i]);
	assert_int_equal(pool_in_depots(*state), TOTAL - POOL_EXCHANGE - 1);
	assert_int_equal(pool_cache_held(&cache), POOL_EXCHANGE);
	pool_cache_give(&cache, chunks[POOL_EXCHANGE]);
	assert_int_equal(pool_in_depots(*state), TOTAL - 1);
	assert_int_equal(pool_cache_held(&cache), 1);
	assert_in_range(pool_cache_take(&cache), 0, PER_NODE - 1); /* not the foreign one */
	pool_cache_give(&cache, 0);
	pool_cache_drain(&cache);
}

/* Foreign chunks in hand are better than a lost frame, but only these go out. */
static void foreign_chunks_are_taken_when_there_is_nothing_else(void **state)
{
	struct pool_cache cache;
	uint32_t own[PER_NODE], chunks[10];

	assert_int_equal(pool_take(*state, 0, own, PER_NODE), PER_NODE);
	pool_cache_init(&cache, *state, 0);
	assert_int_equal(pool_take(*state, 1, chunks, 4), 4);
	for (uint32_t i = 0; i < 4; i++)
		pool_cache_give(&cache, chunks[i]);
	pool_cache_give(&cache, own[0]);

	assert_int_equal(pool_cache_take_all(&cache, chunks, 6), 0);
	assert_int_equal(pool_cache_held(&cache), 5);
	assert_int_equal(pool_cache_take_all(&cache, chunks, 3), 3);
	assert_int_equal(pool_cache_held(&cache), 2);
	pool_give(*state, chunks, 3);
	pool_give(*state, own + 1, PER_NODE - 1);
	pool_cache_drain(&cache);
}

static void all_or_nothing(void **state)
{
	struct pool_cache cache;
	uint32_t chunks[PER_NODE];

	pool_cache_init(&cache, *state, 0);
	assert_int_equal(pool_take(*state, 0, chunks, PER_NODE - 100), PER_NODE - 100);
	assert_int_equal(pool_cache_take_all(&cache, chunks + PER_NODE - 100, 101), 0);
	assert_int_equal(pool_cache_take_all(&cache, chunks + PER_NODE - 100, 100), 100);
	assert_int_equal(pool_cache_take_all(&cache, chunks, 0), 0);
	pool_give(*state, chunks, PER_NODE);

	for (uint32_t i = 0; i < 3; i++)
		chunks[i] = pool_cache_take(&cache);
	assert_int_equal(pool_cache_take_all(&cache, chunks + 3, POOL_EXCHANGE), POOL_EXCHANGE);
	pool_give(*state, chunks, 3 + POOL_EXCHANGE);
	pool_cache_drain(&cache);
}

static void closed_socket_loses_what_it_was_lent(void **state)
{
	uint32_t chunks[300];

	for (uint32_t i = 0; i < 300; i += 100)
		assert_int_equal(pool_take(*state, i / 100, chunks + i, 100), 100);
	for (uint32_t i = 0; i < 300; i++)
		pool_lend(*state, chunks[i], i % 2 ? 7 : UINT16_MAX);
	pool_lend(*state, chunks[1], POOL_MINE);
	assert_int_equal(pool_lent_to(*state, chunks[0]), UINT16_MAX);
	assert_int_equal(pool_lent_to(*state, chunks[1]), POOL_MINE);

	assert_int_equal(pool_collect(*state, POOL_MINE), 0);
	assert_int_equal(pool_collect(*state, 8), 0);
	assert_int_equal(pool_collect(*state, 7), 149);
	assert_int_equal(pool_in_depots(*state), TOTAL - 151);
	assert_int_equal(pool_lent_to(*state, chunks[3]), POOL_MINE);
	assert_int_equal(pool_collect(*state, 7), 0);
	assert_int_equal(pool_collect(*state, UINT16_MAX), 150);
	pool_give(*state, &chunks[1], 1);
}

/* --- the ledger ------------------------------------------------------------ */

enum { WORKERS = 4, STEPS = 50000 };

/* Who has each chunk, as the test believes. */
struct model {
	struct pool *pool;
	struct pool_cache caches[WORKERS];
	uint32_t loose[TOTAL]; /* taken, by nobody's cache */
	uint32_t n_loose;
	bool is_loose[TOTAL];
	uint32_t n_lent;
};

static void hold(struct model *m, uint32_t chunk)
{
	assert_true(chunk < TOTAL);
	assert_false(m->is_loose[chunk]);
	assert_int_equal(pool_lent_to(m->pool, chunk), POOL_MINE);
	m->is_loose[chunk] = true;
	m->loose[m->n_loose++] = chunk;
}

static uint32_t let_go(struct model *m, uint64_t random)
{
	const uint32_t i = random % m->n_loose;
	const uint32_t chunk = m->loose[i];

	m->loose[i] = m->loose[--m->n_loose];
	m->is_loose[chunk] = false;
	return chunk;
}

static void take_some(struct model *m, struct pool_cache *cache, uint32_t n, uint64_t how)
{
	uint32_t chunks[POOL_EXCHANGE];
	uint32_t got = 0;

	if (how % 3 == 0)
		got = pool_cache_take_all(cache, chunks, n);
	else if (how % 3 == 1)
		got = pool_take(m->pool, how % NODES, chunks, n);
	else
		while (got < n && (chunks[got] = pool_cache_take(cache)) != POOL_NONE)
			got++;
	for (uint32_t i = 0; i < got; i++)
		hold(m, chunks[i]);
}

static void give_some(struct model *m, struct pool_cache *cache, uint32_t n, uint64_t *random)
{
	uint32_t chunks[POOL_EXCHANGE];
	const bool directly = unit_random(random) % 3 == 0;

	n = MIN(n, m->n_loose);
	for (uint32_t i = 0; i < n; i++)
		chunks[i] = let_go(m, unit_random(random));
	if (directly)
		pool_give(m->pool, chunks, n);
	for (uint32_t i = 0; i < n && !directly; i++)
		pool_cache_give(cache, chunks[i]);
}

static void lend_some(struct model *m, uint32_t n, uint64_t *random)
{
	n = MIN(n, m->n_loose);
	for (uint32_t i = 0; i < n; i++)
		pool_lend(m->pool, let_go(m, unit_random(random)), 1);
	m->n_lent += n;
}

static void assert_ledger(struct model *m)
{
	uint32_t held = 0;

	for (int i = 0; i < WORKERS; i++)
		held += pool_cache_held(&m->caches[i]);
	assert_int_equal(pool_in_depots(m->pool) + held + m->n_loose + m->n_lent, TOTAL);
}

static void every_chunk_has_one_owner_at_all_times(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	uint64_t random = 99;

	m->pool = *state;
	for (uint32_t i = 0; i < WORKERS; i++)
		pool_cache_init(&m->caches[i], *state, i % NODES);
	for (int step = 0; step < STEPS; step++) {
		struct pool_cache *cache = &m->caches[unit_random(&random) % WORKERS];
		const uint32_t n = unit_random(&random) % (POOL_EXCHANGE + 1);
		const uint64_t what = unit_random(&random) % 100;

		if (what < 48)
			take_some(m, cache, n, unit_random(&random));
		else if (what < 94)
			give_some(m, cache, n, &random);
		else if (what < 97)
			lend_some(m, n, &random);
		else if (what < 99)
			pool_cache_drain(cache);
		else
			m->n_lent -= pool_collect(*state, 1);
		assert_ledger(m);
	}
	assert_int_equal(pool_collect(*state, 1), m->n_lent);
	while (m->n_loose)
		pool_cache_give(&m->caches[0], let_go(m, 0));
	for (int i = 0; i < WORKERS; i++)
		pool_cache_drain(&m->caches[i]);
	free(m);
	new_pool_holds_every_chunk_once(state);
}

static void failed_new_leaves_its_result_alone(void **state)
{
	static const struct pool_config wrong[] = {
		{ 0, 10 },
		{ 1, 0 },
		{ POOL_NODES + 1, 10 },
		{ 2, 1u << 31 },
		{ 3, UINT32_MAX / 3 }, /* POOL_NONE would be a chunk's neighbour */
	};
	struct pool *pool = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(pool_new(&pool, &wrong[i]), -EINVAL);
	assert_ptr_equal(pool, *state);
	pool_free(NULL);
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_pool, no_pool)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(new_pool_holds_every_chunk_once),
		test(given_chunks_go_home),
		test(cache_takes_from_its_own_node),
		test(cache_touches_the_depot_once_per_exchange),
		test(foreign_chunks_are_sent_home_in_bulk),
		test(foreign_chunks_are_taken_when_there_is_nothing_else),
		test(all_or_nothing),
		test(closed_socket_loses_what_it_was_lent),
		test(every_chunk_has_one_owner_at_all_times),
		test(failed_new_leaves_its_result_alone),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
