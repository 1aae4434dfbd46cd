/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdint.h>

/*
 * fate: how did the way of a frame end, if it was not sent?
 *
 * Every way has a name, and the name is the counter. Reasons at reception
 * count on the port that the frame came in on, reasons at transmission on the
 * port that it should have left by. The words are what `xsw drops show`
 * prints; docs/operations.md explains each.
 */
enum fate {
	/* at reception */
	FATE_RUNT,           /* shorter than an Ethernet header */
	FATE_PORT_DOWN,      /* the port is not forwarding */
	FATE_SOURCE_INVALID, /* source address is zero or a group */
	FATE_L2_CONTROL,     /* to 01:80:c2:00:00:0x, never forwarded */
	FATE_SAME_PORT,      /* the destination is behind the port it came from */
	FATE_NO_DESTINATION, /* nobody else in the bridge may have it */
	/* at transmission */
	FATE_ISOLATED,       /* from one isolated port to another */
	FATE_TOO_LONG,       /* longer than the port's MTU allows */
	FATE_NO_FRAMES,      /* no chunk left for a copy */
	FATE_HANDOVER_FULL,  /* the port's worker does not keep up */
	FATE_PORT_GONE,      /* the port was removed on the way to its worker */
	FATE_TX_RING_FULL,   /* the kernel does not keep up */
	FATE_BURST_FAILED,   /* the burst could not build it */
	FATE_DEVICE_REFUSED, /* the device dropped it: no carrier, far end full */
	N_FATES,
};

/* Returns the name of a fate: "source-invalid". */
const char *fate_name(enum fate fate);

/* What one worker has counted for one port. Written by that worker only. */
struct port_stats {
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t drops[N_FATES];
};

/* Adds to a counter that other threads read. */
static inline void stat_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static inline uint64_t stat_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
