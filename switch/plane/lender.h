/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "switch/wire/xsock.h"

/*
 * lender: how many chunks is each queue lent to receive into?
 *
 * A chunk on a fill ring cannot be taken back: it returns only with a frame in
 * it. So what an idle queue was lent is gone until somebody talks to it, and
 * hundreds of idle queues must not starve the busy one. The rules:
 *
 *   quiet queues   are lent LENDER_BASE while there is plenty, which is: more
 *                  than three quarters of all chunks are in the pool; and
 *                  LENDER_FLOOR otherwise: enough to notice that they wake up
 *   hungry queues  used up what they had in one turn. While there is plenty
 *                  they are lent twice as much each time they are hungry again;
 *                  otherwise a quarter of what is in the pool, but an equal
 *                  part of half of all chunks in any case
 *
 * Once a second a queue that was not hungry counts as quiet again.
 *
 * Threads  One per worker.
 */
struct lender {
	uint32_t total; /* chunks there are */
	uint32_t share; /* of these, what this worker may think of as its own */
	uint32_t n_queues;
	uint32_t extra;    /* granted to hungry queues beyond LENDER_BASE, all together */
	uint32_t reviewed; /* second of the last review */
};

#define LENDER_BASE  256
#define LENDER_FLOOR 8

/* Begins anew, with 'n_queues' quiet queues; see lender_forgive(). */
void lender_init(struct lender *l, uint32_t total, uint32_t share, uint32_t n_queues);

/* Notes that 's' is quiet. For every queue after lender_init(). */
void lender_forgive(struct lender *l, struct xsock *s);

/* Notes that 's' just gave 'n' chunks with frames. */
void lender_received(struct lender *l, struct xsock *s, uint32_t n);

/* Returns how many chunks 's' may hold now, with 'in_pool' chunks in the pool. */
uint32_t lender_limit(const struct lender *l, const struct xsock *s, uint32_t in_pool);

/* Returns true once a second: the time for lender_review() of each queue. */
bool lender_is_due(struct lender *l, uint32_t now);

/* Counts 's' as quiet if it was not hungry since the last review. */
void lender_review(struct lender *l, struct xsock *s);
