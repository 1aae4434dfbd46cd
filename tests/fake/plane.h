/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "switch/plane/output.h"
#include "switch/plane/pipeline.h"
#include "tests/fake/burst.h"
#include "tests/fake/wire.h"

/*
 * plane: a whole switch without a kernel, for tests.
 *
 * PLANE_PORTS ports on fake wires in one bridge, one worker's output, and the
 * real pool, FDB, pipeline and view. Ports can be sent to by socket, or by burst
 * when the test gives 'output.burst' one; plane_sent() looks for either. A test changes 'port' and
 * calls plane_adopt(), lets frames arrive, takes turns, and looks at what was sent.
 */
enum { PLANE_PORTS = 6, PLANE_CHUNKS = 4096, PLANE_FRAME_MAX = 65536 };

struct plane {
	uint8_t *area;
	struct pool *pool;
	struct pool_cache cache;
	struct fdb *fdb;
	struct view *view;
	struct batch batch;
	struct burst *burst; /* a fake one; output.burst is NULL at first */
	struct output output;
	struct port_stats stats[PORT_MAX];
	struct wire wire[PLANE_PORTS];
	struct view_queue queue[PLANE_PORTS];
	struct view_port port[PLANE_PORTS]; /* what the view is made of */
	uint32_t now;
	uint8_t sent[PLANE_FRAME_MAX]; /* the bytes plane_sent() found */
};

/* Makes it, all ports forwarding, learning and flooding, MTU 1500. */
void plane_open(struct plane *plane);

/* Makes sure that no chunk is lost, and frees it. */
void plane_close(struct plane *plane);

/* Publishes 'port' as it is now. */
void plane_adopt(struct plane *plane);

/* One turn of a worker: receives from every port, decides, sends, reclaims. */
void plane_turn(struct plane *plane);

/* Lets a frame arrive on 'port' and takes a turn. */
void plane_frame(struct plane *plane, uint16_t port, const void *bytes, size_t len);

/* Takes the next frame sent on 'port' into 'plane->sent'. Returns its length,
 * 0 when there is none. */
size_t plane_sent(struct plane *plane, uint16_t port);

/* Where are all the chunks? True when none is missing. */
bool plane_balances(struct plane *plane);
