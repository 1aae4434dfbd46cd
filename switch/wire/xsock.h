/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xdp/xsk.h>

#include "switch/frame/batch.h"
#include "switch/frame/pool.h"
#include "switch/wire/umem.h"

/*
 * xsock: how do frames get in from, and out to, one queue of a device?
 *
 * An AF_XDP socket on one (device, queue), made by libxdp without its default
 * program. The whole UMEM is registered once for every socket, not shared
 * (XDP_SHARED_UMEM), so each has its own mode, each can go by itself, and a
 * frame received on one can be sent on any other without a copy.
 *
 * Life     open; per turn recv, send..., kick, reclaim, refill; close;
 *          pool_collect() for what the kernel still held.
 *
 * Ledger   'lent_rx' chunks are with the kernel to be filled, or filled and
 *          not yet received; 'lent_tx' to be sent, or sent and not reclaimed.
 *
 * Threads  Opened and closed by the control thread; in between everything but
 *          xsock_stats() belongs to the one worker that owns the queue.
 */

#define XSOCK_RING 2048 /* entries of each of the four rings */

/* What all sockets of one owner are lent, in chunks. */
struct xsock_books {
	uint32_t rx;
	uint32_t tx;
};

struct xsock {
	struct xsk_ring_cons rx, comp;
	struct xsk_ring_prod fill, tx;
	uint8_t *area; /* start of the UMEM */
	struct pool *pool;
	struct xsock_books *books; /* the owner's sums of the next two */
	uint32_t lent_rx;          /* chunks */
	uint32_t lent_tx;
	uint32_t grant; /* the lender's (plane/lender.h): chunks it may have */
	bool hungry;    /* likewise: it used up what it had */
	uint16_t id;    /* name with the pool, 1 to 65535 */
	bool multi;     /* takes frames of several chunks (XDP_USE_SG) */
	bool zerocopy;
	uint32_t tx_taken; /* TX ring index up to which the kernel has come */
	bool backlog;      /* the kernel has not taken all of the TX ring */
	int fd;
	struct xsk_socket *sock;
	struct xsk_umem *registration;
};

struct xsock_config {
	const char *ifname;
	uint32_t queue;
	uint16_t id;
	struct umem *umem;
	struct pool *pool;
	int node; /* of the worker that will own it */
	bool try_zerocopy;
};

/* What the kernel dropped or refused on this socket (XDP_STATISTICS). */
struct xsock_stats {
	uint64_t rx_no_frame; /* the fill ring was empty */
	uint64_t rx_ring_full;
	uint64_t rx_too_long; /* longer than a chunk, without XDP_USE_SG */
	uint64_t tx_invalid;  /* descriptors that the kernel did not like */
};

/* Opens a socket. A queue that an earlier socket is just leaving (EBUSY) is
 * retried for 2 seconds. Returns 0, -EINVAL for a queue that the device does
 * not have, -EBUSY, -EPERM, -ENOMEM, or another -errno. */
int xsock_open(struct xsock **out, const struct xsock_config *config);

/* Closes the socket; 's' may be NULL. Its chunks stay lent to 's->id'. */
void xsock_close(struct xsock *s);

/* Longest frame that this socket can carry, in bytes. */
uint32_t xsock_max_len(const struct xsock *s);

/* Receives whole frames into 'batch' (which is emptied first), from port 'in'.
 * Their chunks belong to the caller. Returns how many frames. */
uint32_t xsock_recv(struct xsock *s, struct batch *batch, uint16_t in);

/* Puts a frame on the TX ring; 'more' are the pieces behind the first. Its
 * chunks belong to the kernel then. Returns false when the ring is full, and
 * the frame is still the caller's. */
bool xsock_send(struct xsock *s, const struct seg *head, const struct seg *more, uint32_t n_more);

/* Makes the kernel send what is on the TX ring. Returns how many frames the
 * device refused and dropped (no carrier, far end's ring full), and how many
 * 'bytes' these had. */
uint32_t xsock_kick(struct xsock *s, uint64_t *bytes);

/* Takes back what has been sent. Returns how many chunks. */
uint32_t xsock_reclaim(struct xsock *s, struct pool_cache *cache);

/* Lends chunks until 'limit' are lent, as far as 'cache' has them. */
void xsock_refill(struct xsock *s, struct pool_cache *cache, uint32_t limit);

/* Reads the kernel's counters; any thread. Zero on failure. */
void xsock_stats(const struct xsock *s, struct xsock_stats *out);
