/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <linux/types.h>

/*
 * frame: what does a frame of the bench look like?
 *
 * Ethernet, IPv4 without options, UDP without checksum. The generator writes
 * the 42 bytes of headers anew for every frame, since a receiver may have
 * changed the page; what comes behind them is whatever the page holds. Sinks
 * know a frame by its protocol and destination port, so that ARP and ping
 * reach the host.
 *
 * Sizes are bytes as the device sees them, without the frame check sequence.
 */

#define BENCH_HEADERS 42
#define BENCH_PORT    9 /* UDP destination port (discard) */

#define BENCH_AT_DST_MAC  0
#define BENCH_AT_SRC_MAC  6
#define BENCH_AT_TYPE     12
#define BENCH_AT_PROTOCOL 23
#define BENCH_AT_SRC_PORT 34
#define BENCH_AT_DST_PORT 36

#define BENCH_FIRST_SRC_PORT 1024

/* What the generator's program is told before it is loaded. */
struct gen_setup {
	__u8 headers[48]; /* the first BENCH_HEADERS are used */
	__u32 ifindex;    /* device whose far end gets the frames */
	__u32 flows;      /* source ports taken in turn, from BENCH_FIRST_SRC_PORT */
	__u32 src_macs;   /* source addresses taken in turn; 0: always the one in headers */
	__u32 dst_macs;   /* destination addresses taken in turn; 0: the one in headers */
	__u64 interval;   /* 1/1024 ns between frames; 0: flat out */
};

/* Addresses that are taken in turn: 06:00 and a 32-bit number, big endian. */
#define BENCH_TURN_MAC_0 0x06
#define BENCH_TURN_MAC_1 0x00
