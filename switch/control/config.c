/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/control/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "switch/base/clock.h"
#include "switch/base/log.h"
#include "switch/control/words.h"
#include "switch/plane/crew.h"

_Static_assert(PORT_MAX <= FDB_PORTS, "the forwarding database counts per port");

#define LOOKS_A_SECOND 4 /* ports that are looked at without being asked to */

#define REFUSED (RPC_FAILED - 2)
#define MISSING (RPC_FAILED - 3)

static void refuse(struct rpc_reply *reply, const char *kind, const char *name, const char *why)
{
	char object[64];

	snprintf(object, sizeof(object), "%s %s", kind, name);
	rpc_fail(reply, REFUSED, object, "%s", why);
}

/* ---- finding ---- */

struct bridge *config_bridge(const struct config *config, const char *name)
{
	for (uint32_t i = 0; i < BRIDGE_MAX; i++)
		if (config->bridges[i] && !strcmp(config->bridges[i]->name, name))
			return config->bridges[i];
	return NULL;
}

struct port *config_port(const struct config *config, const char *name)
{
	for (uint32_t i = 0; i < PORT_MAX; i++)
		if (config->ports[i] && !strcmp(config->ports[i]->name, name))
			return config->ports[i];
	return NULL;
}

static struct port *port_on_device(const struct config *config, int ifindex)
{
	for (uint32_t i = 0; i < PORT_MAX; i++)
		if (config->ports[i] && config->ports[i]->present &&
		    config->ports[i]->dev.ifindex == ifindex)
			return config->ports[i];
	return NULL;
}

/* ---- the view ---- */

/* Publishes the state as it is, but without the port 'leaving' (or NULL). */
static void publish_without(struct config *config, const struct port *leaving)
{
	struct view *view = view_new(++config->epoch);
	int ret = view ? 0 : -ENOMEM;

	for (uint32_t i = 0; !ret && i < BRIDGE_MAX; i++)
		if (config->bridges[i])
			ret = view_add_bridge(view, (uint16_t)i, config->bridges[i]->fdb);
	for (uint32_t i = 0; !ret && i < PORT_MAX; i++) {
		const struct port *port = config->ports[i];
		struct view_port described;

		if (!port || !port->present || port == leaving)
			continue;
		port_describe(port, &described);
		ret = view_add_port(view, &described);
	}
	if (ret) {
		/* A few kilobytes: without them there is no honest way on. */
		log_error("out of memory for the configuration");
		abort();
	}
	crew_publish(config->kit.crew, view);
}

void config_publish(struct config *config)
{
	publish_without(config, NULL);
}

/* ---- bridges ---- */

static int new_fdb(struct fdb **out, uint32_t max_macs, uint32_t ageing)
{
	struct fdb_config fc = { .capacity = max_macs, .max_idle = ageing };

	if (getrandom(&fc.seed, sizeof(fc.seed), 0) != sizeof(fc.seed))
		return -EIO;
	return fdb_new(out, &fc);
}

static int make_bridge(struct config *config, const char *name)
{
	struct bridge *bridge;
	uint16_t number = 0;
	int ret;

	while (number < BRIDGE_MAX && config->bridges[number])
		number++;
	if (number == BRIDGE_MAX)
		return -ENOSPC;
	bridge = calloc(1, sizeof(*bridge));
	if (!bridge)
		return -ENOMEM;
	snprintf(bridge->name, sizeof(bridge->name), "%s", name);
	bridge->number = number;
	bridge->ageing = AGEING_DEFAULT;
	bridge->max_macs = MAX_MACS_DEFAULT;
	ret = new_fdb(&bridge->fdb, bridge->max_macs, bridge->ageing);
	if (ret) {
		free(bridge);
		return ret;
	}
	config->bridges[number] = bridge;
	return 0;
}

void config_add_bridge(struct config *config, const char *name, struct rpc_reply *reply)
{
	const int ret = make_bridge(config, name);

	if (ret == -ENOSPC)
		refuse(reply, "bridge", name, "there are as many bridges as there can be (64)");
	else if (ret)
		refuse(reply, "bridge", name, strerror(-ret));
	else
		config_publish(config);
}

void config_del_bridge(struct config *config, struct bridge *bridge, struct rpc_reply *reply)
{
	for (uint32_t i = 0; i < PORT_MAX; i++)
		if (config->ports[i] && config->ports[i]->bridge == bridge->number) {
			refuse(reply, "bridge", bridge->name,
			       "it still has ports; remove them first with: xsw port del");
			return;
		}
	config->bridges[bridge->number] = NULL;
	config_publish(config);
	fdb_free(bridge->fdb);
	free(bridge);
}

/* Static addresses are somebody's wish: no limit may lose them. */
static size_t count_static(const struct bridge *bridge)
{
	struct fdb_entry *entries = malloc(bridge->max_macs * sizeof(*entries));
	size_t n = entries ? fdb_list(bridge->fdb, entries, bridge->max_macs) : 0;
	size_t n_static = 0;

	for (size_t i = 0; i < n && i < bridge->max_macs; i++)
		n_static += entries[i].is_static;
	free(entries);
	return n_static;
}

