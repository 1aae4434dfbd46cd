/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * pool: who holds the chunks that nobody needs just now?
 *
 * The UMEM is cut into chunks, numbered from 0. Every chunk has one owner:
 * a depot of the pool, a worker (in its cache, its batch or on its way to
 * another worker), or the kernel (lent to a socket's fill or TX side).
 *
 * Each NUMA node has a depot with the chunks of its own memory. Workers take
 * and give through a private cache, which exchanges POOL_EXCHANGE chunks at a
 * time with the depot of its node, so the depot's lock is rarely touched. A
 * chunk of another node goes home: caches collect such chunks and give them
 * back in bulk.
 *
 * Size     Fixed by pool_new(); nothing is allocated later.
 *
 * Threads  A cache belongs to one worker. pool_take() and pool_give() may be
 *          called by any thread. pool_lend() and pool_lent_to() are for the
 *          chunk's present owner.
 *
 * The pool knows to which socket a chunk is lent: when a socket is closed, its
 * rings do not return what the kernel still holds, so everything marked with
 * the socket's name is collected by pool_collect().
 */
struct pool;

#define POOL_EXCHANGE 128
#define POOL_NONE     UINT32_MAX
#define POOL_NODES    8 /* NUMA nodes at most */
#define POOL_MINE     0 /* lender of a chunk that is not with the kernel */

struct pool_config {
	uint32_t n_nodes;         /* 1 to POOL_NODES */
	uint32_t chunks_per_node; /* node n has chunks [n * this, (n + 1) * this) */
};

/* One worker's stock. All fields are the pool's own. */
struct pool_cache {
	struct pool *pool;
	uint32_t node;
	uint32_t n;      /* chunks of the own node in 'chunk' */
	uint32_t n_away; /* chunks of other nodes in 'away' */
	uint32_t chunk[2 * POOL_EXCHANGE];
	uint32_t away[POOL_EXCHANGE];
};

/* Makes a pool with every chunk in its node's depot. Returns 0, -EINVAL for
 * zero or too many nodes or chunks, or -ENOMEM. */
int pool_new(struct pool **out, const struct pool_config *config);

/* Frees 'pool', which may be NULL. Every cache must have been drained. */
void pool_free(struct pool *pool);

/* Returns how many chunks the pool was made with, on all nodes. */
uint32_t pool_total(const struct pool *pool);

/* Returns how many chunks the depots hold now. Takes no lock. */
uint32_t pool_in_depots(const struct pool *pool);

/* Takes up to 'n' chunks from the depot of 'node'. Returns how many. */
uint32_t pool_take(struct pool *pool, uint32_t node, uint32_t *chunks, uint32_t n);

/* Gives 'n' chunks back, each to the depot of its own node. */
void pool_give(struct pool *pool, const uint32_t *chunks, uint32_t n);

/* Prepares an empty cache for a worker on 'node'. */
void pool_cache_init(struct pool_cache *cache, struct pool *pool, uint32_t node);

/* Returns one chunk, or POOL_NONE when cache and depot are empty. */
uint32_t pool_cache_take(struct pool_cache *cache);

/* Takes 'n' chunks, or none. Returns 'n' or 0. 'n' at most POOL_EXCHANGE. */
uint32_t pool_cache_take_all(struct pool_cache *cache, uint32_t *chunks, uint32_t n);

/* Gives one chunk back. */
void pool_cache_give(struct pool_cache *cache, uint32_t chunk);

/* Returns how many chunks the cache holds, of any node. */
uint32_t pool_cache_held(const struct pool_cache *cache);

/* Gives everything in 'cache' back to the depots. */
void pool_cache_drain(struct pool_cache *cache);

/* Notes that 'chunk' is now lent to 'socket' (1 to 65535), or with POOL_MINE
 * that it has come back. */
void pool_lend(struct pool *pool, uint32_t chunk, uint16_t socket);

/* Returns to whom 'chunk' is lent: a socket, or POOL_MINE. */
uint16_t pool_lent_to(const struct pool *pool, uint32_t chunk);

/* Gives back everything lent to 'socket', which must be closed. Returns how
 * many chunks that were. */
uint32_t pool_collect(struct pool *pool, uint16_t socket);
