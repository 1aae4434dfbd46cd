/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "switch/frame/pool.h"
#include "switch/plane/chooser.h"
#include "switch/plane/fate.h"
#include "switch/plane/view.h"
#include "switch/wire/umem.h"

/*
 * crew: how are the workers made, and told what is new?
 *
 * The crew is all workers of the switch, the packet memory they work on, and
 * the one view they share. crew_publish() replaces it; liburcu's QSBR flavour
 * tells when no worker uses the old one any more. The end of a turn is a
 * quiescent point, and so is sleep.
 *
 * Threads  All calls are for the control thread.
 */
struct crew;

struct crew_config {
	uint32_t n_workers;   /* 1 to WORKER_MAX */
	int cpus[WORKER_MAX]; /* the core of each */
	bool busy;            /* spin for ever: the lowest latency, a whole core */
	uint32_t chunks_per_node;
};

/* Where every chunk is, as each worker last said. Sums to pool_total(). */
struct ledger {
	uint32_t pool; /* in the depots; counted once, with the first worker */
	uint32_t held; /* in caches and on the way between workers */
	uint32_t rx;   /* lent to the kernel to receive into */
	uint32_t tx;   /* lent to the kernel to send */
};

struct worker_info {
	int cpu;
	int node; /* the kernel's number */
	bool sleeping;
	uint64_t turns;
	uint64_t sleeps;
	uint64_t busy_ns; /* time spent in turns that had work */
	uint64_t rx_packets;
	bool can_burst;
	uint64_t burst_runs;
	uint64_t burst_frames;
	uint64_t af_xdp_frames;
	uint32_t cost[N_WAYS][CHOOSER_SIZES]; /* ns per frame; 0: not measured */
	struct ledger frames;
};

/* Makes the packet memory and starts the workers with an empty view. Returns
 * 0 or -errno; the reason is logged. */
int crew_start(struct crew **out, const struct crew_config *config);

/* Stops the workers and frees everything. No socket may be open any more. */
void crew_stop(struct crew *crew);

/* Replaces the view and takes ownership of 'view'. On return every worker has
 * adopted it, nothing handed over under an older one is on its way, and the
 * old view is freed. */
void crew_publish(struct crew *crew, struct view *view);

/* Opens a socket of the crew's memory; see xsock_open(). The worker that will
 * own it is woken when it has frames. */
int crew_open_socket(struct crew *crew, struct xsock **out, const char *ifname, uint32_t queue,
                     uint16_t id, bool try_zerocopy, uint16_t worker);

/* Closes a socket that no view names any more and takes its chunks back. A
 * chunk that is missing is logged. */
void crew_close_socket(struct crew *crew, struct xsock *sock);

uint32_t crew_n_workers(const struct crew *crew);
void crew_worker_info(const struct crew *crew, uint32_t worker, struct worker_info *out);

/* Takes stock of all chunks: one row per worker in 'rows'. Tries for some
 * milliseconds until the rows add up, as workers go on meanwhile. Returns
 * whether they do. */
bool crew_ledger(struct crew *crew, struct ledger *rows);

/* Returns how many chunks there are. */
uint32_t crew_total(const struct crew *crew);

/* Adds the counters of 'port' over all workers. */
void crew_port_stats(const struct crew *crew, uint16_t port, struct port_stats *out);

/* Sets the counters of 'port' to zero. No view may name it. */
void crew_forget_port(struct crew *crew, uint16_t port);