/* Another capacity needs another table; what fits is carried over. */
static int resize(struct config *config, struct bridge *bridge, uint32_t max_macs)
{
	struct fdb *old = bridge->fdb, *new;
	const int ret = new_fdb(&new, max_macs, bridge->ageing);

	if (ret)
		return ret;
	fdb_copy(new, old);
	bridge->fdb = new;
	bridge->max_macs = max_macs;
	config_publish(config);
	fdb_free(old);
	return 0;
}

void config_set_bridge(struct config *config, struct bridge *bridge, uint32_t ageing,
                       uint32_t max_macs, struct rpc_reply *reply)
{
	int ret = 0;

	if (max_macs < bridge->max_macs && max_macs < count_static(bridge)) {
		refuse(reply, "bridge", bridge->name, "it has more static addresses than that");
		return;
	}
	if (max_macs != bridge->max_macs)
		ret = resize(config, bridge, max_macs);
	if (ret) {
		refuse(reply, "bridge", bridge->name, strerror(-ret));
		return;
	}
	bridge->ageing = ageing;
	fdb_set_max_idle(bridge->fdb, ageing);
}

/* ---- ports ---- */

/* Takes a port's device into use. Returns 0, or -1 as port_open(). */
static int bring_in(struct config *config, struct port *port)
{
	if (port_open(port, &config->kit))
		return -1;
	config_publish(config);
	if (!port_connect(port, &config->kit))
		return 0;
	publish_without(config, port);
	port_close(port, &config->kit);
	return -1;
}

/* Lets a port's device go. Static addresses stay with the port. */
static void let_go(struct config *config, struct port *port)
{
	if (!port->present)
		return;
	port_disconnect(port, &config->kit);
	publish_without(config, port);
	fdb_flush(config->bridges[port->bridge]->fdb, port->number, FDB_ANY_VLAN);
	port_close(port, &config->kit);
}

void config_reply_state(const struct port *port, struct rpc_reply *reply)
{
	char why[256];

	words_not_forwarding(port, why, sizeof(why));
	reply->result = why[0] ? json_pack("{s:s, s:s}", "operstate",
	                                   port->present ? "down" : "absent", "reason", why)
	                       : json_pack("{s:s}", "operstate", "up");
}

static void refuse_port(const struct port *port, struct rpc_reply *reply)
{
	char object[64], why[256];

	snprintf(object, sizeof(object), "port %s", port->name);
	words_problem(port, why, sizeof(why));
	rpc_fail(reply, port->problem.trouble == PORT_NO_DEVICE ? MISSING : REFUSED, object, "%s",
	         why);
}

void config_add_port(struct config *config, const struct port_wish *wish, struct rpc_reply *reply)
{
	const struct bridge *bridge = config_bridge(config, wish->master);
	struct port *port;
	uint16_t number = 0;

	while (number < PORT_MAX && config->ports[number])
		number++;
	if (number == PORT_MAX) {
		refuse(reply, "port", wish->name, "there are as many ports as there can be (512)");
		return;
	}
	port = malloc(sizeof(*port));
	if (!port) {
		refuse(reply, "port", wish->name, "out of memory");
		return;
	}
	port_init(port, wish->name, number, bridge->number);
	port->mode = wish->mode;
	port->queues_wanted = wish->queues;

	config->ports[number] = port;
	if (bring_in(config, port) &&
	    !(config->absent_allowed && port->problem.trouble == PORT_NO_DEVICE)) {
		config->ports[number] = NULL;
		refuse_port(port, reply);
		free(port);
		return;
	}
	config_reply_state(port, reply);
}

void config_del_port(struct config *config, struct port *port)
{
	let_go(config, port);
	fdb_forget_port(config->bridges[port->bridge]->fdb, port->number);
	crew_forget_port(config->kit.crew, port->number);
	config->ports[port->number] = NULL;
	free(port);
}

/* ---- what happens to devices ---- */

static void device_gone(struct config *config, struct port *port)
{
	log_warn("port %s: its device is gone; waiting for its return", port->name);
	let_go(config, port);
	port->problem.trouble = PORT_NO_DEVICE;
}

/* Somebody took our program off, or gave the device other queues. */
static void reopen(struct config *config, struct port *port)
{
	char why[256];

	log_warn("port %s: its program or its queues were changed; opening it anew", port->name);
	let_go(config, port);
	if (!bring_in(config, port))
		return;
	words_problem(port, why, sizeof(why));
	log_warn("port %s: %s", port->name, why);
}

static void log_change(const struct port *port, const struct netdev_info *before)
{
	if (port->dev.up != before->up || port->dev.carrier != before->carrier)
		log_info("port %s: %s", port->name,
		         !port->dev.up       ? "the device is down"
		         : port->dev.carrier ? "carrier"
		                             : "no carrier");
	if (port->dev.mtu != before->mtu)
		log_info("port %s: MTU %u, was %u", port->name, port->dev.mtu, before->mtu);
}

