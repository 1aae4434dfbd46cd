/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/xsock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "switch/base/clock.h"
#include "switch/base/kernel.h"
#include "switch/base/macros.h"
#include "switch/base/mem.h"

#define BIND_DEADLINE_NS (2 * NS_PER_SECOND)
#define BIND_RETRY_US    1000
#define SEND_BUFFER      (8 << 20) /* bytes of skbs in flight to slow receivers */
#define SEND_BUDGET      256       /* frames per sendto() */
#define REFILL_MIN       8         /* chunks worth a look at the fill ring */

/* Binds with exactly these flags, waiting out a predecessor that is leaving. */
static int bind_with(struct xsock *s, const struct xsock_config *config, uint16_t flags)
{
	const struct xsk_socket_config sc = {
		.rx_size = XSOCK_RING,
		.tx_size = XSOCK_RING,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = flags | XDP_USE_NEED_WAKEUP,
	};
	const uint64_t deadline = clock_ns() + BIND_DEADLINE_NS;
	int ret;

	for (;;) {
		ret = xsk_socket__create(&s->sock, config->ifname, config->queue, s->registration,
		                         &s->rx, &s->tx, &sc);
		if (ret != -EBUSY || clock_ns() > deadline)
			return ret;
		usleep(BIND_RETRY_US);
	}
}

/* Tries the best way first. Multi-buffer is Linux 6.6; zero-copy is the
 * driver's choice. */
static int bind_best(struct xsock *s, const struct xsock_config *config)
{
	static const struct {
		uint16_t flags;
		bool zerocopy, multi;
	} ways[] = {
		{ XDP_ZEROCOPY | XDP_USE_SG, true, true },
		{ XDP_ZEROCOPY, true, false },
		{ XDP_COPY | XDP_USE_SG, false, true },
		{ XDP_COPY, false, false },
	};
	int ret = -EINVAL;

	for (size_t i = config->try_zerocopy ? 0 : 2; i < ARRAY_SIZE(ways); i++) {
		ret = bind_with(s, config, ways[i].flags);
		if (!ret) {
			s->zerocopy = ways[i].zerocopy;
			s->multi = ways[i].multi;
			return 0;
		}
		if (ret == -EBUSY || ret == -EPERM || ret == -ENOMEM)
			break;
	}
	return ret;
}

