/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/table/share.h"

#include <errno.h>
#include <stdlib.h>

#include "switch/base/macros.h"

int share_init(struct share *share, uint32_t n_places)
{
	const uint32_t n = n_places + FDB_PORTS;

	*share = (struct share){ .n_places = n_places };
	share->links = malloc(n * sizeof(*share->links));
	if (!share->links)
		return -ENOMEM;
	for (uint32_t head = n_places; head < n; head++)
		share->links[head] = (struct share_link){ head, head };
	return 0;
}

void share_fini(struct share *share)
{
	free(share->links);
}

static void append(struct share *share, uint32_t place, uint16_t port)
{
	const uint32_t head = share->n_places + port;
	const uint32_t last = share->links[head].prev;

	share->links[place] = (struct share_link){ .next = head, .prev = last };
	share->links[last].next = place;
	share->links[head].prev = place;
}

static void detach(struct share *share, uint32_t place)
{
	const struct share_link link = share->links[place];

	share->links[link.prev].next = link.next;
	share->links[link.next].prev = link.prev;
}

static void set_count(struct share *share, uint16_t port, uint32_t n)
{
	atomic_store_explicit(&share->n[port], n, memory_order_relaxed);
	if (port != share->largest)
		share->others_at_most = MAX(share->others_at_most, n);
}

void share_add(struct share *share, uint32_t place, uint16_t port)
{
	append(share, place, port);
	set_count(share, port, share->n[port] + 1);
}

void share_del(struct share *share, uint32_t place, uint16_t port)
{
	detach(share, place);
	set_count(share, port, share->n[port] - 1);
}

void share_move(struct share *share, uint32_t from, uint32_t to)
{
	const struct share_link link = share->links[from];

	share->links[to] = link;
	share->links[link.prev].next = to;
	share->links[link.next].prev = to;
}

uint32_t share_of(const struct share *share, uint16_t port)
{
	return atomic_load_explicit(&share->n[port], memory_order_relaxed);
}

uint16_t share_largest(struct share *share)
{
	uint16_t best = 0;
	uint32_t others = 0;

	if (share->n[share->largest] >= share->others_at_most)
		return share->largest;
	for (uint16_t port = 1; port < FDB_PORTS; port++) {
		const uint32_t n = share_of(share, port);

		if (n > share_of(share, best)) {
			others = share_of(share, best);
			best = port;
		} else {
			others = MAX(others, n);
		}
	}
	share->largest = best;
	share->others_at_most = others;
	return best;
}

uint32_t share_turn(struct share *share, uint16_t port)
{
	const uint32_t place = share->links[share->n_places + port].next;

	detach(share, place);
	append(share, place, port);
	return place;
}
