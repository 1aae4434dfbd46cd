/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

#include <linux/types.h>

/*
 * flow: what do the programs in the kernel and the daemon say to each other?
 *
 * The layout of every map that both sides touch. It is the only header that
 * bpf/ and switch/ share, so it uses kernel types and includes nothing else.
 *
 * Ports are named by xsw's own numbers, never by ifindex: a number belongs to
 * one port until every worker has forgotten it, while an ifindex is the
 * kernel's to hand out.
 */

#define PORT_MAX  512 /* port numbers are 0 to PORT_MAX - 1 */
#define QUEUE_MAX 64  /* receive queues of one port that get a socket */

/* The XSKMAP key of a socket. */
#define STEER_SOCKET(port, queue) ((port)*QUEUE_MAX + (queue))

/* ifindex -> port: open addressing, home slot ifindex % STEER_SLOTS, at most
 * STEER_PROBES slots looked at. Four times as many slots as ports. */
#define STEER_SLOTS  2048
#define STEER_PROBES 8

struct steer_slot {
	__u32 ifindex; /* 0: free */
	__u32 port;
};

/* Why `steer` could not hand a frame to anybody. */
enum steer_drop {
	STEER_RUNT,      /* shorter than an Ethernet header */
	STEER_NO_SOCKET, /* no socket on this receive queue */
	STEER_NO_PORT,   /* the device is attached but belongs to no port */
	N_STEER_DROPS,
};

/* Per port and CPU. A device without a port counts in the last row. */
struct steer_counters {
	__u64 rx_packets; /* every frame the program saw */
	__u64 rx_bytes;
	__u64 drops[N_STEER_DROPS];
};
#define STEER_ROWS        (PORT_MAX + 1)
#define STEER_ROW_NO_PORT PORT_MAX
