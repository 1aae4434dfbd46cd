/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "switch/base/log.h"
#include "switch/base/macros.h"
#include "switch/frame/eth.h"
#include "switch/wire/burst.h"

void port_init(struct port *port, const char *name, uint16_t number, uint16_t bridge)
{
	*port = (struct port){
		.number = number,
		.bridge = bridge,
		.enabled = true,
		.learning = true,
		.flood = true,
		.link_fd = -1,
	};
	snprintf(port->name, sizeof(port->name), "%s", name);
}

static int fail(struct port *port, enum port_trouble trouble, int error)
{
	port->problem.trouble = trouble;
	port->problem.error = error < 0 ? -error : error;
	return -1;
}

/* Is this a device that may become a port? */
static int inspect(struct port *port)
{
	const int ret = netdev_get(port->name, &port->dev);

	if (ret)
		return fail(port, PORT_NO_DEVICE, ret);
	if (port->dev.is_loopback)
		return fail(port, PORT_LOOPBACK, 0);
	if (!port->dev.is_ethernet)
		return fail(port, PORT_NOT_ETHERNET, 0);
	if (port->dev.master)
		return fail(port, PORT_HAS_MASTER, 0);
	if (port->dev.xdp_prog_id)
		return fail(port, PORT_FOREIGN_XDP, 0);
	if (netdev_driver(port->name, port->driver, sizeof(port->driver)))
		snprintf(port->driver, sizeof(port->driver), "%s", port->dev.kind);
	return 0;
}

static int raise_device(struct port *port)
{
	int ret;

	port->was_down = !port->dev.up;
	if (!port->was_down)
		return 0;
	ret = netdev_set_up(port->dev.ifindex, true);
	if (!ret)
		ret = netdev_get_index(port->dev.ifindex, &port->dev);
	if (ret)
		port->was_down = false;
	return ret ? fail(port, PORT_CANNOT_RAISE, ret) : 0;
}

static int attach(struct port *port, const struct port_kit *kit)
{
	int fd = -EOPNOTSUPP;

	port->generic = port->mode == PORT_GENERIC;
	if (!port->generic) {
		fd = prog_attach(kit->prog, port->dev.ifindex, false);
		if (fd < 0 && port->mode == PORT_AUTO && fd != -EBUSY && fd != -EEXIST) {
			port->native_error = -fd;
			port->lacks |= PORT_LACKS_NATIVE;
			port->generic = true;
		}
	}
	if (port->generic)
		fd = prog_attach(kit->prog, port->dev.ifindex, true);
	if (fd < 0)
		return fail(port, PORT_CANNOT_ATTACH, fd);
	port->link_fd = fd;
	return 0;
}

/* The device as it is with our program on it. */
static int look_again(struct port *port)
{
	const int ret = netdev_get_index(port->dev.ifindex, &port->dev);

	return ret ? fail(port, PORT_NO_DEVICE, ret) : 0;
}

/* The driver says so since Linux 6.3; before, asking for it is the only way. */
static bool may_have_zerocopy(const struct port *port)
{
	uint64_t features;

	if (port->generic)
		return false;
	return netdev_xdp_features(port->dev.ifindex, &features) || features & NETDEV_XDP_ZEROCOPY;
}

static uint32_t queues_to_open(struct port *port)
{
	const uint32_t in_use = MAX(1, netdev_rx_queues(port->name));
	uint32_t n = MIN(in_use, QUEUE_MAX);

	port->device_queues = in_use;
	if (port->queues_wanted && port->queues_wanted < n)
		n = port->queues_wanted;
	if (n < in_use)
		port->lacks |= PORT_LACKS_QUEUES;
	return n;
}

static int open_queue(struct port *port, const struct port_kit *kit, uint32_t queue)
{
	const uint16_t id = (uint16_t)(STEER_SOCKET(port->number, queue) + 1);
	struct view_queue *q = &port->queues[queue];
	int ret;

	q->worker = (uint16_t)((port->number + queue) % crew_n_workers(kit->crew));
	ret = crew_open_socket(kit->crew, &q->sock, port->name, queue, id, may_have_zerocopy(port),
	                       q->worker);
	if (ret) {
		port->problem.queue = queue;
		return fail(port, PORT_CANNOT_OPEN, ret);
	}
	port->n_queues++;
	if (!q->sock->zerocopy)
		port->lacks |= PORT_LACKS_ZEROCOPY;
	if (!q->sock->multi)
		port->lacks |= PORT_LACKS_MULTI;
	ret = prog_set_socket(kit->prog, port->number, queue, q->sock->fd);
	return ret ? fail(port, PORT_CANNOT_OPEN, ret) : 0;
}

static int open_queues(struct port *port, const struct port_kit *kit)
{
	const uint32_t n = queues_to_open(port);
	int ret = 0;

	for (uint32_t q = 0; !ret && q < n; q++)
		ret = open_queue(port, kit, q);
	if (ret)
		return ret;
	port->problem.limit = xsock_max_len(port->queues[0].sock) - ETH_HEADER_LEN - ETH_VLAN_LEN;
	return port->dev.mtu > port->problem.limit ? fail(port, PORT_MTU_TOO_LARGE, 0) : 0;
}

