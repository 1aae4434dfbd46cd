/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/output.h"

#include <string.h>

#include "switch/base/clock.h"
#include "switch/base/macros.h"
#include "switch/frame/eth.h"
#include "switch/plane/pipeline.h"

static void count_drop(struct output *o, uint16_t port, enum fate fate)
{
	stat_add(&o->stats[port].drops[fate], 1);
}

static void count_sent(struct output *o, uint16_t port, uint32_t len)
{
	stat_add(&o->stats[port].tx_packets, 1);
	stat_add(&o->stats[port].tx_bytes, len);
}

static void release(struct output *o, const struct seg *head, const struct seg *more,
                    uint32_t n_more)
{
	pool_cache_give(o->cache, umem_chunk_of(head->addr));
	for (uint32_t i = 0; i < n_more; i++)
		pool_cache_give(o->cache, umem_chunk_of(more[i].addr));
}

/* ---- the ways ---- */

static struct way way_to(const struct output *o, const struct view_port *port)
{
	struct way way = {
		.ifindex = port->ifindex,
		.worker = port->queues[0].worker,
		.may = port->way,
	};

	for (uint32_t q = 0; q < port->n_queues && !way.sock; q++)
		if (port->queues[q].worker == o->worker)
			way.sock = port->queues[q].sock;

	return way;
}

void output_adopt(struct output *o, const struct view *view)
{
	o->view = view;
	o->n_kicks = 0;
	for (uint32_t i = 0; i < PORT_MAX; i++) {
		const struct view_port *port = view->ports[i];

		o->ways[i] = (struct way){ 0 };
		if (!port || !port->n_queues)
			continue;
		o->ways[i] = way_to(o, port);
		if (o->ways[i].sock && o->ways[i].sock->backlog)
			o->kicks[o->n_kicks++] = (uint16_t)i;
	}
}

/* ---- by AF_XDP ---- */

/* Puts a frame on our own socket of 'port', which takes its chunks. */
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
	count_sent(o, port, len);
	stat_add(&o->af_xdp_frames, 1);
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

/* Copies a frame into chunks of its own. Returns false without any left. */
static bool copy_frame(struct output *o, const struct outgoing *from, struct seg copy[FRAME_SEGS])
{
	const uint32_t n = 1 + from->n_more;
	uint32_t chunk[FRAME_SEGS];

	if (!pool_cache_take_all(o->cache, chunk, n))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct seg *piece = i ? &o->more[from->more + i - 1] : &from->head;

		copy[i].addr = umem_addr_of(chunk[i]);
		copy[i].len = piece->len;
		memcpy(o->area + copy[i].addr, o->area + piece->addr, piece->len);
	}
	return true;
}

static void send_by_socket(struct output *o, const struct outgoing *out)
{
	const struct seg *head = &out->head, *more = &o->more[out->more];
	struct seg copy[FRAME_SEGS];

	if (!out->owns) {
		if (!copy_frame(o, out, copy)) {
			count_drop(o, out->port, FATE_NO_FRAMES);
			return;
		}
		head = &copy[0];
		more = &copy[1];
	}
	if (o->ways[out->port].sock)
		transmit(o, out->port, out->len, head, more, out->n_more);
	else
		hand_over(o, out->port, head, more, out->n_more);
}

/* Makes the kernel take what is on the TX rings. */
static void kick(struct output *o)
{
	uint16_t n_left = 0;

	for (uint16_t i = 0; i < o->n_kicks; i++) {
		const uint16_t port = o->kicks[i];
		struct xsock *sock = o->ways[port].sock;
		struct port_stats *stats = &o->stats[port];
		uint64_t bytes;
		const uint32_t refused = xsock_kick(sock, &bytes);

		if (refused) {
			stat_add(&stats->drops[FATE_DEVICE_REFUSED], refused);
			stat_add(&stats->tx_packets, -(uint64_t)refused);
			stat_add(&stats->tx_bytes, -bytes);
		}
		if (sock->backlog)
			o->kicks[n_left++] = port;
	}
	o->n_kicks = n_left;
}

/* ---- by burst ---- */

/* For another worker's port a burst spares the handover. A port of ours goes
 * the way that was chosen, unless its TX ring is still busy. */
static bool goes_by_burst(const struct output *o, const struct outgoing *out, enum way_out way)
{
	const struct way *to = &o->ways[out->port];

	if (to->may == VIEW_WAY_SOCKET)
		return false;
	if (to->may == VIEW_WAY_BURST || !to->sock)
		return true;
	return way == WAY_BURST && !to->sock->backlog;
}

static void count_burst(struct output *o, const struct outgoing *out)
{
	switch ((enum burst_result)out->result) {
	case BURST_SENT:
		count_sent(o, out->port, out->len);
		break;
	case BURST_REFUSED:
		count_drop(o, out->port, FATE_DEVICE_REFUSED);
		break;
	case BURST_FAILED:
		count_drop(o, out->port, FATE_BURST_FAILED);
		break;
	case BURST_UNSENT:
		break;
	}
}

