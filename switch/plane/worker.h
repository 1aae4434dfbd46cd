/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "switch/base/macros.h"
#include "switch/frame/batch.h"
#include "switch/frame/pool.h"
#include "switch/plane/crew.h"
#include "switch/plane/handover.h"
#include "switch/plane/lender.h"
#include "switch/plane/output.h"
#include "switch/plane/view.h"

/*
 * worker: what does one core do for the switch, turn by turn?
 *
 * One thread, pinned to its core, with its memory on the core's NUMA node. In
 * each turn it receives from every queue it owns, runs the pipeline, sends,
 * takes back what was sent and lends new chunks. Without work it spins for a
 * while and then sleeps in epoll. The end of a turn is a quiescent point for
 * the view (liburcu, QSBR flavour), and so is sleep.
 *
 * Threads  Everything belongs to the worker itself, but for what stands below
 *          the line in struct worker: the control thread reads that.
 */

struct worker {
	struct crew *crew;
	uint16_t number;
	int cpu;
	int node;        /* the kernel's number */
	uint32_t n_node; /* index in umem and pool */
	pthread_t thread;
	bool started;
	int epoll_fd;
	int wake_fd;

	const struct view *view;
	struct output output;
	struct pool_cache cache;
	struct burst *burst; /* NULL: not possible here */
	struct batch *batch;
	struct port_stats *stats;
	struct handover *from[WORKER_MAX];
	uint32_t n_polled;
	const struct view_poll *polled; /* the view's */
	uint32_t n_active;
	uint32_t active[PORT_MAX * QUEUE_MAX];  /* of 'polled': those that had frames lately */
	uint8_t patience[PORT_MAX * QUEUE_MAX]; /* turns until a queue is quiet; 0: it is */
	uint32_t next_quiet;                    /* where the next look at quiet ones begins */
	bool was_busy;                          /* the last turn moved frames */
	struct xsock_books books;
	struct lender lender;

	/* Read by the control thread. */
	alignas(CACHE_LINE) bool stop;
	bool sleeping;
	uint64_t turns;
	uint64_t sleeps;
	uint64_t busy_ns;
	uint64_t rx_packets;
	uint64_t ledger_version; /* odd while 'ledger' is being written */
	struct ledger ledger;
};

struct crew {
	struct view *view; /* published: rcu_dereference() */
	bool busy;
	uint32_t n;
	struct worker *workers[WORKER_MAX];
	struct umem *umem;
	struct pool *pool;
};

/* Makes worker 'number' of 'crew', whose packet memory must be there. 'n_node'
 * is the index of its node in umem and pool. Returns 0 or -errno. */
int worker_new(struct crew *crew, uint16_t number, int cpu, uint32_t n_node);

/* Starts the thread. Returns 0 or -errno. */
int worker_start(struct worker *w);

/* Ends the thread, which gives its cached chunks back. */
void worker_stop(struct worker *w);

/* Frees a worker that is not running; 'w' may be NULL. */
void worker_free(struct worker *w);

/* Makes it look up from its sleep. Any thread. */
void worker_wake(struct worker *w);
