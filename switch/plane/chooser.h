/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * chooser: which way of sending is cheaper for so many frames?
 *
 * A burst has a high price per call and a low one per frame, AF_XDP TX the
 * other way round; where they cross depends on the machine, the kernel and the
 * receivers. So the chooser measures: for each size of flush (by powers of
 * two) it now and then tries both ways with a stop-watch, keeps a slowly
 * following estimate of either, and takes the cheaper one in between. A flush of a single
 * frame thus never pays for the throughput of large ones.
 *
 * Threads  One per worker.
 */

enum way_out { WAY_AF_XDP, WAY_BURST, N_WAYS };

#define CHOOSER_SIZES  8   /* 1, 2-3, 4-7, ... 128 and more frames */
#define CHOOSER_PERIOD 256 /* choices of a size between two series of trials */
#define CHOOSER_TRIALS 4   /* in a series, the ways in turn */
#define CHOOSER_CROSS  8   /* frames from which a burst is taken, untried */

#define CHOOSER_SCALE 16 /* costs are kept in sixteenths of a ns */

struct chooser {
	uint32_t choices[CHOOSER_SIZES];
	uint32_t cost[N_WAYS][CHOOSER_SIZES]; /* per frame; 0: untried */
};

/* Returns the way for 'n' frames, at least 1; '*trial' tells whether the time
 * it takes is wanted by chooser_learn(). */
enum way_out chooser_pick(struct chooser *c, uint32_t n, bool *trial);

/* Notes that 'n' frames took 'ns' by 'way'. */
void chooser_learn(struct chooser *c, uint32_t n, enum way_out way, uint64_t ns);
