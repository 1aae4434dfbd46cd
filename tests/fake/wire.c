/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "switch/base/kernel.h"
#include "switch/base/macros.h"

/* One ring: the indices that both sides share. */
struct indices {
	uint32_t producer, consumer, flags;
};

struct wire_kernel {
	struct indices fill, tx, rx, comp;
	uint64_t fill_ring[XSOCK_RING], comp_ring[XSOCK_RING];
	struct xdp_desc rx_ring[XSOCK_RING], tx_ring[XSOCK_RING];
};

/* Joins the user's end of a ring to the kernel's. */
#define JOIN(end, indices, array)                                                                  \
	do {                                                                                       \
		(end).mask = XSOCK_RING - 1;                                                       \
		(end).size = XSOCK_RING;                                                           \
		(end).producer = &(indices).producer;                                              \
		(end).consumer = &(indices).consumer;                                              \
		(end).flags = &(indices).flags;                                                    \
		(end).ring = (array);                                                              \
	} while (0)

void wire_open(struct wire *wire, uint8_t *area, struct pool *pool, uint16_t id)
{
	struct wire_kernel *k = calloc(1, sizeof(*k));

	assert(k);
	*wire = (struct wire){
		.kernel = k,
		.sock = { .area = area, .pool = pool, .id = id, .fd = -1, .multi = true },
	};
	wire->sock.books = &wire->books;
	JOIN(wire->sock.fill, k->fill, k->fill_ring);
	JOIN(wire->sock.comp, k->comp, k->comp_ring);
	JOIN(wire->sock.rx, k->rx, k->rx_ring);
	JOIN(wire->sock.tx, k->tx, k->tx_ring);
	wire->sock.fill.cached_cons = XSOCK_RING;
	wire->sock.tx.cached_cons = XSOCK_RING;
}

void wire_close(struct wire *wire)
{
	free(wire->kernel);
}

int wire_arrives(struct wire *wire, const void *bytes, size_t len)
{
	const size_t room = UMEM_CHUNK - UMEM_HEADROOM;
	struct wire_kernel *k = wire->kernel;
	const uint8_t *from = bytes;
	const size_t n = len ? (len + room - 1) / room : 1;

	if (k->fill.producer - k->fill.consumer < n)
		return -ENOBUFS;
	for (size_t i = 0; i < n; i++) {
		const uint64_t addr = k->fill_ring[k->fill.consumer++ % XSOCK_RING] + UMEM_HEADROOM;
		const size_t piece = MIN(len, room);

		memcpy(wire->sock.area + addr, from, piece);
		k->rx_ring[k->rx.producer++ % XSOCK_RING] = (struct xdp_desc){
			.addr = addr,
			.len = (uint32_t)piece,
			.options = i + 1 < n ? XDP_PKT_CONTD : 0,
		};
		from += piece;
		len -= piece;
	}
	return 0;
}

size_t wire_sent(struct wire *wire, uint8_t *out, size_t size)
{
	struct wire_kernel *k = wire->kernel;
	struct xdp_desc d;
	size_t len = 0;

	if (k->tx.consumer == k->tx.producer)
		return 0;
	do {
		d = k->tx_ring[k->tx.consumer++ % XSOCK_RING];
		assert(len + d.len <= size);
		memcpy(out + len, wire->sock.area + d.addr, d.len);
		len += d.len;
		k->comp_ring[k->comp.producer++ % XSOCK_RING] = d.addr;
	} while (d.options & XDP_PKT_CONTD);
	return len;
}

uint32_t wire_chunks_held(const struct wire *wire)
{
	const struct wire_kernel *k = wire->kernel;

	return (k->fill.producer - k->fill.consumer) + (k->rx.producer - k->rx.consumer) +
	       (k->tx.producer - k->tx.consumer) + (k->comp.producer - k->comp.consumer);
}
