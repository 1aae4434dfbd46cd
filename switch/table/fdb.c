/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/table/fdb.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "switch/base/macros.h"
#include "switch/table/cuckoo.h"
#include "switch/table/share.h"

#define MAX_CAPACITY (1u << 22)
#define CANDIDATES   4 /* looked at, at most, to choose whom to evict */

/* The entries that a sweep removes. */
struct doom {
	uint16_t port; /* or FDB_ANY_PORT */
	uint16_t vlan; /* or FDB_ANY_VLAN */
	uint32_t seen_until;
	bool statics_too;
	size_t n; /* removed so far */
};

struct fdb {
	struct cuckoo places; /* all that a look-up reads */

	/* What writers share, under the lock; the counters are read without. */
	alignas(CACHE_LINE) pthread_mutex_t writer;
	uint32_t capacity;
	uint32_t max_idle;
	struct doom *doom; /* of the sweep under way, or NULL */
	_Atomic uint32_t n_entries;
	_Atomic uint64_t moved, evicted, expired;
	struct share learned; /* entries of each port */
};

/* --- a life ---------------------------------------------------------------- */

int fdb_new(struct fdb **out, const struct fdb_config *config)
{
	struct fdb *fdb;

	if (config->capacity == 0 || config->capacity > MAX_CAPACITY || config->max_idle == 0)
		return -EINVAL;

	fdb = aligned_alloc(alignof(struct fdb), sizeof(*fdb));
	if (!fdb)
		return -ENOMEM;
	*fdb = (struct fdb){ .capacity = config->capacity, .max_idle = config->max_idle };
	pthread_mutex_init(&fdb->writer, NULL);
	if (cuckoo_init(&fdb->places, config->capacity, config->seed) < 0)
		goto fail;
	if (share_init(&fdb->learned, cuckoo_places(&fdb->places)) < 0)
		goto fail;
	*out = fdb;
	return 0;
fail:
	fdb_free(fdb);
	return -ENOMEM;
}

void fdb_free(struct fdb *fdb)
{
	if (!fdb)
		return;
	pthread_mutex_destroy(&fdb->writer);
	cuckoo_fini(&fdb->places);
	share_fini(&fdb->learned);
	free(fdb);
}

/* --- looking up ------------------------------------------------------------ */

uint16_t fdb_lookup(const struct fdb *fdb, uint64_t key, struct fdb_hit *hit)
{
	struct cuckoo_sight sight;

	if (key == CUCKOO_NOTHING || !cuckoo_find(&fdb->places, key, &sight))
		return FDB_NO_PORT;
	if (hit)
		*hit = (struct fdb_hit){ sight.port, sight.place, sight.generation };
	return sight.port;
}

uint32_t fdb_generation(const struct fdb *fdb, uint32_t entry)
{
	return cuckoo_generation(&fdb->places, entry);
}

void fdb_prefetch(const struct fdb *fdb, uint64_t key)
{
	const struct cuckoo_home home = cuckoo_home(&fdb->places, key);

	__builtin_prefetch(&fdb->places.buckets[home.first]);
	__builtin_prefetch(&fdb->places.buckets[home.second]);
}

/* --- entries, under the lock ----------------------------------------------- */

static void count(_Atomic uint32_t *counter, uint32_t by)
{
	atomic_store_explicit(counter, *counter + by, memory_order_relaxed);
}

static void count64(_Atomic uint64_t *counter, uint64_t by)
{
	atomic_store_explicit(counter, *counter + by, memory_order_relaxed);
}

static void insert(struct fdb *fdb, uint32_t place, const struct cuckoo_value *v)
{
	cuckoo_fill(&fdb->places, place, v);
	count(&fdb->n_entries, 1);
	if (!v->is_static)
		share_add(&fdb->learned, place, v->port);
}

static void change(struct fdb *fdb, uint32_t place, const struct cuckoo_value *v)
{
	const struct cuckoo_value old = cuckoo_value(&fdb->places, place);

	cuckoo_replace(&fdb->places, place, v);
	if (!old.is_static)
		share_del(&fdb->learned, place, old.port);
	if (!v->is_static)
		share_add(&fdb->learned, place, v->port);
}

