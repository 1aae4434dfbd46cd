/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sink: counts and drops the bench's frames where a far end can, in XDP before
 * there is an skb, or at TC behind it. Everything else goes on to the host.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} frames SEC(".maps");

static __always_inline int take(const __u8 *frame, const void *end)
{
	const __u32 zero = 0;
	__u64 *count;

	if ((const void *)(frame + BENCH_HEADERS) > end)
		return 0;
	if (*(const __u16 *)(frame + BENCH_AT_TYPE) != bpf_htons(0x0800) ||
	    frame[BENCH_AT_PROTOCOL] != 17 ||
	    *(const __u16 *)(frame + BENCH_AT_DST_PORT) != bpf_htons(BENCH_PORT))
		return 0;
	count = bpf_map_lookup_elem(&frames, &zero);
	if (count)
		++*count;
	return 1;
}

SEC("xdp")
int sink_xdp(struct xdp_md *ctx)
{
	return take((void *)(long)ctx->data, (void *)(long)ctx->data_end) ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int sink_tc(struct __sk_buff *skb)
{
	bpf_skb_pull_data(skb, BENCH_HEADERS);
	return take((void *)(long)skb->data, (void *)(long)skb->data_end) ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
