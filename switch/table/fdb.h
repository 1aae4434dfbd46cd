/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * fdb: behind which port was this address last seen?
 *
 * The forwarding database of one bridge (IEEE 802.1Q 8.8). It maps a key, MAC
 * address and VLAN packed together, to a port number. It knows nothing of
 * frames, rings or sockets.
 *
 * Size     Memory is fixed by fdb_new(): nothing is allocated later. Holds
 *          'capacity' addresses whatever they are. A new address beyond the
 *          limit takes the place of a learned one of the port that holds most,
 *          so a port that sprays addresses displaces its own: it gets no more
 *          than the others leave, or as much as the largest of them. Of the few
 *          entries looked at, the longest silent one goes; all have their turn.
 *          Static entries are never displaced and never expire.
 *
 * Layout   Buckets of one cache line with three entries; an address lives in
 *          one of two buckets (two-choice hashing, Azar et al. 1994; moved to
 *          its other bucket when both are full, Pagh and Rodler 2001).
 *
 * Time     The caller says what time it is, in whole seconds of a clock that
 *          does not go back. The table reads no clock of its own.
 *
 * Threads  fdb_lookup() and fdb_learn() may run on any number of threads at
 *          once. A lookup takes no lock; learning takes one only to add or to
 *          move an address. All other calls are for the control thread, while
 *          the workers run. fdb_list() and fdb_copy() keep the lock until they
 *          are done; flushing and expiring take it for one entry at a time.
 *
 * Trust    Addresses come from the wire, so the hash is seeded: a stranger
 *          cannot choose addresses that fall into one bucket.
 */
struct fdb;

#define FDB_NO_PORT  UINT16_MAX /* real ports are below it */
#define FDB_ANY_PORT UINT16_MAX
#define FDB_ANY_VLAN UINT16_MAX
#define FDB_PORTS    512 /* ports are 0 to FDB_PORTS - 1 */

struct fdb_config {
	uint32_t capacity; /* addresses at most, 1 to 1 << 22 */
	uint32_t max_idle; /* seconds of silence before an entry expires */
	uint64_t seed;     /* secret for the hash; random in production */
};

/* What fdb_lookup() found, as one consistent reading. */
struct fdb_hit {
	uint16_t port;
	uint32_t entry;      /* place of the entry, until its generation is raised */
	uint32_t generation; /* of that place: raised by moving, expiring, flushing
	                      * and replacing; never by adding to a free place */
};

/* What fdb_learn() did. */
enum fdb_outcome {
	FDB_SAME,    /* known, on this port: the common case */
	FDB_ADDED,   /* new address */
	FDB_EVICTED, /* new address, in the place of another one */
	FDB_MOVED,   /* was behind another port until now */
	FDB_REFUSED, /* group or zero address, static elsewhere, or no room */
};

/* One entry, for listings. */
struct fdb_entry {
	uint8_t mac[6];
	uint16_t vlan;
	uint16_t port;
	bool is_static;
	uint32_t seen; /* when a frame last came from it */
};

struct fdb_stats {
	uint64_t moved;   /* learned addresses that changed port */
	uint64_t evicted; /* learned addresses that made room for another */
	uint64_t expired;
};

/* Packs the 48 bits of an address, in wire order, and 'vlan' (0 to 4095). */
static inline uint64_t fdb_key(uint64_t mac48, uint16_t vlan)
{
	return (uint64_t)(vlan & 0xfff) << 48 | mac48;
}

/* Returns the 48 bits of 'mac' in wire order. */
static inline uint64_t fdb_mac48(const uint8_t mac[6])
{
	uint64_t bits = 0;

	for (int i = 0; i < 6; i++)
		bits = bits << 8 | mac[i];
	return bits;
}

/* Makes an empty table. Returns 0, -EINVAL for a capacity or an idle time out
 * of range, or -ENOMEM. On failure 'out' is left as it was. */
int fdb_new(struct fdb **out, const struct fdb_config *config);

/* Frees 'fdb', which may be NULL. No other thread may still be using it. */
void fdb_free(struct fdb *fdb);

/* Looks for 'key'. Returns its port, or FDB_NO_PORT; 'hit' (may be NULL) is
 * filled in when found. An entry past its idle time is still found until
 * fdb_expire() removes it. */
uint16_t fdb_lookup(const struct fdb *fdb, uint64_t key, struct fdb_hit *hit);

/* Returns the generation of a place that fdb_lookup() named. */
uint32_t fdb_generation(const struct fdb *fdb, uint32_t entry);

/* Asks the processor to fetch the lines where 'key' would be. */
void fdb_prefetch(const struct fdb *fdb, uint64_t key);

/* Records that a frame from 'key' came in on 'port' at time 'now'. */
enum fdb_outcome fdb_learn(struct fdb *fdb, uint64_t key, uint16_t port, uint32_t now);

/* Ties 'key' to 'port' until it is removed. Replaces a learned entry. Returns
 * 0, -EINVAL for a group or zero address, -ENOSPC when there is no room. */
int fdb_add_static(struct fdb *fdb, uint64_t key, uint16_t port);

/* Removes 'key', static or learned. Returns 0 or -ENOENT. */
int fdb_del(struct fdb *fdb, uint64_t key);

/* Removes the learned entries of 'port' (or FDB_ANY_PORT) in 'vlan' (or
 * FDB_ANY_VLAN). Returns how many. */
size_t fdb_flush(struct fdb *fdb, uint16_t port, uint16_t vlan);

/* Removes all entries of 'port', static ones too. Returns how many. */
size_t fdb_forget_port(struct fdb *fdb, uint16_t port);

/* Removes learned entries silent for longer than max_idle. Returns how many. */
size_t fdb_expire(struct fdb *fdb, uint32_t now);

/* Changes the idle time, at least 1 second. */
void fdb_set_max_idle(struct fdb *fdb, uint32_t seconds);

/* Copies all entries of 'from' that fit into 'to', for a change of capacity.
 * Learned ones keep their age. Returns how many were copied. */
size_t fdb_copy(struct fdb *to, struct fdb *from);

/* Writes up to 'n' entries to 'out'. Returns how many the table holds. */
size_t fdb_list(struct fdb *fdb, struct fdb_entry *out, size_t n);

/* Returns the number of entries; while workers learn, a close guess. */
size_t fdb_count(const struct fdb *fdb);

/* Returns the number of learned entries of 'port'. */
size_t fdb_count_port(const struct fdb *fdb, uint16_t port);

void fdb_get_stats(const struct fdb *fdb, struct fdb_stats *out);
