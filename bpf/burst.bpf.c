/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * burst: sends a batch of frames with one program run.
 *
 * A worker runs this by BPF_PROG_TEST_RUN on a scratch skb. The program takes
 * descriptors from the worker's ring, copies the bytes of each frame from the
 * packet memory into the skb, and sends a clone of it to a device: ordinary
 * transmission, seen by queueing disciplines and tcpdump, without the skb per
 * frame that AF_XDP's copy mode builds the slow way.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/flow.h"

/* The packet memory: the UMEM map of each node, put in by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, BURST_NODES);
	__type(key, __u32);
	__type(value, __u32);
} umem SEC(".maps");

struct burst_ring ring;

struct state {
	struct __sk_buff *skb;
	__u32 at;    /* bytes of the present frame that are in the skb */
	__u8 failed; /* the present frame could not be built */
};

/* Returns 'value', which is below BURST_HALF. */
static __always_inline __u32 bounded(__u32 value)
{
	asm volatile("" : "+r"(value)); /* or the compiler drops the mask as needless */
	return value & (BURST_HALF - 1);
}

/* Appends the bytes of a piece. Returns 0 when they are in the skb. */
static __always_inline long append(struct state *s, const volatile struct burst_desc *d)
{
	__u32 node = d->node, chunk = d->chunk, offset = d->offset, len = d->len;
	void *memory = bpf_map_lookup_elem(&umem, &node);
	__u8 *bytes;
	long ret;

	if (!memory)
		return -1;
	bytes = bpf_map_lookup_elem(memory, &chunk);
	if (!bytes || offset >= BURST_HALF || len < 1 || len > BURST_HALF)
		return -1;
	/* True already; said once more in a way that the verifier of Linux 6.1
	 * remembers beyond the next branch. */
	len = bounded(len - 1) + 1;
	offset = bounded(offset);
	if (d->flags & BURST_UPPER)
		ret = bpf_skb_store_bytes(s->skb, s->at, bytes + BURST_HALF, len, 0);
	else
		ret = bpf_skb_store_bytes(s->skb, s->at, bytes + offset, len, 0);
	s->at += len;
	return ret;
}

/* One descriptor. */
static long send_one(__u32 i, struct state *s)
{
	__u32 at = ring.consumed;
	volatile struct burst_desc *d = &ring.desc[at % BURST_RING];
	__u8 flags = d->flags;

	if (at == *(volatile __u32 *)&ring.produced || (i >= BURST_RUN && flags & BURST_FIRST))
		return 1;
	ring.consumed = at + 1;
	if (flags & BURST_FIRST) {
		s->at = 0;
		s->failed = s->skb->len != d->total && bpf_skb_change_tail(s->skb, d->total, 0);
	}
	if (!(flags & BURST_AGAIN) && !s->failed && append(s, d))
		s->failed = 1;
	if (!(flags & BURST_LAST))
		return 0;
	if (s->failed)
		d->result = BURST_FAILED;
	else
		d->result = bpf_clone_redirect(s->skb, d->ifindex, 0) ? BURST_REFUSED : BURST_SENT;
	return 0;
}

SEC("tc")
int burst(struct __sk_buff *skb)
{
	struct state s = { .skb = skb, .failed = 1 };

	bpf_loop(BURST_MOST, send_one, &s, 0);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
