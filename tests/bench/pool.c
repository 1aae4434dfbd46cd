/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs to take a chunk and give it back: out of the worker's own
 * cache, and so many at a time that the depot and its lock are needed.
 */
#include "tests/bench/bench.h"

#include "switch/frame/pool.h"

#define CHUNKS     8192
#define REFILL     32  /* as a fill ring takes them */
#define MANY       512 /* more than a cache holds */
#define OPERATIONS (1u << 17)

static uint64_t one_by_one(void *arg, uint32_t n)
{
	struct pool_cache *cache = arg;
	const uint64_t then = bench_clock();

	for (uint32_t i = 0; i < n; i++) {
		const uint32_t chunk = pool_cache_take(cache);

		bench_use(chunk);
		pool_cache_give(cache, chunk);
	}
	return bench_clock() - then;
}

static uint64_t as_refill(void *arg, uint32_t n)
{
	struct pool_cache *cache = arg;
	const uint64_t then = bench_clock();
	uint32_t chunks[REFILL];

	for (uint32_t i = 0; i < n; i += REFILL) {
		pool_cache_take_all(cache, chunks, REFILL);
		for (uint32_t j = 0; j < REFILL; j++)
			pool_cache_give(cache, chunks[j]);
	}
	return bench_clock() - then;
}

static uint64_t by_depot(void *arg, uint32_t n)
{
	struct pool_cache *cache = arg;
	const uint64_t then = bench_clock();
	uint32_t chunks[MANY];

	for (uint32_t i = 0; i < n; i += MANY) {
		for (uint32_t j = 0; j < MANY; j++)
			chunks[j] = pool_cache_take(cache);
		for (uint32_t j = 0; j < MANY; j++)
			pool_cache_give(cache, chunks[j]);
	}
	return bench_clock() - then;
}

struct loan {
	struct pool *pool;
	uint32_t chunk;
};

static uint64_t lend(void *arg, uint32_t n)
{
	struct loan *loan = arg;
	const uint64_t then = bench_clock();

	for (uint32_t i = 0; i < n; i++) {
		pool_lend(loan->pool, loan->chunk, 1);
		loan->chunk = (loan->chunk + 1) % CHUNKS;
	}
	return bench_clock() - then;
}

int main(int argc, char **argv)
{
	const struct pool_config config = { .n_nodes = 1, .chunks_per_node = CHUNKS };
	const struct bench b = bench_open("pool", "chunk", argc, argv);
	struct pool_cache *cache = bench_alloc(sizeof(*cache));
	struct loan loan = { 0 };

	if (pool_new(&loan.pool, &config))
		abort();
	pool_cache_init(cache, loan.pool, 0);
	bench_measure(&b, "take and give, from the cache", one_by_one, cache, OPERATIONS);
	bench_measure(&b, "take 32 at once and give each, from the cache", as_refill, cache,
	              OPERATIONS);
	bench_measure(&b, "take and give, by way of the depot", by_depot, cache, OPERATIONS);
	bench_measure(&b, "lend", lend, &loan, OPERATIONS);
	pool_cache_drain(cache);
	pool_free(loan.pool);
	free(cache);
	return 0;
}
