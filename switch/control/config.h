/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "switch/control/rpc.h"
#include "switch/plane/port.h"

/*
 * config: what is the switch told to be, and is it so?
 *
 * The desired state (bridges, ports and their settings) and its match with the
 * devices that exist. Every change is checked first, done in the kernel next
 * and published to the workers last; what fails is undone and answered in
 * words. On return of a call the change is in force on every worker.
 *
 * A port whose device goes away becomes absent and keeps its settings and its
 * number; it is taken into use again when a device of that name appears.
 *
 * Threads  The control thread only.
 */

#define BRIDGE_DEFAULT   "br0"
#define AGEING_DEFAULT   300     /* seconds, IEEE 802.1Q table 8-6 */
#define AGEING_MAX       1000000 /* seconds, the same table */
#define MAX_MACS_DEFAULT 65536
#define MAX_MACS_MAX     (1 << 20)

struct bridge {
	char name[IFNAMSIZ];
	uint16_t number;
	uint32_t ageing; /* seconds */
	uint32_t max_macs;
	struct fdb *fdb;
};

struct config {
	struct port_kit kit;
	struct bridge *bridges[BRIDGE_MAX];
	struct port *ports[PORT_MAX];
	uint64_t epoch;          /* of the last view published */
	uint32_t started;        /* seconds */
	bool absent_allowed;     /* a port may be added before its device exists */
	double busy[WORKER_MAX]; /* of the last second, 0 to 1 */
	uint64_t busy_ns[WORKER_MAX];
	uint64_t busy_at;
	bool burst_was_possible[WORKER_MAX];
	bool ending;                 /* devices are let go and must not be taken again */
	uint32_t look_at;            /* port number that look_around() comes to next */
	void (*shutdown)(void *arg); /* ends the daemon once the answer is sent */
	void *shutdown_arg;
};

/* What `port add` asks for. */
struct port_wish {
	const char *name;
	const char *master;
	enum port_mode mode;
	uint32_t queues; /* 0: all */
};

/* Makes a configuration with the default bridge. Returns 0 or -ENOMEM. */
int config_new(struct config **out, const struct port_kit *kit);

/* Lets the devices of all ports go and restores them. */
void config_let_go(struct config *config);

/* Does that, and frees 'config', which may be NULL. */
void config_free(struct config *config);

/* Returns the bridge or port of that name, or NULL. */
struct bridge *config_bridge(const struct config *config, const char *name);
struct port *config_port(const struct config *config, const char *name);

/* The commands. Each answers in 'reply' when it is refused: RPC_FAILED - 2, or
 * - 3 for what is not there. */
void config_add_bridge(struct config *config, const char *name, struct rpc_reply *reply);
void config_del_bridge(struct config *config, struct bridge *bridge, struct rpc_reply *reply);
void config_set_bridge(struct config *config, struct bridge *bridge, uint32_t ageing,
                       uint32_t max_macs, struct rpc_reply *reply);
void config_add_port(struct config *config, const struct port_wish *wish, struct rpc_reply *reply);
void config_del_port(struct config *config, struct port *port);

/* Answers whether 'port' forwards, or why not. */
void config_reply_state(const struct port *port, struct rpc_reply *reply);

/* Publishes what was changed in the settings of ports. */
void config_publish(struct config *config);

/* The handler for netdev_watch_open(); 'arg' is the config. */
void config_device_event(enum netdev_event event, const struct netdev_info *info, void *arg);

/* Once a second: ages addresses, takes the workers' load. */
void config_tick(struct config *config);
