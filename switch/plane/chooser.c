/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/chooser.h"

#include "switch/base/macros.h"

#define COST_MAX (1u << 24) /* so that a turn that was interrupted for long weighs little */

static uint32_t size_of(uint32_t n)
{
	const uint32_t log2 = 31 - (uint32_t)__builtin_clz(n);

	return MIN(log2, CHOOSER_SIZES - 1);
}

static enum way_out cheaper(const struct chooser *c, uint32_t n)
{
	const uint32_t af_xdp = c->cost[WAY_AF_XDP][size_of(n)];
	const uint32_t burst = c->cost[WAY_BURST][size_of(n)];

	if (!af_xdp || !burst)
		return n < CHOOSER_CROSS ? WAY_AF_XDP : WAY_BURST;
	return burst < af_xdp ? WAY_BURST : WAY_AF_XDP;
}

enum way_out chooser_pick(struct chooser *c, uint32_t n, bool *trial)
{
	const uint32_t choice = c->choices[size_of(n)]++ % CHOOSER_PERIOD;

	*trial = choice < CHOOSER_TRIALS;
	return *trial ? (enum way_out)(choice % N_WAYS) : cheaper(c, n);
}

/* An eighth of the old cost at most, up or down: a flush that was interrupted
 * for milliseconds must not count for more than any other. */
static uint32_t towards(uint32_t old, uint64_t now)
{
	const uint32_t step = old / 8 + 1;

	if (now > old)
		return old + (uint32_t)MIN(now - old, step);
	return old - (uint32_t)MIN(old - now, step);
}

void chooser_learn(struct chooser *c, uint32_t n, enum way_out way, uint64_t ns)
{
	uint32_t *cost = &c->cost[way][size_of(n)];
	const uint64_t now = MAX(1, MIN(ns * CHOOSER_SCALE / n, COST_MAX));

	__atomic_store_n(cost, *cost ? towards(*cost, now) : (uint32_t)now, __ATOMIC_RELAXED);
}
