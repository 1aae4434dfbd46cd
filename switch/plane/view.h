/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/flow.h"
#include "switch/table/fdb.h"
#include "switch/wire/xsock.h"

/*
 * view: what is the switch like, as the workers see it?
 *
 * The published configuration: immutable once published, replaced whole by
 * the control thread (crew.h: crew_publish()). It names the tables and the
 * sockets but owns neither: the control thread closes a socket only when no
 * worker can still see a view that names it.
 */

#define BRIDGE_MAX 64
#define WORKER_MAX 64

/* One receive queue of a port. */
struct view_queue {
	struct xsock *sock;
	uint16_t worker; /* who polls it and sends on it */
};

/* How a port may be sent to. AF_XDP goes past the queueing discipline, a burst
 * through it: where there is one, frames of one port must not do both. */
enum view_way {
	VIEW_WAY_ANY,    /* whichever is cheaper */
	VIEW_WAY_BURST,  /* only so does its queueing discipline see the frames */
	VIEW_WAY_SOCKET, /* zero-copy; too long for a burst; a tap, which must say what it drops */
};

struct view_port {
	uint16_t number;
	uint16_t bridge;
	bool forwarding; /* up, by command and in fact */
	bool learning;
	bool flood;    /* gets frames for unknown unicast addresses */
	bool isolated; /* never talks to another isolated port */
	bool truthful; /* far end finishes its checksums (arm.h) */
	enum view_way way;
	uint32_t ifindex;
	uint32_t max_len; /* bytes of an untagged Ethernet frame */
	uint16_t n_queues;
	struct view_queue *queues;
};

struct view_bridge {
	struct fdb *fdb;
	uint16_t n_members;
	uint16_t members[PORT_MAX]; /* numbers of the ports that forward */
};

/* A queue that a worker polls. */
struct view_poll {
	struct xsock *sock;
	uint16_t port;
};

/* All queues of one worker, in the order of ports and queues. */
struct view_worker {
	uint32_t n;
	struct view_poll *poll;
};

struct view {
	uint64_t epoch; /* one higher with each view */
	struct view_port *ports[PORT_MAX];
	struct view_bridge *bridges[BRIDGE_MAX];
	struct view_worker workers[WORKER_MAX];
};

/* Makes an empty view, or returns NULL. */
struct view *view_new(uint64_t epoch);

/* Frees 'view', which may be NULL. */
void view_free(struct view *view);

/* Adds a bridge without members. Returns 0 or -ENOMEM. */
int view_add_bridge(struct view *view, uint16_t number, struct fdb *fdb);

/* Adds a copy of 'port', its queues included, makes it a member of its
 * bridge, which must be there, and gives its queues to their workers. Returns 0 or -ENOMEM. */
int view_add_port(struct view *view, const struct view_port *port);
