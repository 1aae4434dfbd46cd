/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "switch/base/macros.h"

/*
 * cuckoo: in which place is this key?
 *
 * The places of the fdb and how they are read while they are written; who may
 * have one and for how long is the fdb's to say.
 *
 * Size     Two places for each address of the capacity, fixed by cuckoo_init().
 *          A bucket is one cache line with three places, a key lives in one of
 *          two buckets. When both are full, entries move to their other bucket.
 *
 * Threads  Readers take no lock: each bucket has a version which is odd while it
 *          is written, and a reader looks again. There is no fence: what lies
 *          between two versions is written with release and read with acquire,
 *          so who sees a new value sees the odd version too. Writers, and all
 *          that is not cuckoo_find() or cuckoo_generation(), need the lock of
 *          the table's owner.
 *
 * Trust    The hash has a secret: two multiplications by secret factors, folded.
 *
 * Sources  Azar et al., "Balanced allocations", 1994 (two choices). Pagh and
 *          Rodler, "Cuckoo hashing", 2001 (moving). Boehm, "Can seqlocks get along
 *          with programming language memory models?", 2012 (no fences).
 */

#define CUCKOO_BUCKET_ENTRIES 3
#define CUCKOO_NOTHING        0          /* key of a free place */
#define CUCKOO_NOWHERE        UINT32_MAX /* not a place */

struct cuckoo_entry {
	_Atomic uint64_t key;
	_Atomic uint32_t seen;
	_Atomic uint16_t port;
	_Atomic uint16_t is_static;
};

struct cuckoo_bucket {
	alignas(CACHE_LINE) _Atomic uint32_t version;
	_Atomic uint32_t generation[CUCKOO_BUCKET_ENTRIES];
	struct cuckoo_entry entries[CUCKOO_BUCKET_ENTRIES];
};
_Static_assert(sizeof(struct cuckoo_bucket) == CACHE_LINE, "a bucket is one cache line");

struct cuckoo {
	uint64_t secret[3];
	uint32_t n_buckets;
	struct cuckoo_bucket *buckets;
};

/* An entry, taken out of the table. */
struct cuckoo_value {
	uint64_t key;
	uint32_t seen;
	uint16_t port;
	bool is_static;
};

/* One consistent reading of an entry. */
struct cuckoo_sight {
	struct cuckoo_entry *entry; /* to renew 'seen'; may be another's by now */
	uint32_t place;             /* or CUCKOO_NOWHERE, and the rest is undefined */
	uint32_t generation;
	uint16_t port;
	bool is_static;
};

/* Told of each entry that cuckoo_make_room() has moved. May remove it. */
typedef void (*cuckoo_moved)(void *arg, uint32_t from, uint32_t to);

/* Makes an empty table for 'capacity' keys. Returns 0 or -ENOMEM. */
int cuckoo_init(struct cuckoo *c, uint32_t capacity, uint64_t seed);
void cuckoo_fini(struct cuckoo *c);

/* Returns the number of places; they are numbered from 0. */
static inline uint32_t cuckoo_places(const struct cuckoo *c)
{
	return c->n_buckets * CUCKOO_BUCKET_ENTRIES;
}

static inline struct cuckoo_bucket *cuckoo_bucket(const struct cuckoo *c, uint32_t place)
{
	return &c->buckets[place / CUCKOO_BUCKET_ENTRIES];
}

static inline struct cuckoo_entry *cuckoo_entry(const struct cuckoo *c, uint32_t place)
{
	return &cuckoo_bucket(c, place)->entries[place % CUCKOO_BUCKET_ENTRIES];
}

/* Returns the generation of 'place'. */
static inline uint32_t cuckoo_generation(const struct cuckoo *c, uint32_t place)
{
	return atomic_load_explicit(
		&cuckoo_bucket(c, place)->generation[place % CUCKOO_BUCKET_ENTRIES],
		memory_order_acquire);
}

/* Returns what is in 'place'. Without the lock: perhaps parts of two entries. */
struct cuckoo_value cuckoo_value(const struct cuckoo *c, uint32_t place);

/* Returns the place of 'key', or CUCKOO_NOWHERE. */
uint32_t cuckoo_place_of(const struct cuckoo *c, uint64_t key);

