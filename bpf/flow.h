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

/*
 * The burst: one worker's ring of pieces to send, read by its own copy of the
 * program (burst.bpf.c). The worker writes 'produced' and the descriptors, the
 * program 'consumed' and what became of each; they run in turns on one core.
 * Nothing here lies where a receiver of frames could write.
 */
#define BURST_RING  1024 /* descriptors; a power of two */
#define BURST_RUN   64   /* a run begins no frame after so many: softirqs wait meanwhile */
#define BURST_MOST  192  /* descriptors of a run: its last frame may have many */
#define BURST_HALF  2048 /* a piece lies in one half of its chunk */
#define BURST_CHUNK 4096
#define BURST_NODES 8

enum burst_flags {
	BURST_FIRST = 1 << 0, /* begins a frame of 'total' bytes */
	BURST_LAST = 1 << 1,  /* ends it: send it to 'ifindex' */
	BURST_AGAIN = 1 << 2, /* no bytes: send the frame before this one to 'ifindex' too */
	BURST_UPPER = 1 << 3, /* begins with the upper half of the chunk */
};

enum burst_result {
	BURST_SENT = 0,
	BURST_REFUSED, /* by the device: down, gone, or its queue is full */
	BURST_FAILED,  /* the frame could not be built */
	BURST_UNSENT,  /* the program has not come to it */
};

struct burst_desc {
	__u32 chunk; /* within the memory of its node */
	__u32 ifindex;
	__u32 total;  /* bytes of the frame */
	__u16 offset; /* in the lower half, below BURST_HALF */
	__u16 len;    /* at most BURST_HALF */
	__u8 node;
	__u8 flags;  /* enum burst_flags */
	__u8 result; /* enum burst_result; of the frame, in its last descriptor */
	__u8 pad;
	__u32 pad2;
};

struct burst_ring {
	__u32 produced;
	__u32 consumed;
	struct burst_desc desc[BURST_RING];
};
