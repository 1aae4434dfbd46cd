/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/plane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FILL = 64 };

void plane_adopt(struct plane *plane)
{
	struct view *old = plane->view;
	int ret;

	plane->view = view_new(old ? old->epoch + 1 : 1);
	assert(plane->view);
	ret = view_add_bridge(plane->view, 0, plane->fdb);
	for (int i = 0; i < PLANE_PORTS; i++)
		ret |= view_add_port(plane->view, &plane->port[i]);
	assert(!ret);
	output_adopt(&plane->output, plane->view);
	view_free(old);
}

void plane_open(struct plane *plane)
{
	const struct pool_config pc = { .n_nodes = 1, .chunks_per_node = PLANE_CHUNKS };
	const struct fdb_config fc = { .capacity = 1024, .max_idle = 300, .seed = 7 };
	int ret;

	memset(plane, 0, sizeof(*plane));
	plane->area = aligned_alloc(UMEM_CHUNK, (size_t)PLANE_CHUNKS * UMEM_CHUNK);
	ret = pool_new(&plane->pool, &pc) | fdb_new(&plane->fdb, &fc);
	assert(plane->area && !ret);
	pool_cache_init(&plane->cache, plane->pool, 0);
	plane->now = 1000;
	plane->burst = fake_burst_open(plane->area);
	plane->output.area = plane->area;
	plane->output.cache = &plane->cache;
	plane->output.stats = plane->stats;
	for (uint16_t i = 0; i < PLANE_PORTS; i++) {
		wire_open(&plane->wire[i], plane->area, plane->pool, i + 1);
		plane->queue[i] = (struct view_queue){ .sock = &plane->wire[i].sock };
		plane->port[i] = (struct view_port){
			.number = i,
			.ifindex = i + 1,

			.forwarding = true,
			.learning = true,
			.flood = true,
			.truthful = true,
			.max_len = 1514,
			.n_queues = 1,
			.queues = &plane->queue[i],
		};
	}
	plane_adopt(plane);
	plane_turn(plane);
}

void plane_turn(struct plane *plane)
{
	for (uint16_t i = 0; i < PLANE_PORTS; i++) {
		struct pass pass = {
			.view = plane->view,
			.in = plane->view->ports[i],
			.batch = &plane->batch,
			.area = plane->area,
			.now = plane->now,
		};

		if (!xsock_recv(&plane->wire[i].sock, &plane->batch, i))
			continue;
		pipeline_run(&pass);
		output_batch(&plane->output, &plane->batch);
	}
	output_flush(&plane->output);
	for (int i = 0; i < PLANE_PORTS; i++) {
		xsock_reclaim(&plane->wire[i].sock, &plane->cache);
		xsock_refill(&plane->wire[i].sock, &plane->cache, FILL);
	}
}

void plane_frame(struct plane *plane, uint16_t port, const void *bytes, size_t len)
{
	int ret = wire_arrives(&plane->wire[port], bytes, len);

	assert(!ret);
	(void)ret;
	plane_turn(plane);
}

size_t plane_sent(struct plane *plane, uint16_t port)
{
	const size_t len = wire_sent(&plane->wire[port], plane->sent, sizeof(plane->sent));

	return len ? len
	           : fake_burst_sent(plane->burst, port + 1, plane->sent, sizeof(plane->sent));
}

bool plane_balances(struct plane *plane)
{
	uint32_t sum = pool_in_depots(plane->pool) + pool_cache_held(&plane->cache);

	for (int i = 0; i < PLANE_PORTS; i++) {
		const struct xsock *sock = &plane->wire[i].sock;

		if (sock->lent_rx + sock->lent_tx != wire_chunks_held(&plane->wire[i]))
			return false;
		sum += sock->lent_rx + sock->lent_tx;
	}
	return sum == PLANE_CHUNKS;
}

void plane_close(struct plane *plane)
{
	bool balances = plane_balances(plane);

	assert(balances);
	(void)balances;
	pool_cache_drain(&plane->cache);
	for (uint16_t i = 0; i < PLANE_PORTS; i++) {
		pool_collect(plane->pool, i + 1);
		wire_close(&plane->wire[i]);
	}
	assert(pool_in_depots(plane->pool) == PLANE_CHUNKS);
	burst_close(plane->burst);
	view_free(plane->view);
	fdb_free(plane->fdb);
	pool_free(plane->pool);
	free(plane->area);
}
