/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/frame/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "switch/base/macros.h"

/*
 * Workers of two nodes take and give chunks, hand some to each other, and lend
 * some to sockets that close. Every chunk names its present owner; whoever gets
 * one checks that nobody had it. Work is counted, not timed.
 */

enum { NODES = 2, PER_NODE = 1500, TOTAL = NODES * PER_NODE, WORKERS = 4, ROUNDS = 400000 };
enum { NOBODY = 0 };

static struct pool *pool;
static atomic_uint owners[TOTAL];
static atomic_uint n_wrong;
static atomic_uint in_transit[WORKERS]; /* a chunk for this worker, plus one, or 0 */

static void own(uint32_t chunk, unsigned int me)
{
	if (atomic_exchange(&owners[chunk], me) != NOBODY)
		atomic_fetch_add(&n_wrong, 1);
}

static void disown(uint32_t chunk, unsigned int me)
{
	if (atomic_exchange(&owners[chunk], NOBODY) != me)
		atomic_fetch_add(&n_wrong, 1);
}

static void take(struct pool_cache *cache, unsigned int me, uint32_t *mine, uint32_t *n)
{
	uint32_t chunk;

	if (*n % 4)
		chunk = pool_cache_take(cache);
	else if (!pool_take(pool, me % NODES, &chunk, 1))
		return;
	if (chunk == POOL_NONE)
		return;
	own(chunk, me);
	mine[(*n)++] = chunk;
}

/* Hands a chunk to another worker, whose node may be another one. */
static void hand_over(unsigned int me, uint32_t to, uint32_t *mine, uint32_t *n)
{
	unsigned int none = 0;

	if (*n == 0)
		return;
	disown(mine[*n - 1], me);
	if (atomic_compare_exchange_strong(&in_transit[to], &none, mine[*n - 1] + 1))
		(*n)--;
	else
		own(mine[*n - 1], me);
}

static void pick_up(struct pool_cache *cache, unsigned int me)
{
	const uint32_t chunk = atomic_exchange(&in_transit[me - 1], 0);

	if (chunk == 0)
		return;
	own(chunk - 1, me);
	disown(chunk - 1, me);
	pool_cache_give(cache, chunk - 1);
}

static void lend(unsigned int me, uint32_t *mine, uint32_t *n)
{
	if (*n == 0)
		return;
	disown(mine[*n - 1], me);
	pool_lend(pool, mine[--*n], (uint16_t)me);
}

static void *work(void *arg)
{
	const unsigned int me = 1 + (unsigned int)(uintptr_t)arg;
	struct pool_cache cache;
	uint32_t mine[600];
	uint32_t n = 0;
	uint64_t random = me;

	pool_cache_init(&cache, pool, me % NODES);
	for (int round = 0; round < ROUNDS; round++) {
		/* Up and down in long waves, so that caches fill and empty. */
		const uint64_t what = unit_random(&random) % 16 + (round / 1000 % 2 ? 6 : 0);

		if (what < 12 && n < ARRAY_SIZE(mine))
			take(&cache, me, mine, &n);
		else if (what < 14)
			hand_over(me, unit_random(&random) % WORKERS, mine, &n);
		else if (what == 14)
			lend(me, mine, &n);
		else if (n > 0) {
			disown(mine[n - 1], me);
			pool_cache_give(&cache, mine[--n]);
		}
		pick_up(&cache, me);
		if (round % 2000 == 0)
			pool_collect(pool, (uint16_t)me);
	}
	for (uint32_t i = 0; i < n; i++)
		disown(mine[i], me);
	pool_give(pool, mine, n);
	pool_cache_drain(&cache);
	pool_collect(pool, (uint16_t)me);
	return NULL;
}

static void no_chunk_has_two_owners_and_none_is_lost(void **state)
{
	const struct pool_config config = { .n_nodes = NODES, .chunks_per_node = PER_NODE };
	pthread_t ids[WORKERS];

	assert_ok(pool_new(&pool, &config));
	for (uintptr_t i = 0; i < WORKERS; i++)
		assert_ok(pthread_create(&ids[i], NULL, work, (void *)i));
	for (uintptr_t i = 0; i < WORKERS; i++)
		pthread_join(ids[i], NULL);
	for (uint32_t i = 0; i < WORKERS; i++) {
		const uint32_t chunk = atomic_exchange(&in_transit[i], 0);

		if (chunk > 0)
			pool_give(pool, &(uint32_t){ chunk - 1 }, 1);
	}
	assert_int_equal(n_wrong, 0);
	assert_int_equal(pool_in_depots(pool), TOTAL);
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_chunk_has_two_owners_and_none_is_lost),
	};

	return cmocka_run_group_tests_name("pool, threads", tests, NULL, NULL);
}
