/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the forwarding database costs. Addresses come in random order, so from
 * 64k on each look-up misses the nearer caches. The look-ups of a row do not
 * depend on each other, as those of a batch do not; "one after another" is what
 * a single one takes from question to answer.
 */
#include "tests/bench/bench.h"

#include "switch/base/macros.h"
#include "switch/table/fdb.h"

#define STATION  0x020000000000ull /* addresses: this and its successors */
#define STRANGER 0x0a0000000000ull /* never in the table */
#define LOOKUPS  (1u << 17)
#define ADDED    (1u << 16)

struct subject {
	struct fdb *fdb;
	uint64_t *keys;
	uint32_t n_keys, at; /* 'at': the one whose turn it is */
	uint16_t port;
};

static struct fdb *table(uint32_t capacity)
{
	const struct fdb_config config = { .capacity = capacity, .max_idle = 300, .seed = 42 };
	struct fdb *fdb;

	if (fdb_new(&fdb, &config))
		abort();
	return fdb;
}

/* 'n_keys' keys in random order, each of 'n' addresses equally often: so long
 * that the processor cannot know the order by heart. */
static uint64_t *random_keys(uint64_t base, uint32_t n, uint32_t n_keys)
{
	uint64_t *keys = bench_alloc(n_keys * sizeof(*keys));

	for (uint32_t i = 0; i < n_keys; i++)
		keys[i] = fdb_key(base + i % n, 0);
	bench_shuffle(keys, n_keys);
	return keys;
}

static inline uint64_t next_key(struct subject *s)
{
	const uint64_t key = s->keys[s->at];

	s->at = s->at + 1 == s->n_keys ? 0 : s->at + 1;
	return key;
}

static void fill(struct subject *s)
{
	for (uint32_t i = 0; i < s->n_keys; i++)
		fdb_learn(s->fdb, s->keys[i], s->port, 1);
}

static uint64_t look_up(void *arg, uint32_t n)
{
	struct subject *s = arg;
	const uint64_t then = bench_clock();
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += fdb_lookup(s->fdb, next_key(s), NULL);
	bench_use(sum);
	return bench_clock() - then;
}

/* What is asked next depends on the answer, which is always the same. */
static uint64_t look_up_in_turn(void *arg, uint32_t n)
{
	struct subject *s = arg;
	const uint64_t then = bench_clock();
	uint64_t answer = s->port;

	for (uint32_t i = 0; i < n; i++)
		answer = fdb_lookup(s->fdb, next_key(s) + answer - s->port, NULL);
	bench_use(answer);
	return bench_clock() - then;
}

static uint64_t learn(void *arg, uint32_t n)
{
	struct subject *s = arg;
	const uint64_t then = bench_clock();

	for (uint32_t i = 0; i < n; i++)
		bench_use(fdb_learn(s->fdb, next_key(s), s->port, 1));
	return bench_clock() - then;
}

/* Every address of the table changes its port, to and fro. */
static uint64_t move(void *arg, uint32_t n)
{
	struct subject *s = arg;

	s->port ^= 1;
	return learn(s, n);
}

static uint64_t add(void *arg, uint32_t n)
{
	struct subject *s = arg;
	uint64_t ns;

	s->fdb = table(n);
	ns = learn(s, n);
	fdb_free(s->fdb);
	return ns;
}

/* The table is full of addresses of port 1; each new one displaces another. */
static uint64_t evict(void *arg, uint32_t n)
{
	struct subject *s = arg;
	uint64_t then, ns;

	s->fdb = table(n);
	fill(s);
	then = bench_clock();
	for (uint32_t i = 0; i < n; i++)
		fdb_learn(s->fdb, STRANGER + i, s->port, 2);
	ns = bench_clock() - then;
	fdb_free(s->fdb);
	return ns;
}

static void measure_lookups(const struct bench *b, uint32_t n, const char *size)
{
	const uint32_t n_keys = MAX(n, LOOKUPS);
	struct subject s = { .fdb = table(n), .n_keys = n_keys, .port = 1 };
	uint64_t *strangers = random_keys(STRANGER, n, n_keys);
	uint64_t *stations = random_keys(STATION, n, n_keys);
	char text[64];

	s.keys = stations;
	fill(&s);
	snprintf(text, sizeof(text), "look-up, %s", size);
	bench_measure(b, text, look_up, &s, LOOKUPS);
	snprintf(text, sizeof(text), "look-up, %s, one after another", size);
	bench_measure(b, text, look_up_in_turn, &s, LOOKUPS);
	s.keys = strangers;
	snprintf(text, sizeof(text), "look-up in vain, %s", size);
	bench_measure(b, text, look_up, &s, LOOKUPS);
	free(strangers);
	free(stations);
	fdb_free(s.fdb);
}

static void measure_learning(const struct bench *b)
{
	struct subject s = { .fdb = table(ADDED), .n_keys = ADDED, .port = 1 };

	s.keys = random_keys(STATION, ADDED, ADDED);
	fill(&s);
	bench_measure(b, "learn, 64k addresses, known on this port", learn, &s, LOOKUPS);
	bench_measure(b, "learn, 64k addresses, moved from another", move, &s, ADDED);
	fdb_free(s.fdb);
	bench_measure(b, "learn, 64k addresses into an empty table", add, &s, ADDED);
	bench_measure(b, "learn, 64k addresses into a full table", evict, &s, ADDED);
	free(s.keys);
}

int main(int argc, char **argv)
{
	const struct bench b = bench_open("fdb", "address", argc, argv);

	measure_lookups(&b, 1, "1 address");
	measure_lookups(&b, 1000, "1,000 addresses");
	measure_lookups(&b, 1u << 16, "64k addresses");
	measure_lookups(&b, 1u << 20, "1M addresses");
	measure_learning(&b);
	return 0;
}
