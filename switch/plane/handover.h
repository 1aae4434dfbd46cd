/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "switch/base/macros.h"
#include "switch/frame/batch.h"

/*
 * handover: how does a frame reach a port that another worker sends on?
 *
 * A single-producer single-consumer ring of pieces between each pair of
 * workers. A frame is pushed whole or not at all, so its pieces are never
 * torn apart. What it holds belongs to neither worker, and the ledger counts
 * it as held.
 *
 * Threads  handover_push() is the producer's, handover_pop() the consumer's,
 *          handover_count() anybody's.
 *
 * Source   Lamport, "Specifying Concurrent Program Modules", 1983; with a
 *          private copy of the other side's index to keep its cache line away.
 */

#define HANDOVER_RING 1024 /* pieces; a power of two */

struct handover_piece {
	struct seg seg;
	uint16_t port;
	bool continues; /* the next piece belongs to the same frame */
};

struct handover {
	alignas(CACHE_LINE) _Atomic uint32_t produced;
	uint32_t consumed_seen; /* the producer's copy */
	alignas(CACHE_LINE) _Atomic uint32_t consumed;
	alignas(CACHE_LINE) struct handover_piece ring[HANDOVER_RING];
};

/* Pushes one frame for 'port'. Returns false when it does not fit. */
bool handover_push(struct handover *h, uint16_t port, const struct seg *head,
                   const struct seg *more, uint32_t n_more);

/* Pops the pieces of one frame into 'out' (room for FRAME_SEGS). Returns how
 * many, 0 when the ring is empty. */
uint32_t handover_pop(struct handover *h, struct handover_piece *out);

/* Returns how many pieces the ring holds now. */
uint32_t handover_count(struct handover *h);
