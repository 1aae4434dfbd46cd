/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/lender.h"

#include "switch/base/macros.h"

void lender_init(struct lender *l, uint32_t total, uint32_t share, uint32_t n_queues)
{
	l->total = total;
	l->share = share;
	l->n_queues = MAX(1, n_queues);
	l->extra = 0;
}

void lender_forgive(struct lender *l, struct xsock *s)
{
	s->grant = LENDER_BASE;
	s->hungry = false;
}

/* Twice as much for a queue, as long as half of the share is enough for
 * all that was granted so. */
static void grant_more(struct lender *l, struct xsock *s)
{
	const uint32_t more = MIN(s->grant, XSOCK_RING - s->grant);

	if (l->extra + more > l->share / 2)
		return;
	s->grant += more;
	l->extra += more;
}

void lender_received(struct lender *l, struct xsock *s, uint32_t n)
{
	if (n < BATCH_FRAMES && n < s->lent_rx)
		return;
	if (s->hungry)
		grant_more(l, s);
	s->hungry = true;
}

uint32_t lender_limit(const struct lender *l, const struct xsock *s, uint32_t in_pool)
{
	const uint32_t equal_part = MAX(LENDER_FLOOR, l->share / 2 / l->n_queues);

	if (in_pool > l->total / 4 * 3)
		return s->grant;
	return s->hungry ? MIN(s->grant, MAX(equal_part, in_pool / 4)) : LENDER_FLOOR;
}

bool lender_is_due(struct lender *l, uint32_t now)
{
	if (now == l->reviewed)
		return false;
	l->reviewed = now;
	return true;
}

void lender_review(struct lender *l, struct xsock *s)
{
	if (!s->hungry) {
		l->extra -= s->grant - LENDER_BASE;
		s->grant = LENDER_BASE;
	}
	s->hungry = false;
}
