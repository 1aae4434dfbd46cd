/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/output.h"

#include <string.h>

#include "switch/frame/eth.h"
#include "switch/plane/pipeline.h"

static void count_drop(struct output *o, uint16_t port, enum fate fate)
{
	stat_add(&o->stats[port].drops[fate], 1);
}

static void release(struct output *o, const struct seg *head, const struct seg *more,
                    uint32_t n_more)
{
	pool_cache_give(o->cache, umem_chunk_of(head->addr));
	for (uint32_t i = 0; i < n_more; i++)
		pool_cache_give(o->cache, umem_chunk_of(more[i].addr));
}

void output_adopt(struct output *o, const struct view *view)
{
	o->view = view;
	o->n_kicks = 0;
	for (uint32_t i = 0; i < PORT_MAX; i++) {
		const struct view_port *port = view->ports[i];

		o->ways[i] = (struct way){ 0 };
		for (uint32_t q = 0; port && q < port->n_queues; q++) {
			if (port->queues[q].worker == o->worker) {
				o->ways[i].sock = port->queues[q].sock;
				o->kicks[o->n_kicks++] = (uint16_t)i; /* what was left before */
				break;
			}
			o->ways[i].worker = port->queues[0].worker;
		}
	}
}

/* Puts a frame on our own socket of 'port'. */
static void transmit(struct output *o, uint16_t port, uint32_t len, const struct seg *head,
                     const struct seg *more, uint32_t n_more)
{
	struct xsock *sock = o->ways[port].sock;
	const bool had_backlog = sock->backlog;

	if (!xsock_send(sock, head, more, n_more)) {
		count_drop(o, port, FATE_TX_RING_FULL);
		release(o, head, more, n_more);
		return;
	}
	if (!had_backlog)
		o->kicks[o->n_kicks++] = port;
	stat_add(&o->stats[port].tx_packets, 1);
	stat_add(&o->stats[port].tx_bytes, len);
}

static void hand_over(struct output *o, uint16_t port, const struct seg *head,
                      const struct seg *more, uint32_t n_more)
{
	const uint16_t worker = o->ways[port].worker;

	if (handover_push(o->to[worker], port, head, more, n_more)) {
		o->wake |= 1ull << worker;
		return;
	}
	count_drop(o, port, FATE_HANDOVER_FULL);
	release(o, head, more, n_more);
}

static void send_to(struct output *o, uint16_t port, uint32_t len, const struct seg *head,
                    const struct seg *more, uint32_t n_more)
{
	if (o->ways[port].sock)
		transmit(o, port, len, head, more, n_more);
	else
		hand_over(o, port, head, more, n_more);
}

/* Sends a copy of the frame, whose own chunks stay where they are. */
static void send_copy(struct output *o, uint16_t port, const struct frame *f,
                      const struct seg *more)
{
	uint32_t chunk[FRAME_SEGS];
	struct seg copy[FRAME_SEGS];
	const uint32_t n = 1 + f->n_more;

	if (!pool_cache_take_all(o->cache, chunk, n)) {
		count_drop(o, port, FATE_NO_FRAMES);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct seg *from = i ? &more[i - 1] : &f->head;

		copy[i].addr = umem_addr_of(chunk[i]);
		copy[i].len = from->len;
		memcpy(o->area + copy[i].addr, o->area + from->addr, from->len);
	}
	send_to(o, port, f->len, &copy[0], &copy[1], f->n_more);
}

/* Sends the frame to every member of its bridge that may have it. The last
 * one gets the frame itself. */
static void flood(struct output *o, const struct frame *f, const struct seg *more)
{
	const struct view *view = o->view;
	const struct view_bridge *bridge = view->bridges[view->ports[f->in]->bridge];
	const bool unknown_unicast = !eth_is_group(f->l2.dst_key);
	uint16_t last = FDB_NO_PORT;

	for (uint32_t i = 0; i < bridge->n_members; i++) {
		const uint16_t port = bridge->members[i];
		const struct view_port *out = view->ports[port];
		enum fate fate;

		if (port == f->in || (unknown_unicast && !out->flood))
			continue;
		fate = pipeline_egress(view, f, out);
		if (fate != N_FATES) {
			count_drop(o, port, fate);
			continue;
		}
		if (last != FDB_NO_PORT)
			send_copy(o, last, f, more);
		last = port;
	}
	if (last != FDB_NO_PORT) {
		send_to(o, last, f->len, &f->head, more, f->n_more);
		return;
	}
	count_drop(o, f->in, FATE_NO_DESTINATION);
	release(o, &f->head, more, f->n_more);
}

static void forward_to(struct output *o, const struct frame *f, const struct seg *more)
{
	const enum fate fate = pipeline_egress(o->view, f, o->view->ports[f->out]);

	if (fate == N_FATES) {
		send_to(o, f->out, f->len, &f->head, more, f->n_more);
		return;
	}
	count_drop(o, f->out, fate);
	release(o, &f->head, more, f->n_more);
}

/* VLAN 0 leaves untagged: takes a priority tag (VID 0) off, in place. */
static void untag(struct output *o, struct frame *f)
{
	if (f->vid || !f->l2.n_tags || f->l2.tpid[0] != ETH_TYPE_VLAN ||
	    f->head.len < ETH_HEADER_LEN + ETH_VLAN_LEN)
		return;
	memmove(o->area + f->head.addr + ETH_VLAN_LEN, o->area + f->head.addr, 2 * ETH_ADDR_LEN);
	f->data += ETH_VLAN_LEN;
	f->head.addr += ETH_VLAN_LEN;
	f->head.len -= ETH_VLAN_LEN;
	f->len -= ETH_VLAN_LEN;
}

void output_batch(struct output *o, struct batch *batch)
{
	for (uint32_t i = 0; i < batch->n; i++) {
		struct frame *f = &batch->frames[i];
		const struct seg *more = &batch->more[f->more];

		if (f->out == OUT_DROP) {
			count_drop(o, f->in, f->fate);
			release(o, &f->head, more, f->n_more);
			continue;
		}
		untag(o, f);
		if (f->out == OUT_FLOOD)
			flood(o, f, more);
		else
			forward_to(o, f, more);
	}
}

uint32_t output_handed(struct output *o, struct handover *from)
{
	struct handover_piece piece[FRAME_SEGS];
	struct seg seg[FRAME_SEGS];
	uint32_t n, n_frames = 0;

	while (n_frames < BATCH_FRAMES && (n = handover_pop(from, piece)) > 0) {
		const uint16_t port = piece[0].port;
		uint32_t len = 0;

		for (uint32_t i = 0; i < n; i++) {
			seg[i] = piece[i].seg;
			len += seg[i].len;
		}
		n_frames++;
		if (o->ways[port].sock) {
			transmit(o, port, len, &seg[0], &seg[1], n - 1);
			continue;
		}
		count_drop(o, port, FATE_PORT_GONE);
		release(o, &seg[0], &seg[1], n - 1);
	}
	return n_frames;
}

void output_flush(struct output *o)
{
	uint16_t n_left = 0;

	for (uint16_t i = 0; i < o->n_kicks; i++) {
		const uint16_t port = o->kicks[i];
		struct port_stats *stats = &o->stats[port];
		uint32_t refused = xsock_kick(o->ways[port].sock);

		if (refused) {
			stat_add(&stats->drops[FATE_DEVICE_REFUSED], refused);
			stat_add(&stats->tx_packets, -(uint64_t)refused);
		}
		if (o->ways[port].sock->backlog)
			o->kicks[n_left++] = port;
	}
	o->n_kicks = n_left;
}