/* Larger buffers and budgets are welcome, not needed. */
static void tune(const struct xsock *s)
{
	const int buffer = SEND_BUFFER, budget = SEND_BUDGET;

	setsockopt(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	setsockopt(s->fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget, sizeof(budget));
}

int xsock_open(struct xsock **out, const struct xsock_config *config)
{
	const struct xsk_umem_config uc = {
		.fill_size = XSOCK_RING,
		.comp_size = XSOCK_RING,
		.frame_size = UMEM_CHUNK,
	};
	struct xsock *s = mem_alloc_on(config->node, sizeof(*s));
	struct mem_visit visit;
	int ret;

	if (!s)
		return -ENOMEM;
	s->area = config->umem->area;
	s->pool = config->pool;
	s->id = config->id;
	s->fd = -1;
	mem_visit(&visit, config->node); /* for the rings, which the kernel allocates */
	ret = xsk_umem__create(&s->registration, config->umem->area, config->umem->size, &s->fill,
	                       &s->comp, &uc);
	if (!ret)
		ret = bind_best(s, config);
	mem_return(&visit);
	if (ret) {
		xsock_close(s);
		return ret;
	}
	s->fd = xsk_socket__fd(s->sock);
	tune(s);
	*out = s;
	return 0;
}

void xsock_close(struct xsock *s)
{
	if (!s)
		return;
	if (s->sock)
		xsk_socket__delete(s->sock);
	if (s->registration)
		xsk_umem__delete(s->registration);
	mem_free_on(s, sizeof(*s));
}

uint32_t xsock_max_len(const struct xsock *s)
{
	const uint32_t piece = UMEM_CHUNK - UMEM_HEADROOM;

	return s->multi ? piece * FRAME_SEGS : piece;
}

/* Takes the chunk of a received descriptor into the caller's hands. */
static struct seg receive_piece(struct xsock *s, uint32_t idx, bool *continues)
{
	const struct xdp_desc *d = xsk_ring_cons__rx_desc(&s->rx, idx);

	*continues = d->options & XDP_PKT_CONTD;
	pool_lend(s->pool, umem_chunk_of(d->addr), POOL_MINE);
	return (struct seg){ .addr = d->addr, .len = d->len };
}

/* Receives one frame from ring position 'idx', at most 'n' descriptors.
 * Returns how many it had, or 0 when its end is not among them. The kernel
 * makes at most FRAME_SEGS of a frame, so the first of a batch always ends. */
static uint32_t receive_frame(struct xsock *s, struct batch *batch, uint16_t in, uint32_t idx,
                              uint32_t n)
{
	struct frame *f = &batch->frames[batch->n];
	uint32_t pieces = 1;
	bool continues;

	while (pieces < n &&
	       xsk_ring_cons__rx_desc(&s->rx, idx + pieces - 1)->options & XDP_PKT_CONTD)
		pieces++;
	if (xsk_ring_cons__rx_desc(&s->rx, idx + pieces - 1)->options & XDP_PKT_CONTD)
		return 0;

	f->head = receive_piece(s, idx, &continues);
	f->data = s->area + f->head.addr;
	f->len = f->head.len;
	f->in = in;
	f->n_more = (uint16_t)(pieces - 1);
	f->more = (uint16_t)batch->n_more;
	for (uint32_t i = 1; i < pieces; i++) {
		struct seg piece = receive_piece(s, idx + i, &continues);

		batch->more[batch->n_more++] = piece;
		f->len += piece.len;
	}
	batch->n++;
	return pieces;
}

uint32_t xsock_recv(struct xsock *s, struct batch *batch, uint16_t in)
{
	uint32_t idx, taken = 0;
	uint32_t n = xsk_ring_cons__peek(&s->rx, BATCH_FRAMES, &idx);

	batch->n = 0;
	batch->n_more = 0;
	while (taken < n) {
		uint32_t pieces = receive_frame(s, batch, in, idx + taken, n - taken);

		if (!pieces)
			break;
		taken += pieces;
	}
	if (taken < n)
		xsk_ring_cons__cancel(&s->rx, n - taken);
	if (taken) {
		xsk_ring_cons__release(&s->rx, taken);
		s->lent_rx -= taken;
		s->books->rx -= taken;
	}
	return batch->n;
}

static void send_piece(struct xsock *s, uint32_t idx, const struct seg *piece, bool continues)
{
	struct xdp_desc *d = xsk_ring_prod__tx_desc(&s->tx, idx);

	d->addr = piece->addr;
	d->len = piece->len;
	d->options = continues ? XDP_PKT_CONTD : 0;
	pool_lend(s->pool, umem_chunk_of(piece->addr), s->id);
}

bool xsock_send(struct xsock *s, const struct seg *head, const struct seg *more, uint32_t n_more)
{
	uint32_t idx;

	if (xsk_ring_prod__reserve(&s->tx, 1 + n_more, &idx) != 1 + n_more)
		return false;
	send_piece(s, idx, head, n_more > 0);
	for (uint32_t i = 0; i < n_more; i++)
		send_piece(s, idx + 1 + i, &more[i], i + 1 < n_more);
	xsk_ring_prod__submit(&s->tx, 1 + n_more);
	s->lent_tx += 1 + n_more;
	s->books->tx += 1 + n_more;
	s->backlog = true;
	return true;
}

static uint32_t tx_consumed(const struct xsock *s)
{
	return __atomic_load_n(s->tx.consumer, __ATOMIC_ACQUIRE);
}

static uint32_t tx_waiting(const struct xsock *s)
{
	return *s->tx.producer - tx_consumed(s);
}

static const struct xdp_desc *tx_at(struct xsock *s, uint32_t idx)
{
	return xsk_ring_prod__tx_desc(&s->tx, idx);
}

/* The kernel dropped one frame and came no further. It shows its index only
 * after it has sent one: then the refused frame ends there, and if the index
 * has not moved, it is the first that waited. Returns its bytes. */
static uint64_t refused_bytes(struct xsock *s, uint32_t consumed)
{
	uint64_t bytes = 0;
	uint32_t at;

	if (consumed == s->tx_taken) {
		do
			bytes += tx_at(s, s->tx_taken)->len;
		while (tx_at(s, s->tx_taken++)->options & XDP_PKT_CONTD);
		return bytes;
	}
	at = s->tx_taken = consumed;
	do
		bytes += tx_at(s, --at)->len;
	while (tx_at(s, at - 1)->options & XDP_PKT_CONTD);
	return bytes;
}

uint32_t xsock_kick(struct xsock *s, uint64_t *bytes)
{
	uint32_t refused = 0;

	*bytes = 0;
	/* A copy-mode sendto() ends after its budget (EAGAIN) or after one frame
	 * that the device would not take (EBUSY): go on while that gets anywhere. */
	for (uint32_t left = tx_waiting(s), tries = left + 1; left && tries; tries--) {
		const uint32_t before = left;
		int error = 0;

		if (sendto(s->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0)
			error = errno;
		left = tx_waiting(s);
		if (error == EBUSY) {
			refused++;
			*bytes += refused_bytes(s, tx_consumed(s));
			continue;
		}
		s->tx_taken = tx_consumed(s);
		if (error && left == before)
			break;
	}
	s->backlog = tx_waiting(s) > 0;
	return refused;
}

uint32_t xsock_reclaim(struct xsock *s, struct pool_cache *cache)
{
	uint32_t idx;
	uint32_t n = s->lent_tx ? xsk_ring_cons__peek(&s->comp, XSOCK_RING, &idx) : 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t chunk = umem_chunk_of(*xsk_ring_cons__comp_addr(&s->comp, idx + i));

		pool_lend(s->pool, chunk, POOL_MINE);
		pool_cache_give(cache, chunk);
	}
	if (n) {
		xsk_ring_cons__release(&s->comp, n);
		s->lent_tx -= n;
		s->books->tx -= n;
	}
	return n;
}

/* Puts 'n' chunks on the fill ring, as far as there are any. */
static void fill(struct xsock *s, struct pool_cache *cache, uint32_t n)
{
	uint32_t chunk[POOL_EXCHANGE];
	uint32_t idx;

	n = pool_cache_take_all(cache, chunk, n);
	if (!n)
		return;
	if (xsk_ring_prod__reserve(&s->fill, n, &idx) != n) {
		for (uint32_t i = 0; i < n; i++)
			pool_cache_give(cache, chunk[i]);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		*xsk_ring_prod__fill_addr(&s->fill, idx + i) = umem_addr_of(chunk[i]);
		pool_lend(s->pool, chunk[i], s->id);
	}
	xsk_ring_prod__submit(&s->fill, n);
	s->lent_rx += n;
	s->books->rx += n;
}

void xsock_refill(struct xsock *s, struct pool_cache *cache, uint32_t limit)
{
	while (s->lent_rx + REFILL_MIN <= limit) {
		const uint32_t before = s->lent_rx;

		fill(s, cache, REFILL_MIN);
		if (s->lent_rx == before)
			break;
	}
	if (s->zerocopy && xsk_ring_prod__needs_wakeup(&s->fill))
		recvfrom(s->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

void xsock_stats(const struct xsock *s, struct xsock_stats *out)
{
	struct xdp_statistics stats = { 0 };
	socklen_t size = sizeof(stats);

	*out = (struct xsock_stats){ 0 };
	if (getsockopt(s->fd, SOL_XDP, XDP_STATISTICS, &stats, &size))
		return;
	out->rx_ring_full = stats.rx_ring_full;
	out->tx_invalid = stats.tx_invalid_descs;
	/* The kernel has one number for both; with several chunks a frame, none
	 * is too long. */
	out->rx_no_frame =
		s->multi ? stats.rx_dropped : MIN(stats.rx_dropped, stats.rx_fill_ring_empty_descs);
	out->rx_too_long = stats.rx_dropped - out->rx_no_frame;
}
