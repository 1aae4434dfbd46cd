/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/handover.h"

static struct handover_piece *piece_at(struct handover *h, uint32_t i)
{
	return &h->ring[i % HANDOVER_RING];
}

bool handover_push(struct handover *h, uint16_t port, const struct seg *head,
                   const struct seg *more, uint32_t n_more)
{
	const uint32_t at = atomic_load_explicit(&h->produced, memory_order_relaxed);
	const uint32_t n = 1 + n_more;

	if (at + n - h->consumed_seen > HANDOVER_RING) {
		h->consumed_seen = atomic_load_explicit(&h->consumed, memory_order_acquire);
		if (at + n - h->consumed_seen > HANDOVER_RING)
			return false;
	}
	for (uint32_t i = 0; i < n; i++)
		*piece_at(h, at + i) = (struct handover_piece){
			.seg = i ? more[i - 1] : *head,
			.port = port,
			.continues = i + 1 < n,
		};
	atomic_store_explicit(&h->produced, at + n, memory_order_release);
	return true;
}

uint32_t handover_pop(struct handover *h, struct handover_piece *out)
{
	const uint32_t at = atomic_load_explicit(&h->consumed, memory_order_relaxed);
	uint32_t n = 0;

	if (atomic_load_explicit(&h->produced, memory_order_acquire) == at)
		return 0;
	do
		out[n] = *piece_at(h, at + n);
	while (out[n++].continues);
	atomic_store_explicit(&h->consumed, at + n, memory_order_release);
	return n;
}

uint32_t handover_count(struct handover *h)
{
	const uint32_t consumed = atomic_load_explicit(&h->consumed, memory_order_acquire);

	return atomic_load_explicit(&h->produced, memory_order_acquire) - consumed;
}
