/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/frame/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "switch/base/macros.h"

/* The chunks of one node that nobody has: a stack, so that the chunk given
 * last, which is the warmest, is taken first. */
struct depot {
	alignas(CACHE_LINE) pthread_mutex_t lock;
	_Atomic uint32_t n;
	uint32_t *chunks; /* room for every chunk of the node */
};

struct pool {
	uint32_t n_nodes;
	uint32_t chunks_per_node;
	uint32_t *chunks;       /* what the depots' stacks are made of */
	_Atomic uint16_t *lent; /* of each chunk: the socket, or POOL_MINE */
	struct depot depots[POOL_NODES];
};

static bool config_is_valid(const struct pool_config *config)
{
	const uint64_t total = (uint64_t)config->n_nodes * config->chunks_per_node;

	return config->n_nodes <= POOL_NODES && total > 0 && total < POOL_NONE;
}

/* The lowest chunk is on top. */
static void depot_init(struct depot *depot, uint32_t *chunks, uint32_t first, uint32_t n)
{
	pthread_mutex_init(&depot->lock, NULL);
	depot->n = n;
	depot->chunks = chunks;
	for (uint32_t i = 0; i < n; i++)
		chunks[i] = first + n - 1 - i;
}

int pool_new(struct pool **out, const struct pool_config *config)
{
	struct pool *pool;
	uint32_t total;

	if (!config_is_valid(config))
		return -EINVAL;
	total = config->n_nodes * config->chunks_per_node;

	pool = aligned_alloc(alignof(struct pool), sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	*pool = (struct pool){ .chunks_per_node = config->chunks_per_node };
	pool->chunks = calloc(total, sizeof(*pool->chunks));
	pool->lent = calloc(total, sizeof(*pool->lent));
	if (!pool->chunks || !pool->lent) {
		pool_free(pool);
		return -ENOMEM;
	}
	for (; pool->n_nodes < config->n_nodes; pool->n_nodes++) {
		const uint32_t first = pool->n_nodes * pool->chunks_per_node;

		depot_init(&pool->depots[pool->n_nodes], pool->chunks + first, first,
		           pool->chunks_per_node);
	}
	*out = pool;
	return 0;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	for (uint32_t node = 0; node < pool->n_nodes; node++)
		pthread_mutex_destroy(&pool->depots[node].lock);
	free(pool->lent);
	free(pool->chunks);
	free(pool);
}

uint32_t pool_total(const struct pool *pool)
{
	return pool->n_nodes * pool->chunks_per_node;
}

uint32_t pool_in_depots(const struct pool *pool)
{
	uint32_t n = 0;

	for (uint32_t node = 0; node < pool->n_nodes; node++)
		n += atomic_load_explicit(&pool->depots[node].n, memory_order_relaxed);
	return n;
}

/* True for a chunk of 'node': the subtraction wraps for those below. */
static inline bool is_of_node(const struct pool *pool, uint32_t chunk, uint32_t node)
{
	return chunk - node * pool->chunks_per_node < pool->chunks_per_node;
}

static uint32_t node_of(const struct pool *pool, uint32_t chunk)
{
	return chunk / pool->chunks_per_node;
}

uint32_t pool_take(struct pool *pool, uint32_t node, uint32_t *chunks, uint32_t n)
{
	struct depot *depot = &pool->depots[node];

	pthread_mutex_lock(&depot->lock);
	n = MIN(n, depot->n);
	depot->n -= n;
	memcpy(chunks, depot->chunks + depot->n, n * sizeof(*chunks));
	pthread_mutex_unlock(&depot->lock);
	return n;
}

/* More chunks than the node has: one was given twice, and two frames would be
 * written over each other. */
static void put(struct pool *pool, uint32_t node, const uint32_t *chunks, uint32_t n)
{
	struct depot *depot = &pool->depots[node];

	pthread_mutex_lock(&depot->lock);
	assert(n <= pool->chunks_per_node - depot->n);
	memcpy(depot->chunks + depot->n, chunks, n * sizeof(*chunks));
	depot->n += n;
	pthread_mutex_unlock(&depot->lock);
}

void pool_give(struct pool *pool, const uint32_t *chunks, uint32_t n)
{
	while (n > 0) {
		const uint32_t node = node_of(pool, chunks[0]);
		uint32_t run = 1;

		assert(node < pool->n_nodes);
		while (run < n && is_of_node(pool, chunks[run], node))
			run++;
		put(pool, node, chunks, run);
		chunks += run;
		n -= run;
	}
}

void pool_cache_init(struct pool_cache *cache, struct pool *pool, uint32_t node)
{
	cache->pool = pool;
	cache->node = node;
	cache->n = 0;
	cache->n_away = 0;
}

/* Sees to it that the next 'n' chunks can be taken, or returns false. Chunks of
 * other nodes are better than none: of these it brings just what is missing. */
static bool restock(struct pool_cache *cache, uint32_t n)
{
	cache->n += pool_take(cache->pool, cache->node, cache->chunk + cache->n, POOL_EXCHANGE);
	if (cache->n + cache->n_away < n)
		return false;
	while (cache->n < n)
		cache->chunk[cache->n++] = cache->away[--cache->n_away];
	return true;
}

uint32_t pool_cache_take(struct pool_cache *cache)
{
	if (cache->n == 0 && !restock(cache, 1))
		return POOL_NONE;
	return cache->chunk[--cache->n];
}

uint32_t pool_cache_take_all(struct pool_cache *cache, uint32_t *chunks, uint32_t n)
{
	if (cache->n < n && !restock(cache, n))
		return 0;
	cache->n -= n;
	memcpy(chunks, cache->chunk + cache->n, n * sizeof(*chunks));
	return n;
}

/* Gives the older half of a full stock back; the warmer half stays. */
static void unload(struct pool_cache *cache)
{
	pool_give(cache->pool, cache->chunk, POOL_EXCHANGE);
	cache->n -= POOL_EXCHANGE;
	memcpy(cache->chunk, cache->chunk + POOL_EXCHANGE, cache->n * sizeof(*cache->chunk));
}

static void give_away(struct pool_cache *cache, uint32_t chunk)
{
	if (cache->n_away == ARRAY_SIZE(cache->away)) {
		pool_give(cache->pool, cache->away, cache->n_away);
		cache->n_away = 0;
	}
	cache->away[cache->n_away++] = chunk;
}

void pool_cache_give(struct pool_cache *cache, uint32_t chunk)
{
	if (!is_of_node(cache->pool, chunk, cache->node)) {
		give_away(cache, chunk);
		return;
	}
	if (cache->n == ARRAY_SIZE(cache->chunk))
		unload(cache);
	cache->chunk[cache->n++] = chunk;
}

uint32_t pool_cache_held(const struct pool_cache *cache)
{
	return cache->n + cache->n_away;
}

void pool_cache_drain(struct pool_cache *cache)
{
	pool_give(cache->pool, cache->chunk, cache->n);
	pool_give(cache->pool, cache->away, cache->n_away);
	cache->n = 0;
	cache->n_away = 0;
}

void pool_lend(struct pool *pool, uint32_t chunk, uint16_t socket)
{
	atomic_store_explicit(&pool->lent[chunk], socket, memory_order_relaxed);
}

uint16_t pool_lent_to(const struct pool *pool, uint32_t chunk)
{
	return atomic_load_explicit(&pool->lent[chunk], memory_order_relaxed);
}

/* Other chunks may change hands meanwhile; those of a closed socket do not. */
uint32_t pool_collect(struct pool *pool, uint16_t socket)
{
	const uint32_t total = pool_total(pool);
	uint32_t found[POOL_EXCHANGE];
	uint32_t n_found = 0;
	uint32_t n = 0;

	if (socket == POOL_MINE)
		return 0;
	for (uint32_t chunk = 0; chunk < total; chunk++) {
		if (pool_lent_to(pool, chunk) != socket)
			continue;
		pool_lend(pool, chunk, POOL_MINE);
		found[n_found++] = chunk;
		n++;
		if (n_found == POOL_EXCHANGE) {
			pool_give(pool, found, n_found);
			n_found = 0;
		}
	}
	pool_give(pool, found, n_found);
	return n;
}