static void drop(struct fdb *fdb, uint32_t place)
{
	const struct cuckoo_value old = cuckoo_value(&fdb->places, place);

	cuckoo_clear(&fdb->places, place);
	count(&fdb->n_entries, -1u);
	if (!old.is_static)
		share_del(&fdb->learned, place, old.port);
}

/* --- making room, under the lock ------------------------------------------- */

/* Returns the longest silent of the next few of 'port', which has at least one.
 * So all have their turn, and who was heard lately mostly survives it. */
static uint32_t idle_entry_of(struct fdb *fdb, uint16_t port)
{
	const uint32_t n = MIN(CANDIDATES, share_of(&fdb->learned, port));
	uint32_t best = share_turn(&fdb->learned, port);
	uint32_t best_seen = cuckoo_entry(&fdb->places, best)->seen;

	for (uint32_t i = 1; i < n; i++) {
		const uint32_t place = share_turn(&fdb->learned, port);
		const uint32_t seen = cuckoo_entry(&fdb->places, place)->seen;

		if (seen < best_seen) {
			best = place;
			best_seen = seen;
		}
	}
	return best;
}

/* Removes a learned entry of the port that holds most, or of 'port' itself if
 * none holds more. Returns false when there is none. */
static bool evict(struct fdb *fdb, uint16_t port)
{
	uint16_t most = share_largest(&fdb->learned);

	if (share_of(&fdb->learned, port) >= share_of(&fdb->learned, most))
		most = port;
	if (share_of(&fdb->learned, most) == 0)
		return false;
	drop(fdb, idle_entry_of(fdb, most));
	count64(&fdb->evicted, 1);
	return true;
}

static bool is_doomed(const struct doom *doom, const struct cuckoo_value *v)
{
	return v->key != CUCKOO_NOTHING && (doom->statics_too || !v->is_static) &&
	       (doom->port == FDB_ANY_PORT || doom->port == v->port) &&
	       (doom->vlan == FDB_ANY_VLAN || doom->vlan == v->key >> 48) &&
	       v->seen <= doom->seen_until;
}

static void judge(struct fdb *fdb, uint32_t place, struct doom *doom)
{
	const struct cuckoo_value v = cuckoo_value(&fdb->places, place);

	if (!is_doomed(doom, &v))
		return;
	drop(fdb, place);
	doom->n++;
}

/* A sweep may have passed 'to' and not yet 'from', and would miss the entry; so
 * it is judged here. */
static void has_moved(void *arg, uint32_t from, uint32_t to)
{
	struct fdb *fdb = arg;
	const struct cuckoo_value v = cuckoo_value(&fdb->places, to);

	if (!v.is_static)
		share_move(&fdb->learned, from, to);
	if (fdb->doom)
		judge(fdb, to, fdb->doom);
}

static enum fdb_outcome add(struct fdb *fdb, const struct cuckoo_value *v)
{
	const uint32_t room = cuckoo_make_room(&fdb->places, v->key, has_moved, fdb);
	enum fdb_outcome outcome = FDB_ADDED;

	if (room == CUCKOO_NOWHERE)
		return FDB_REFUSED;
	if (fdb->n_entries >= fdb->capacity) {
		if (!evict(fdb, v->port))
			return FDB_REFUSED;
		outcome = FDB_EVICTED;
	}
	insert(fdb, room, v);
	return outcome;
}

/* --- learning -------------------------------------------------------------- */

static bool is_learnable(uint64_t key, uint16_t port)
{
	const uint64_t mac = key & 0xffffffffffff;

	return mac != 0 && !(mac >> 40 & 1) && port < FDB_PORTS;
}

/* The entry may be replaced under our feet; then its successor looks a little
 * younger than it is, which does no harm. */
static inline void renew(struct cuckoo_entry *e, uint32_t now)
{
	if (atomic_load_explicit(&e->seen, memory_order_relaxed) < now)
		atomic_store_explicit(&e->seen, now, memory_order_relaxed);
}

