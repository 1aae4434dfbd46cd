/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdint.h>

#include "switch/frame/batch.h"
#include "switch/frame/pool.h"
#include "switch/plane/chooser.h"
#include "switch/plane/fate.h"
#include "switch/plane/handover.h"
#include "switch/plane/view.h"
#include "switch/wire/burst.h"

/*
 * output: how does a frame with a verdict leave this worker?
 *
 * One per worker. Carries out the verdicts of a batch: what is to be sent is
 * staged, once for every port it goes to, and a flush sends all that is
 * staged, to all ports, in one of two ways:
 *
 *   burst      one program run for the whole flush; any port, whoever owns its
 *              queues; a flooded frame is sent from the same bytes each time
 *   AF_XDP TX  the socket's ring and a system call per port; ports of another
 *              worker are handed over; a flooded frame is copied
 *
 * The chooser measures which is cheaper for how many; what is flooded goes by
 * burst, which needs no copies. Some ports allow one way only (enum view_way).
 *
 * Order    Frames to one port leave in the order they were staged. A port has
 *          one way in each flush, and none goes by burst while its TX ring
 *          still holds frames of an earlier one.
 *
 * Whatever happens, every frame has left the worker after a flush, and every
 * frame that was not sent is in the counters.
 */

#define OUTPUT_STAGED 256 /* frames, and pieces behind their first, of a flush */
#define OUTPUT_EAGER  64  /* a flush this large gains little by waiting */

/* How this worker reaches a port. */
struct way {
	struct xsock *sock; /* own socket, or NULL */
	uint16_t worker;    /* without one: who has it */
	enum view_way may;
	uint32_t ifindex;
};

/* A frame to be sent to one port. */
struct outgoing {
	struct seg head;
	uint32_t len;
	uint16_t port;
	uint16_t n_more;
	uint16_t more;  /* where the other pieces begin in 'output.more' */
	bool owns;      /* the chunks go with it; those staged before only share them */
	uint8_t result; /* enum burst_result; BURST_UNSENT: still to be sent */
};

struct output {
	uint16_t worker; /* our own number */
	uint8_t *area;   /* the UMEM */
	struct pool_cache *cache;
	struct port_stats *stats;        /* a row per port number */
	struct handover *to[WORKER_MAX]; /* by receiving worker; NULL to ourselves */
	struct burst *burst;             /* NULL: not possible here */
	struct chooser chooser;
	const struct view *view;
	struct way ways[PORT_MAX];
	uint64_t wake; /* bit n: worker n was handed something */

	uint32_t n_staged;
	uint32_t n_shared; /* of these: without chunks of their own */
	uint32_t n_more;
	struct outgoing staged[OUTPUT_STAGED];
	struct seg more[OUTPUT_STAGED];

	uint16_t n_kicks;
	uint16_t kicks[PORT_MAX]; /* ports whose socket wants a kick */

	/* for others to read */
	uint64_t burst_runs;
	uint64_t burst_frames;
	uint64_t af_xdp_frames;
};

/* Looks up the ways to all ports anew. Nothing may be staged. */
void output_adopt(struct output *o, const struct view *view);

/* Sends, stages or drops every frame of 'batch' as its verdict says. */
void output_batch(struct output *o, struct batch *batch);

/* Sends all that another worker had handed over until now. Returns how many
 * frames. */
uint32_t output_handed(struct output *o, struct handover *from);

/* Sends everything that is staged, and what sockets still had. Which workers
 * must be woken is left in 'wake'. */
void output_flush(struct output *o);
