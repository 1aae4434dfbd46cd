/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct view *view_new(uint64_t epoch)
{
	struct view *view = calloc(1, sizeof(*view));

	if (view)
		view->epoch = epoch;
	return view;
}

void view_free(struct view *view)
{
	if (!view)
		return;
	for (uint32_t i = 0; i < PORT_MAX; i++)
		free(view->ports[i]);
	for (uint32_t i = 0; i < BRIDGE_MAX; i++)
		free(view->bridges[i]);
	for (uint32_t i = 0; i < WORKER_MAX; i++)
		free(view->workers[i].poll);
	free(view);
}

int view_add_bridge(struct view *view, uint16_t number, struct fdb *fdb)
{
	struct view_bridge *bridge = calloc(1, sizeof(*bridge));

	if (!bridge)
		return -ENOMEM;
	bridge->fdb = fdb;
	view->bridges[number] = bridge;
	return 0;
}

static int add_poll(struct view_worker *w, struct xsock *sock, uint16_t port)
{
	struct view_poll *more = realloc(w->poll, (w->n + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	more[w->n++] = (struct view_poll){ .sock = sock, .port = port };
	w->poll = more;
	return 0;
}

int view_add_port(struct view *view, const struct view_port *port)
{
	const size_t queues = port->n_queues * sizeof(*port->queues);
	struct view_bridge *bridge = view->bridges[port->bridge];
	struct view_port *copy = malloc(sizeof(*copy) + queues);

	if (!copy)
		return -ENOMEM;
	*copy = *port;
	copy->queues = (struct view_queue *)(copy + 1);
	memcpy(copy->queues, port->queues, queues);
	view->ports[port->number] = copy;
	if (port->forwarding)
		bridge->members[bridge->n_members++] = port->number;
	for (uint32_t q = 0; q < port->n_queues; q++) {
		const struct view_queue *queue = &port->queues[q];

		if (add_poll(&view->workers[queue->worker], queue->sock, port->number))
			return -ENOMEM;
	}
	return 0;
}
