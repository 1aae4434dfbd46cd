/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdint.h>

#include "switch/frame/batch.h"
#include "switch/frame/pool.h"
#include "switch/plane/fate.h"
#include "switch/plane/handover.h"
#include "switch/plane/view.h"

/*
 * output: how does a frame with a verdict leave this worker?
 *
 * One per worker. Carries out the verdicts of a batch: a frame for one port
 * goes out as it is, a flooded one is copied for every port but the last, a
 * dropped one is counted and its chunks given back. A port whose queue belongs
 * to this worker is sent to through its socket, any other is handed over.
 *
 * Whatever happens, every frame of the batch has left it afterwards, and every
 * frame that was not sent is in the counters.
 */

/* How this worker reaches a port. */
struct way {
	struct xsock *sock; /* own socket, or NULL */
	uint16_t worker;    /* without one: who has it */
};

struct output {
	uint16_t worker; /* our own number */
	uint8_t *area;   /* the UMEM */
	struct pool_cache *cache;
	struct port_stats *stats;        /* a row per port number */
	struct handover *to[WORKER_MAX]; /* by receiving worker; NULL to ourselves */
	const struct view *view;
	struct way ways[PORT_MAX];
	uint64_t wake; /* bit n: worker n was handed something */
	uint16_t n_kicks;
	uint16_t kicks[PORT_MAX]; /* ports whose socket wants a kick */
};

/* Looks up the ways to all ports anew. */
void output_adopt(struct output *o, const struct view *view);

/* Sends, copies or drops every frame of 'batch' as its verdict says. */
void output_batch(struct output *o, struct batch *batch);

/* Sends what the other workers handed over. Returns how many frames. */
uint32_t output_handed(struct output *o, struct handover *from);

/* Makes the kernel send. Which workers must be woken is left in 'wake'. */
void output_flush(struct output *o);