/* Returns a free place for 'key', after moving others if need be (as few as
 * possible), or CUCKOO_NOWHERE. As long as the capacity is kept, half the places
 * are free; NOWHERE then comes less than once in a billion fillings of the
 * smallest table, and is rarer by far in larger ones. */
uint32_t cuckoo_make_room(struct cuckoo *c, uint64_t key, cuckoo_moved moved, void *arg);

/* Puts 'v' into a free place. */
void cuckoo_fill(struct cuckoo *c, uint32_t place, const struct cuckoo_value *v);

/* Puts 'v' where another entry is, and raises the generation. */
void cuckoo_replace(struct cuckoo *c, uint32_t place, const struct cuckoo_value *v);

/* Frees a place, and raises the generation. */
void cuckoo_clear(struct cuckoo *c, uint32_t place);

/* --- looking up: inline, as it is most of what the fdb costs a frame --- */

/* The two buckets that a key may be in. Never the same. */
struct cuckoo_home {
	uint32_t first, second;
};

static inline uint64_t cuckoo_fold(uint64_t a, uint64_t b)
{
	const unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline struct cuckoo_home cuckoo_home(const struct cuckoo *c, uint64_t key)
{
	const uint64_t h = cuckoo_fold(cuckoo_fold(key ^ c->secret[0], c->secret[1]), c->secret[2]);
	struct cuckoo_home home = {
		.first = (uint32_t)((h >> 32) * c->n_buckets >> 32),
		.second = (uint32_t)((h & UINT32_MAX) * (c->n_buckets - 1) >> 32),
	};

	home.second += home.second >= home.first;
	return home;
}

/* Returns the slot of 'key' in 'b', or CUCKOO_BUCKET_ENTRIES. */
static inline uint32_t cuckoo_slot(const struct cuckoo_bucket *b, uint64_t key)
{
	uint32_t i = 0;

	while (i < CUCKOO_BUCKET_ENTRIES &&
	       atomic_load_explicit(&b->entries[i].key, memory_order_acquire) != key)
		i++;
	return i;
}

/* Looks for 'key' in one bucket. Returns the version that the answer is of. */
static inline uint32_t cuckoo_look(const struct cuckoo *c, uint32_t bucket, uint64_t key,
                                   struct cuckoo_sight *out)
{
	struct cuckoo_bucket *b = &c->buckets[bucket];
	uint32_t version, slot;

	do {
		version = atomic_load_explicit(&b->version, memory_order_acquire);
		slot = cuckoo_slot(b, key);
		out->place = CUCKOO_NOWHERE;
		if (slot < CUCKOO_BUCKET_ENTRIES) {
			struct cuckoo_entry *e = &b->entries[slot];

			out->entry = e;
			out->place = bucket * CUCKOO_BUCKET_ENTRIES + slot;
			out->port = atomic_load_explicit(&e->port, memory_order_acquire);
			out->is_static = atomic_load_explicit(&e->is_static, memory_order_acquire);
			out->generation =
				atomic_load_explicit(&b->generation[slot], memory_order_acquire);
		}
	} while (version & 1 || atomic_load_explicit(&b->version, memory_order_relaxed) != version);
	return version;
}

/* Looks for 'key', which is not CUCKOO_NOTHING. Returns true if it is there.
 *
 * An entry may be moved from the second bucket to the first after we looked
 * there. Both change their version then, so 'not there' holds only if the first
 * is still as it was: at the time of the second look, it was in neither. */
static inline bool cuckoo_find(const struct cuckoo *c, uint64_t key, struct cuckoo_sight *out)
{
	const struct cuckoo_home home = cuckoo_home(c, key);
	struct cuckoo_bucket *first = &c->buckets[home.first];
	uint32_t version;

	do {
		version = cuckoo_look(c, home.first, key, out);
		if (out->place != CUCKOO_NOWHERE)
			return true;
		cuckoo_look(c, home.second, key, out);
		if (out->place != CUCKOO_NOWHERE)
			return true;
	} while (atomic_load_explicit(&first->version, memory_order_relaxed) != version);
	return false;
}
