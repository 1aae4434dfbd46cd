/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switch/base/clock.h"

/*
 * bench: how many nanoseconds does it take?
 *
 * A row is measured in rounds, each long enough for the clock and short enough
 * to find quiet moments on a machine that does other work. Printed are the
 * median, which is what to expect here, and the smallest, which is what the
 * code itself needs. With --json each row is one object on a line of its own.
 */

#define BENCH_ROUNDS 41

struct bench {
	const char *name;
	bool json;
};

/* What the rounds of one row took, in ns per operation. */
struct bench_row {
	uint32_t n;
	double ns[BENCH_ROUNDS];
};

/* Runs the operation 'n' times and returns the ns that took. */
typedef uint64_t (*bench_round)(void *arg, uint32_t n);

/* Reads the command line and prints the head of the table: 'what' an operation
 * is about. */
static inline struct bench bench_open(const char *name, const char *what, int argc, char **argv)
{
	struct bench b = { .name = name, .json = argc == 2 && !strcmp(argv[1], "--json") };

	if (argc > 1 && !b.json) {
		fprintf(stderr, "%s [--json]\n", argv[0]);
		exit(2);
	}
	if (!b.json)
		printf("ns per %-45s %9s %9s\n", what, "median", "min");
	return b;
}

/* Notes a round of 'n' operations; none: it does not count. */
static inline void bench_add(struct bench_row *row, uint64_t ns, uint32_t n)
{
	if (n && row->n < BENCH_ROUNDS)
		row->ns[row->n++] = (double)ns / n;
}

static inline int bench_compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Prints a row, which has at least one round; 'part' is NULL, or what part of the
 * subject it is about. */
static inline void bench_print(const struct bench *b, const char *subject, const char *part,
                               struct bench_row *row)
{
	double median, min;

	qsort(row->ns, row->n, sizeof(row->ns[0]), bench_compare);
	median = row->ns[row->n / 2];
	min = row->ns[0];
	if (b->json)
		printf("{\"bench\":\"%s\",\"subject\":\"%s\",\"part\":\"%s\","
		       "\"median_ns\":%.2f,\"min_ns\":%.2f}\n",
		       b->name, subject, part ? part : "", median, min);
	else
		printf("  %s%-*s %9.1f %9.1f\n", part ? "    " : "", part ? 46 : 50,
		       part ? part : subject, median, min);
	fflush(stdout);
}

/* Measures and prints one row: BENCH_ROUNDS rounds of 'n' operations, after one
 * that only warms up. */
static inline void bench_measure(const struct bench *b, const char *subject, bench_round round,
                                 void *arg, uint32_t n)
{
	struct bench_row row = { 0 };

	round(arg, n);
	for (int i = 0; i < BENCH_ROUNDS; i++)
		bench_add(&row, round(arg, n), n);
	bench_print(b, subject, NULL, &row);
}

/* The processor time of this thread: others who use the core do not count. For
 * rounds; asking costs too much for less. */
static inline uint64_t bench_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

/* Makes the compiler believe that 'value' is used. */
static inline void bench_use(uint64_t value)
{
	__asm__ volatile("" : : "r"(value) : "memory");
}

/* The next of a sequence of numbers that look random: xorshift64, Marsaglia 2003. */
static inline uint64_t bench_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline void *bench_alloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

/* Brings 'n' numbers into an order without order. */
static inline void bench_shuffle(uint64_t *numbers, uint32_t n)
{
	uint64_t state = 88172645463325252ull;

	for (uint32_t i = n - 1; i > 0; i--) {
		const uint32_t j = (uint32_t)(bench_random(&state) % (i + 1));
		const uint64_t number = numbers[i];

		numbers[i] = numbers[j];
		numbers[j] = number;
	}
}