static enum fdb_outcome relearn(struct fdb *fdb, uint32_t place, const struct cuckoo_value *v)
{
	const struct cuckoo_value old = cuckoo_value(&fdb->places, place);

	if (old.port == v->port) {
		renew(cuckoo_entry(&fdb->places, place), v->seen);
		return FDB_SAME;
	}
	if (old.is_static)
		return FDB_REFUSED;
	change(fdb, place, v);
	count64(&fdb->moved, 1);
	return FDB_MOVED;
}

static enum fdb_outcome learn_slowly(struct fdb *fdb, const struct cuckoo_value *v)
{
	enum fdb_outcome outcome;
	uint32_t place;

	pthread_mutex_lock(&fdb->writer);
	place = cuckoo_place_of(&fdb->places, v->key);
	outcome = place == CUCKOO_NOWHERE ? add(fdb, v) : relearn(fdb, place, v);
	pthread_mutex_unlock(&fdb->writer);
	return outcome;
}

enum fdb_outcome fdb_learn(struct fdb *fdb, uint64_t key, uint16_t port, uint32_t now)
{
	struct cuckoo_sight sight;

	if (!is_learnable(key, port))
		return FDB_REFUSED;
	if (cuckoo_find(&fdb->places, key, &sight)) {
		if (sight.port == port) {
			renew(sight.entry, now);
			return FDB_SAME;
		}
		if (sight.is_static)
			return FDB_REFUSED;
	}
	return learn_slowly(fdb, &(struct cuckoo_value){ .key = key, .seen = now, .port = port });
}

/* --- for the control thread ------------------------------------------------ */

/* Under the lock. */
static int tie(struct fdb *fdb, const struct cuckoo_value *v)
{
	const uint32_t place = cuckoo_place_of(&fdb->places, v->key);
	struct cuckoo_value old;

	if (place == CUCKOO_NOWHERE)
		return add(fdb, v) == FDB_REFUSED ? -ENOSPC : 0;
	old = cuckoo_value(&fdb->places, place);
	if (!old.is_static || old.port != v->port)
		change(fdb, place, v);
	return 0;
}

int fdb_add_static(struct fdb *fdb, uint64_t key, uint16_t port)
{
	const struct cuckoo_value v = { .key = key, .port = port, .is_static = true };
	int ret;

	if (!is_learnable(key, port))
		return -EINVAL;
	pthread_mutex_lock(&fdb->writer);
	ret = tie(fdb, &v);
	pthread_mutex_unlock(&fdb->writer);
	return ret;
}

int fdb_del(struct fdb *fdb, uint64_t key)
{
	uint32_t place = CUCKOO_NOWHERE;

	pthread_mutex_lock(&fdb->writer);
	if (key != CUCKOO_NOTHING)
		place = cuckoo_place_of(&fdb->places, key);
	if (place != CUCKOO_NOWHERE)
		drop(fdb, place);
	pthread_mutex_unlock(&fdb->writer);
	return place == CUCKOO_NOWHERE ? -ENOENT : 0;
}

static void set_doom(struct fdb *fdb, struct doom *doom)
{
	pthread_mutex_lock(&fdb->writer);
	fdb->doom = doom;
	pthread_mutex_unlock(&fdb->writer);
}

/* Reads without the lock and takes it only where there is something to remove,
 * so that no worker waits for a whole sweep. What is added meanwhile may stay. */
static size_t sweep(struct fdb *fdb, struct doom *doom)
{
	const uint32_t n = cuckoo_places(&fdb->places);

	set_doom(fdb, doom);
	for (uint32_t place = 0; place < n; place++) {
		const struct cuckoo_value v = cuckoo_value(&fdb->places, place);

		if (!is_doomed(doom, &v))
			continue;
		pthread_mutex_lock(&fdb->writer);
		judge(fdb, place, doom);
		pthread_mutex_unlock(&fdb->writer);
	}
	set_doom(fdb, NULL);
	return doom->n;
}

