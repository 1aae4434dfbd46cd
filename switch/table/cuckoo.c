/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/table/cuckoo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIN_BUCKETS    64  /* with fewer, too many keys share both buckets */
#define SEARCH_BUCKETS 128 /* looked at, at most, to make room for one key */

static const struct cuckoo_value nobody = { .key = CUCKOO_NOTHING };

/* The next of a sequence of 64-bit numbers: splitmix64, Steele et al. 2014. */
static uint64_t next_secret(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

int cuckoo_init(struct cuckoo *c, uint32_t capacity, uint64_t seed)
{
	const uint32_t wanted = (uint32_t)(2ull * capacity / CUCKOO_BUCKET_ENTRIES) + 1;
	const uint32_t n = MAX(wanted, MIN_BUCKETS);
	struct cuckoo_bucket *buckets;

	buckets = aligned_alloc(alignof(struct cuckoo_bucket), n * sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	memset(buckets, 0, n * sizeof(*buckets));
	c->secret[0] = next_secret(&seed);
	c->secret[1] = next_secret(&seed) | 1;
	c->secret[2] = next_secret(&seed) | 1;
	c->n_buckets = n;
	c->buckets = buckets;
	return 0;
}

void cuckoo_fini(struct cuckoo *c)
{
	free(c->buckets);
}

struct cuckoo_value cuckoo_value(const struct cuckoo *c, uint32_t place)
{
	struct cuckoo_entry *e = cuckoo_entry(c, place);

	return (struct cuckoo_value){ e->key, e->seen, e->port, e->is_static };
}

uint32_t cuckoo_place_of(const struct cuckoo *c, uint64_t key)
{
	const struct cuckoo_home home = cuckoo_home(c, key);
	uint32_t slot = cuckoo_slot(&c->buckets[home.first], key);

	if (slot < CUCKOO_BUCKET_ENTRIES)
		return home.first * CUCKOO_BUCKET_ENTRIES + slot;
	slot = cuckoo_slot(&c->buckets[home.second], key);
	if (slot < CUCKOO_BUCKET_ENTRIES)
		return home.second * CUCKOO_BUCKET_ENTRIES + slot;
	return CUCKOO_NOWHERE;
}

static void open_bucket(struct cuckoo_bucket *b)
{
	atomic_store_explicit(&b->version, b->version + 1, memory_order_relaxed);
}

static void close_bucket(struct cuckoo_bucket *b)
{
	atomic_store_explicit(&b->version, b->version + 1, memory_order_release);
}

static void store(struct cuckoo_entry *e, const struct cuckoo_value *v)
{
	atomic_store_explicit(&e->key, v->key, memory_order_release);
	atomic_store_explicit(&e->seen, v->seen, memory_order_release);
	atomic_store_explicit(&e->port, v->port, memory_order_release);
	atomic_store_explicit(&e->is_static, v->is_static, memory_order_release);
}

/* Comes after the change: who still has the old generation when asked has not
 * acted on the new entry. */
static void raise_generation(struct cuckoo_bucket *b, uint32_t place)
{
	_Atomic uint32_t *generation = &b->generation[place % CUCKOO_BUCKET_ENTRIES];

	atomic_store_explicit(generation, *generation + 1, memory_order_release);
}

void cuckoo_fill(struct cuckoo *c, uint32_t place, const struct cuckoo_value *v)
{
	struct cuckoo_bucket *b = cuckoo_bucket(c, place);

	open_bucket(b);
	store(cuckoo_entry(c, place), v);
	close_bucket(b);
}

void cuckoo_replace(struct cuckoo *c, uint32_t place, const struct cuckoo_value *v)
{
	struct cuckoo_bucket *b = cuckoo_bucket(c, place);

	open_bucket(b);
	store(cuckoo_entry(c, place), v);
	raise_generation(b, place);
	close_bucket(b);
}

void cuckoo_clear(struct cuckoo *c, uint32_t place)
{
	cuckoo_replace(c, place, &nobody);
}

/* Both buckets are open at once, so that no reader finds the entry in neither. */
static void relocate(struct cuckoo *c, uint32_t from, uint32_t to)
{
	const struct cuckoo_value v = cuckoo_value(c, from);
	struct cuckoo_bucket *source = cuckoo_bucket(c, from);
	struct cuckoo_bucket *target = cuckoo_bucket(c, to);

	open_bucket(source);
	open_bucket(target);
	store(cuckoo_entry(c, to), &v);
	store(cuckoo_entry(c, from), &nobody);
	raise_generation(source, from);
	close_bucket(target);
	close_bucket(source);
}

/* A bucket in the search for a free place: it would take the entry in 'slot' of
 * the bucket of step 'parent'. The first two steps are the key's own buckets. */
struct step {
	uint32_t bucket;
	uint8_t parent;
	uint8_t slot;
};
_Static_assert(SEARCH_BUCKETS <= UINT8_MAX + 1, "a step fits into 'parent'");

/* Adds the other buckets of the entries in steps[i]. Returns how many steps
 * there are then. */
static uint32_t branch_out(const struct cuckoo *c, struct step steps[], uint32_t i, uint32_t n)
{
	const uint32_t bucket = steps[i].bucket;

	for (uint8_t slot = 0; slot < CUCKOO_BUCKET_ENTRIES && n < SEARCH_BUCKETS; slot++) {
		const struct cuckoo_home home =
			cuckoo_home(c, c->buckets[bucket].entries[slot].key);

		steps[n++] = (struct step){
			.bucket = home.first == bucket ? home.second : home.first,
			.parent = (uint8_t)i,
			.slot = slot,
		};
	}
	return n;
}

/* Returns the index of the first step whose bucket has a free place, or
 * CUCKOO_NOWHERE. */
static uint32_t search(const struct cuckoo *c, struct step steps[], uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (cuckoo_slot(&c->buckets[steps[i].bucket], CUCKOO_NOTHING) <
		    CUCKOO_BUCKET_ENTRIES)
			break;
		n = branch_out(c, steps, i, n);
	}
	return i < n ? i : CUCKOO_NOWHERE;
}

/* The search is breadth first, so the way found is a shortest one and meets no
 * bucket twice: moving its last entry first always finds the next place free. */
uint32_t cuckoo_make_room(struct cuckoo *c, uint64_t key, cuckoo_moved moved, void *arg)
{
	const struct cuckoo_home home = cuckoo_home(c, key);
	struct step steps[SEARCH_BUCKETS];
	uint32_t i, room;

	steps[0] = (struct step){ .bucket = home.first };
	steps[1] = (struct step){ .bucket = home.second };
	i = search(c, steps, 2);
	if (i == CUCKOO_NOWHERE)
		return CUCKOO_NOWHERE;
	room = steps[i].bucket * CUCKOO_BUCKET_ENTRIES +
	       cuckoo_slot(&c->buckets[steps[i].bucket], CUCKOO_NOTHING);
	for (; i >= 2; i = steps[i].parent) {
		const uint32_t bucket = steps[steps[i].parent].bucket;
		const uint32_t from = bucket * CUCKOO_BUCKET_ENTRIES + steps[i].slot;

		relocate(c, from, room);
		moved(arg, from, room);
		room = from;
	}
	return room;
}