/* Looks at the device as it is now: events may be older than what we know. */
static void device_changed(struct config *config, struct port *port)
{
	const struct netdev_info before = port->dev;
	const struct arm_report armed = port->armed;
	struct netdev_info now;

	if (netdev_get_index(before.ifindex, &now) || strcmp(now.name, port->name) != 0) {
		device_gone(config, port);
		return;
	}
	if (port_must_reopen(port, &now)) {
		reopen(config, port);
		return;
	}
	port->dev = now;
	arm_port(config->kit.arm, &now, port->generic, &port->armed);
	if (now.up == before.up && now.carrier == before.carrier && now.mtu == before.mtu &&
	    !strcmp(now.qdisc, before.qdisc) && armed.truthful == port->armed.truthful)
		return;
	log_change(port, &before);
	config_publish(config);
}

static void device_appeared(struct config *config, struct port *port)
{
	const enum port_trouble before = port->problem.trouble;
	char why[256];

	if (!bring_in(config, port)) {
		log_info("port %s: its device is there", port->name);
		return;
	}
	words_problem(port, why, sizeof(why));
	if (port->problem.trouble != before)
		log_warn("port %s: %s", port->name, why);
}

/* Events were lost: looks at the device of every port again. */
static void look_again(struct config *config)
{
	struct netdev_info info;

	for (uint32_t i = 0; i < PORT_MAX; i++) {
		struct port *port = config->ports[i];

		if (!port)
			continue;
		if (port->present)
			device_changed(config, port);
		if (!port->present && !netdev_get(port->name, &info))
			device_appeared(config, port);
	}
}

void config_device_event(enum netdev_event event, const struct netdev_info *info, void *arg)
{
	struct config *config = arg;
	struct port *port;

	if (config->ending)
		return;
	if (event == NETDEV_LOST) {
		look_again(config);
		return;
	}
	port = port_on_device(config, info->ifindex);
	if (port && event == NETDEV_GONE)
		device_gone(config, port);
	else if (port)
		device_changed(config, port);
	if (event == NETDEV_GONE)
		return;
	port = config_port(config, info->name);
	if (port && !port->present)
		device_appeared(config, port);
}

/* ---- time ---- */

static void take_load(struct config *config)
{
	const uint64_t now = clock_ns();
	const double elapsed = (double)(now - config->busy_at);
	struct worker_info info;

	for (uint32_t i = 0; i < crew_n_workers(config->kit.crew); i++) {
		crew_worker_info(config->kit.crew, i, &info);
		config->busy[i] = (double)(info.busy_ns - config->busy_ns[i]) / elapsed;
		config->busy_ns[i] = info.busy_ns;
		if (config->burst_was_possible[i] && !info.can_burst)
			log_warn(
				"worker %u: bursts cannot be run any more; AF_XDP sends everything",
				i);
		config->burst_was_possible[i] = info.can_burst;
	}
	config->busy_at = now;
}

/* Not everything is told by an event: queues, queueing disciplines, settings
 * of far ends. Looks at a few ports a second, all in turn. */
static void look_around(struct config *config)
{
	for (uint32_t seen = 0, left = LOOKS_A_SECOND; left && seen < PORT_MAX; seen++) {
		struct port *port = config->ports[config->look_at];

		config->look_at = (config->look_at + 1) % PORT_MAX;
		if (!port || !port->present)
			continue;
		device_changed(config, port);
		left--;
	}
}

void config_tick(struct config *config)
{
	const uint32_t now = clock_seconds();

	for (uint32_t i = 0; i < BRIDGE_MAX; i++)
		if (config->bridges[i] && fdb_count(config->bridges[i]->fdb))
			fdb_expire(config->bridges[i]->fdb, now);
	take_load(config);
	if (!config->ending)
		look_around(config);
}

/* ---- life ---- */

int config_new(struct config **out, const struct port_kit *kit)
{
	struct config *config = calloc(1, sizeof(*config));
	int ret;

	if (!config)
		return -ENOMEM;
	config->kit = *kit;
	config->started = clock_seconds();
	config->busy_at = clock_ns();
	ret = make_bridge(config, BRIDGE_DEFAULT);
	if (ret) {
		free(config);
		return ret;
	}
	config_publish(config);
	*out = config;
	return 0;
}

void config_let_go(struct config *config)
{
	struct view *nothing = view_new(++config->epoch);

	config->ending = true;
	for (uint32_t i = 0; i < PORT_MAX; i++)
		if (config->ports[i])
			port_disconnect(config->ports[i], &config->kit);
	if (!nothing)
		return; /* the kernel takes away what we cannot */
	crew_publish(config->kit.crew, nothing);
	for (uint32_t i = 0; i < PORT_MAX; i++)
		if (config->ports[i])
			port_close(config->ports[i], &config->kit);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	config_let_go(config);
	for (uint32_t i = 0; i < PORT_MAX; i++)
		free(config->ports[i]);
	for (uint32_t i = 0; i < BRIDGE_MAX; i++)
		if (config->bridges[i]) {
			fdb_free(config->bridges[i]->fdb);
			free(config->bridges[i]);
		}
	free(config);
}
