/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen: the generator's program, run by BPF_PROG_TEST_RUN with live frames.
 *
 * Each run writes one frame and sends it out of the host's own device, so it
 * arrives at the switch's end of the cable. Paced, a run that comes too early
 * drops its frame, which only recycles the page.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "frame.h"

/* A generator that was held up catches up with at most so many frames: a
 * longer burst would measure the machine's noise and not the switch. */
#define BACKLOG 64

volatile const struct gen_setup setup;

__u64 sent;
__u64 first; /* ns, when the first and the last frame were sent (paced only) */
__u64 last;
__u64 due; /* 1/1024 ns */
__u32 flow;
__u32 mac;

static __always_inline int is_early(void)
{
	const __u64 now = bpf_ktime_get_ns();
	const __u64 scaled = now << 10;

	if (!due) {
		first = now;
		due = scaled;
	}
	if (scaled < due)
		return 1;
	if (scaled - due > setup.interval * BACKLOG)
		due = scaled - setup.interval * BACKLOG;
	due += setup.interval;
	last = now;
	return 0;
}

/* In words: this is most of what the generator costs. */
static __always_inline void put_headers(__u8 *frame)
{
	const volatile __u64 *words = (const volatile __u64 *)setup.headers;
	__u64 *to = (__u64 *)frame;

	for (int i = 0; i < BENCH_HEADERS / 8; i++)
		to[i] = words[i];
	*(__u16 *)(frame + 40) = *(const volatile __u16 *)(setup.headers + 40);
}

static __always_inline void put_mac(__u8 *at, __u32 number)
{
	at[0] = BENCH_TURN_MAC_0;
	at[1] = BENCH_TURN_MAC_1;
	at[2] = number >> 24;
	at[3] = number >> 16;
	at[4] = number >> 8;
	at[5] = number;
}

SEC("xdp")
int gen(struct xdp_md *ctx)
{
	__u8 *frame = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	const __u32 macs = setup.src_macs | setup.dst_macs;

	if ((void *)(frame + BENCH_HEADERS) > end)
		return XDP_ABORTED;
	if (setup.interval && is_early())
		return XDP_DROP;
	put_headers(frame);
	if (setup.flows > 1) {
		flow = flow + 1 < setup.flows ? flow + 1 : 0;
		*(__u16 *)(frame + BENCH_AT_SRC_PORT) = bpf_htons(BENCH_FIRST_SRC_PORT + flow);
	}
	if (macs) {
		mac = mac + 1 < macs ? mac + 1 : 0;
		put_mac(frame + (setup.src_macs ? BENCH_AT_SRC_MAC : BENCH_AT_DST_MAC), mac);
	}
	sent++;
	return bpf_redirect(setup.ifindex, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