size_t fdb_flush(struct fdb *fdb, uint16_t port, uint16_t vlan)
{
	return sweep(fdb, &(struct doom){ .port = port, .vlan = vlan, .seen_until = UINT32_MAX });
}

size_t fdb_forget_port(struct fdb *fdb, uint16_t port)
{
	struct doom doom = { .port = port, .vlan = FDB_ANY_VLAN, .seen_until = UINT32_MAX };

	if (port >= FDB_PORTS)
		return 0;
	doom.statics_too = true;
	return sweep(fdb, &doom);
}

size_t fdb_expire(struct fdb *fdb, uint32_t now)
{
	struct doom doom = { .port = FDB_ANY_PORT, .vlan = FDB_ANY_VLAN };
	size_t n;

	if (now <= fdb->max_idle)
		return 0;
	doom.seen_until = now - fdb->max_idle - 1;
	n = sweep(fdb, &doom);
	count64(&fdb->expired, n);
	return n;
}

void fdb_set_max_idle(struct fdb *fdb, uint32_t seconds)
{
	fdb->max_idle = MAX(seconds, 1);
}

/* Copies one entry. A learned one takes nobody's place. */
static bool adopt(struct fdb *fdb, const struct cuckoo_value *v)
{
	bool done = false;

	pthread_mutex_lock(&fdb->writer);
	if (v->is_static)
		done = tie(fdb, v) == 0;
	else if (fdb->n_entries < fdb->capacity &&
	         cuckoo_place_of(&fdb->places, v->key) == CUCKOO_NOWHERE)
		done = add(fdb, v) == FDB_ADDED;
	pthread_mutex_unlock(&fdb->writer);
	return done;
}

static size_t copy_kind(struct fdb *to, struct fdb *from, bool is_static)
{
	const uint32_t n_places = cuckoo_places(&from->places);
	size_t n = 0;

	for (uint32_t place = 0; place < n_places; place++) {
		const struct cuckoo_value v = cuckoo_value(&from->places, place);

		if (v.key != CUCKOO_NOTHING && v.is_static == is_static)
			n += adopt(to, &v);
	}
	return n;
}

size_t fdb_copy(struct fdb *to, struct fdb *from)
{
	size_t n;

	pthread_mutex_lock(&from->writer);
	n = copy_kind(to, from, true);
	n += copy_kind(to, from, false);
	pthread_mutex_unlock(&from->writer);
	return n;
}

static struct fdb_entry listed(const struct cuckoo_value *v)
{
	struct fdb_entry entry = {
		.vlan = (uint16_t)(v->key >> 48),
		.port = v->port,
		.is_static = v->is_static,
		.seen = v->seen,
	};

	for (int i = 0; i < 6; i++)
		entry.mac[i] = (uint8_t)(v->key >> (40 - 8 * i));
	return entry;
}

size_t fdb_list(struct fdb *fdb, struct fdb_entry *out, size_t n)
{
	const uint32_t n_places = cuckoo_places(&fdb->places);
	size_t found = 0;

	pthread_mutex_lock(&fdb->writer);
	for (uint32_t place = 0; place < n_places; place++) {
		const struct cuckoo_value v = cuckoo_value(&fdb->places, place);

		if (v.key == CUCKOO_NOTHING)
			continue;
		if (found < n)
			out[found] = listed(&v);
		found++;
	}
	pthread_mutex_unlock(&fdb->writer);
	return found;
}

size_t fdb_count(const struct fdb *fdb)
{
	return atomic_load_explicit(&fdb->n_entries, memory_order_relaxed);
}

size_t fdb_count_port(const struct fdb *fdb, uint16_t port)
{
	if (port >= FDB_PORTS)
		return 0;
	return share_of(&fdb->learned, port);
}

void fdb_get_stats(const struct fdb *fdb, struct fdb_stats *out)
{
	out->moved = atomic_load_explicit(&fdb->moved, memory_order_relaxed);
	out->evicted = atomic_load_explicit(&fdb->evicted, memory_order_relaxed);
	out->expired = atomic_load_explicit(&fdb->expired, memory_order_relaxed);
}