int port_open(struct port *port, const struct port_kit *kit)
{
	port->problem = (struct port_problem){ 0 };
	port->lacks = 0;
	if (inspect(port))
		return -1;
	port->present = true;
	if (raise_device(port) || attach(port, kit) || open_queues(port, kit) || look_again(port)) {
		port_close(port, kit);
		return -1;
	}
	arm_port(kit->arm, &port->dev, port->generic, &port->armed);
	log_info("port %s: %u queue%s, %s XDP, %s", port->name, port->n_queues,
	         port->n_queues == 1 ? "" : "s", port->generic ? "generic" : "native",
	         port->lacks & PORT_LACKS_ZEROCOPY ? "copy mode" : "zero-copy");
	return 0;
}

int port_connect(struct port *port, const struct port_kit *kit)
{
	const int ret = prog_add_port(kit->prog, port->dev.ifindex, port->number);

	if (ret)
		return fail(port, PORT_NO_SLOT, ret);
	port->connected = true;
	return 0;
}

void port_disconnect(struct port *port, const struct port_kit *kit)
{
	if (port->connected)
		prog_del_port(kit->prog, port->dev.ifindex);
}

static void add_socks(struct xsock_stats *sum, const struct xsock_stats *more)
{
	sum->rx_no_frame += more->rx_no_frame;
	sum->rx_ring_full += more->rx_ring_full;
	sum->rx_too_long += more->rx_too_long;
	sum->tx_invalid += more->tx_invalid;
}

static void add_steer(struct steer_counters *sum, const struct steer_counters *more)
{
	sum->rx_packets += more->rx_packets;
	sum->rx_bytes += more->rx_bytes;
	for (int i = 0; i < N_STEER_DROPS; i++)
		sum->drops[i] += more->drops[i];
}

void port_kernel_stats(const struct port *port, const struct port_kit *kit,
                       struct steer_counters *steer, struct xsock_stats *socks)
{
	struct steer_counters row;
	struct xsock_stats one;

	*steer = port->past_steer;
	*socks = port->past_socks;
	for (uint32_t q = 0; q < port->n_queues; q++) {
		xsock_stats(port->queues[q].sock, &one);
		add_socks(socks, &one);
	}
	if (port->connected) {
		prog_counters(kit->prog, port->number, &row);
		add_steer(steer, &row);
	}
}

void port_close(struct port *port, const struct port_kit *kit)
{
	struct steer_counters steer;
	struct xsock_stats socks;

	if (!port->present)
		return;
	port_kernel_stats(port, kit, &steer, &socks);
	port->past_steer = steer;
	port->past_socks = socks;
	if (port->link_fd >= 0)
		close(port->link_fd);
	for (uint32_t q = 0; q < port->n_queues; q++)
		crew_close_socket(kit->crew, port->queues[q].sock);
	arm_restore(kit->arm, port->dev.ifindex);
	if (port->was_down)
		netdev_set_up(port->dev.ifindex, false); /* it may be gone */
	port->link_fd = -1;
	port->n_queues = 0;
	port->connected = false;
	port->present = false;
	port->was_down = false;
}

bool port_must_reopen(const struct port *port, const struct netdev_info *now)
{
	return now->xdp_prog_id != port->dev.xdp_prog_id ||
	       MAX(1, netdev_rx_queues(port->name)) != port->device_queues;
}

bool port_is_forwarding(const struct port *port)
{
	return port->present && port->enabled && port->dev.up && port->dev.carrier;
}

/* A tap drops silently behind a queueing discipline, and has one by default. */
enum view_way port_way(const struct port *port)
{
	const uint32_t longest = port->dev.mtu + ETH_HEADER_LEN + ETH_VLAN_LEN;

	if (!(port->lacks & PORT_LACKS_ZEROCOPY) || longest > BURST_LEN_MAX ||
	    !strcmp(port->dev.kind, "tun"))
		return VIEW_WAY_SOCKET;
	return strcmp(port->dev.qdisc, "noqueue") != 0 ? VIEW_WAY_BURST : VIEW_WAY_ANY;
}

void port_describe(const struct port *port, struct view_port *out)
{
	*out = (struct view_port){
		.number = port->number,
		.bridge = port->bridge,
		.forwarding = port_is_forwarding(port),
		.learning = port->learning,
		.flood = port->flood,
		.isolated = port->isolated,
		.truthful = port->armed.truthful,
		.way = port_way(port),
		.ifindex = (uint32_t)port->dev.ifindex,
		.max_len = port->dev.mtu + ETH_HEADER_LEN,
		.n_queues = (uint16_t)port->n_queues,
		.queues = (struct view_queue *)port->queues,
	};
}