/* Runs what is described, for the staged frames 'at[0..n)'. A program that
 * cannot be run any more is given up: the sockets send from then on. */
static void run_burst(struct output *o, const uint16_t *at, uint32_t n)
{
	uint8_t results[OUTPUT_STAGED];
	const int n_runs = burst_run(o->burst, results);

	for (uint32_t i = 0; i < n; i++) {
		struct outgoing *out = &o->staged[at[i]];

		out->result = results[i];
		count_burst(o, out);
	}
	if (n_runs < 0) {
		__atomic_store_n(&o->burst, NULL, __ATOMIC_RELAXED);
		return;
	}
	stat_add(&o->burst_runs, (uint64_t)n_runs);
	stat_add(&o->burst_frames, n);
}

/* Sends by burst what may go that way. */
static void send_by_burst(struct output *o, enum way_out way)
{
	uint64_t last = UINT64_MAX; /* address of the frame that was described last */
	uint16_t at[OUTPUT_STAGED];
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->n_staged; i++) {
		const struct outgoing *out = &o->staged[i];
		const uint32_t ifindex = o->ways[out->port].ifindex;

		if (!goes_by_burst(o, out, way))
			continue;
		if (!(out->head.addr == last && burst_again(o->burst, ifindex)) &&
		    !burst_add(o->burst, ifindex, out->len, &out->head, &o->more[out->more],
		               out->n_more))
			continue;
		last = out->head.addr;
		at[n++] = (uint16_t)i;
	}
	if (n)
		run_burst(o, at, n);
}

/* ---- the flush ---- */

/* Bursts first: they read chunks that a socket may own afterwards. */
static void send_staged(struct output *o, enum way_out way)
{
	if (o->burst)
		send_by_burst(o, way);
	for (uint32_t i = 0; i < o->n_staged; i++)
		if (o->staged[i].result == BURST_UNSENT)
			send_by_socket(o, &o->staged[i]);
	for (uint32_t i = 0; i < o->n_staged; i++) {
		const struct outgoing *out = &o->staged[i];

		if (out->owns && out->result != BURST_UNSENT)
			release(o, &out->head, &o->more[out->more], out->n_more);
	}
	kick(o);
	o->n_staged = 0;
	o->n_shared = 0;
	o->n_more = 0;
}

void output_flush(struct output *o)
{
	const uint32_t n = o->n_staged;
	enum way_out way;
	bool trial = false;
	uint64_t then;

	if (!n) {
		kick(o);
		return;
	}
	if (!o->burst)
		way = WAY_AF_XDP;
	else if (o->n_shared)
		way = WAY_BURST;
	else
		way = chooser_pick(&o->chooser, n, &trial);
	if (!trial) {
		send_staged(o, way);
		return;
	}
	then = clock_ns();
	send_staged(o, way);
	chooser_learn(&o->chooser, n, way, clock_ns() - then);
}

static void stage(struct output *o, uint16_t port, const struct frame *f, const struct seg *more,
                  bool owns)
{
	if (o->n_staged == OUTPUT_STAGED || o->n_more + f->n_more > OUTPUT_STAGED)
		output_flush(o);
	o->staged[o->n_staged++] = (struct outgoing){
		.head = f->head,
		.len = f->len,
		.port = port,
		.n_more = f->n_more,
		.more = (uint16_t)o->n_more,
		.owns = owns,
		.result = BURST_UNSENT,
	};
	for (uint32_t i = 0; i < f->n_more; i++)
		o->more[o->n_more++] = more[i];
	o->n_shared += !owns;
}

/* ---- verdicts ---- */

/* Stages the frame for every member of its bridge that may have it. */
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
			stage(o, last, f, more, false);
		last = port;
	}
	if (last != FDB_NO_PORT) {
		stage(o, last, f, more, true);
		return;
	}
	count_drop(o, f->in, FATE_NO_DESTINATION);
	release(o, &f->head, more, f->n_more);
}

static void forward_to(struct output *o, const struct frame *f, const struct seg *more)
{
	const enum fate fate = pipeline_egress(o->view, f, o->view->ports[f->out]);

	if (fate == N_FATES) {
		stage(o, f->out, f, more, true);
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
	if (o->n_staged >= OUTPUT_EAGER)
		output_flush(o);
}

/* ---- what others handed over ---- */

uint32_t output_handed(struct output *o, struct handover *from)
{
	struct handover_piece piece[FRAME_SEGS];
	struct seg seg[FRAME_SEGS];
	uint32_t left = handover_count(from), n_frames = 0;

	while (left > 0) {
		const uint32_t n = handover_pop(from, piece);
		const uint16_t port = piece[0].port;
		uint32_t len = 0;

		for (uint32_t i = 0; i < n; i++) {
			seg[i] = piece[i].seg;
			len += seg[i].len;
		}
		left -= MIN(left, n);
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
