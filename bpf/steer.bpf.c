/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * steer: the program on every port.
 *
 * It finds which port of the switch a frame came in on, counts it, and hands
 * it to the AF_XDP socket of its receive queue. A frame that nobody can take
 * is dropped here and counted with a reason. What happens behind
 * bpf_redirect_map() (a full ring, no chunk in the fill ring) is counted by
 * the socket itself and read with XDP_STATISTICS.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>

#include "bpf/flow.h"

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, PORT_MAX *QUEUE_MAX);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STEER_ROWS);
	__type(key, __u32);
	__type(value, struct steer_counters);
} counters SEC(".maps");

/* Written by the daemon through its mapping of .bss. */
volatile struct steer_slot slots[STEER_SLOTS];

static __always_inline __u32 port_of(__u32 ifindex)
{
#pragma unroll
	for (__u32 i = 0; i < STEER_PROBES; i++) {
		volatile struct steer_slot *slot = &slots[(ifindex + i) % STEER_SLOTS];

		if (slot->ifindex == ifindex)
			return slot->port;
	}
	return STEER_ROW_NO_PORT;
}

SEC("xdp.frags")
int steer(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u32 port = port_of(ctx->ingress_ifindex);
	struct steer_counters *row = bpf_map_lookup_elem(&counters, &port);
	__u32 queue = ctx->rx_queue_index;
	long verdict = XDP_DROP;

	if (!row)
		return XDP_ABORTED; /* a slot names a port beyond the table: never written */
	row->rx_packets++;
	row->rx_bytes += bpf_xdp_get_buff_len(ctx);

	if (port >= PORT_MAX) {
		row->drops[STEER_NO_PORT]++;
		return XDP_DROP;
	}
	if (data + sizeof(struct ethhdr) > data_end) {
		row->drops[STEER_RUNT]++;
		return XDP_DROP;
	}
	if (queue < QUEUE_MAX)
		verdict = bpf_redirect_map(&sockets, STEER_SOCKET(port, queue), XDP_DROP);
	if (verdict == XDP_DROP)
		row->drops[STEER_NO_SOCKET]++;
	return verdict;
}

char _license[] SEC("license") = "Dual BSD/GPL";
