/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdint.h>

#include "switch/frame/parse.h"

/*
 * batch: the frames that one turn of a worker has in its hands.
 *
 * A worker receives up to BATCH_FRAMES frames from one socket, runs every
 * stage of the pipeline over all of them, and sends. A frame lies in one or
 * more chunks of the UMEM; the first is in 'struct frame', the others are
 * consecutive entries of 'more'.
 *
 * Ownership  The chunks of a frame in a batch belong to the batch's worker
 *            until they are sent, handed to another worker or given back.
 */

#define BATCH_FRAMES 64
#define FRAME_SEGS   18 /* most chunks of one frame: MAX_SKB_FRAGS + 1 */

/* One piece of a frame: 'len' bytes at offset 'addr' of the UMEM. */
struct seg {
	uint64_t addr;
	uint32_t len;
};

struct frame {
	uint8_t *data;   /* first byte of the first chunk's piece */
	struct seg head; /* the same piece, as the rings name it */
	uint32_t len;    /* bytes on the wire, all pieces */
	uint16_t n_more; /* pieces behind the first, 0 to FRAME_SEGS - 1 */
	uint16_t more;   /* where they start in batch->more */
	uint16_t in;     /* port the frame came in on */
	uint16_t out;    /* verdict: a port, OUT_FLOOD or OUT_DROP */
	uint16_t fate;   /* with OUT_DROP: why, an enum fate */
	uint16_t vid;    /* VLAN the frame belongs to; 0: untagged */
	struct parse_l2 l2;
};

struct batch {
	uint32_t n;      /* frames */
	uint32_t n_more; /* entries of 'more' in use */
	struct frame frames[BATCH_FRAMES];
	struct seg more[BATCH_FRAMES]; /* a batch has at most BATCH_FRAMES pieces in all */
};

/* Verdicts that are not a port number. */
#define OUT_FLOOD 0xfffe
#define OUT_DROP  0xffff
