/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/control/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "switch/base/clock.h"
#include "switch/base/log.h"
#include "switch/base/macros.h"
#include "switch/control/config.h"
#include "switch/control/report.h"

#define REFUSED (RPC_FAILED - 2)
#define MISSING (RPC_FAILED - 3)

typedef void (*method)(struct config *config, const json_t *params, struct rpc_reply *reply);

/* ---- parameters: each helper answers in 'reply' when it returns false ---- */

static void bad_param(struct rpc_reply *reply, const char *key, const char *expected)
{
	rpc_fail(reply, RPC_INVALID_PARAMS, "", "'%s' must be %s", key, expected);
}

/* Reads a string; without the parameter '*out' stays as it is. */
static bool optional_string(const json_t *params, const char *key, const char **out,
                            struct rpc_reply *reply)
{
	const json_t *value = json_object_get(params, key);

	if (!value)
		return true;
	if (!json_is_string(value)) {
		bad_param(reply, key, "a string");
		return false;
	}
	*out = json_string_value(value);
	return true;
}

static bool required_string(const json_t *params, const char *key, const char **out,
                            struct rpc_reply *reply)
{
	*out = NULL;
	if (!optional_string(params, key, out, reply))
		return false;
	if (!*out)
		bad_param(reply, key, "given");
	return *out != NULL;
}

static bool optional_bool(const json_t *params, const char *key, bool *out, struct rpc_reply *reply)
{
	const json_t *value = json_object_get(params, key);

	if (!value)
		return true;
	if (!json_is_boolean(value)) {
		bad_param(reply, key, "true or false");
		return false;
	}
	*out = json_is_true(value);
	return true;
}

static bool optional_number(const json_t *params, const char *key, uint32_t min, uint32_t max,
                            uint32_t *out, struct rpc_reply *reply)
{
	const json_t *value = json_object_get(params, key);
	char expected[64];

	if (!value)
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max) {
		snprintf(expected, sizeof(expected), "a number from %u to %u", min, max);
		bad_param(reply, key, expected);
		return false;
	}
	*out = (uint32_t)json_integer_value(value);
	return true;
}

static bool flag(const json_t *params, const char *key)
{
	return json_is_true(json_object_get(params, key));
}

/* A name that the kernel would take for a device. */
static bool required_name(const json_t *params, const char *key, const char **out,
                          struct rpc_reply *reply)
{
	if (!required_string(params, key, out, reply))
		return false;
	if (!**out || strlen(*out) >= IFNAMSIZ || strpbrk(*out, "/: \t\n") || !strcmp(*out, ".") ||
	    !strcmp(*out, "..")) {
		bad_param(reply, key, "a name of 1 to 15 characters without '/', ':' or spaces");
		return false;
	}
	return true;
}

static bool required_mac(const json_t *params, uint64_t *out, struct rpc_reply *reply)
{
	uint8_t mac[6];
	const char *text;
	int end = 0;

	if (!required_string(params, "mac", &text, reply))
		return false;
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
	           &mac[3], &mac[4], &mac[5], &end) != 6 ||
	    text[end]) {
		bad_param(reply, "mac", "an address such as 02:00:00:00:00:01");
		return false;
	}
	*out = fdb_mac48(mac);
	return true;
}

/* ---- what a name stands for ---- */

static void missing(struct rpc_reply *reply, const char *kind, const char *name)
{
	char object[64];

	snprintf(object, sizeof(object), "%s %s", kind, name);
	rpc_fail(reply, MISSING, object, "no such %s", kind);
}

static struct port *named_port(struct config *config, const json_t *params, const char *key,
                               struct rpc_reply *reply)
{
	struct port *port;
	const char *name;

	if (!required_name(params, key, &name, reply))
		return NULL;
	port = config_port(config, name);
	if (!port && !flag(params, "if-exists"))
		missing(reply, "port", name);
	return port;
}

static struct bridge *named_bridge(struct config *config, const json_t *params,
                                   struct rpc_reply *reply)
{
	struct bridge *bridge;
	const char *name;

	if (!required_name(params, "name", &name, reply))
		return NULL;
	bridge = config_bridge(config, name);
	if (!bridge && !flag(params, "if-exists"))
		missing(reply, "bridge", name);
	return bridge;
}

/* ---- the switch ---- */

static void run_version(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	struct utsname os;

	uname(&os);
	reply->result = json_pack("{s:s, s:s}", "version", XSW_VERSION, "kernel", os.release);
}

static void run_show(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	reply->result = report_overview(config);
}

static void run_shutdown(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	config_let_go(config); /* devices are as they were when the answer comes */
	config->shutdown(config->shutdown_arg);
}

static void run_set(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	const char *level = NULL;
	bool offload = false;
	uint32_t limit = 0;

	if (!optional_bool(params, "offload", &offload, reply) ||
	    !optional_number(params, "flow-limit", 0, 1 << 20, &limit, reply) ||
	    !optional_string(params, "log", &level, reply))
		return;
	if (offload || limit) {
		rpc_fail(reply, REFUSED, offload ? "set offload" : "set flow-limit",
		         "this version has no kernel flow cache: every frame goes through "
		         "user space");
		return;
	}
	if (level && log_level_from(level) < 0)
		bad_param(reply, "log", "error, warn, info or debug");
	else if (level)
		log_set_level((enum log_level)log_level_from(level));
}

/* ---- bridge ---- */

static void run_bridge_add(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	const char *name;
	char object[64];

	if (!required_name(params, "name", &name, reply))
		return;
	if (!config_bridge(config, name)) {
		config_add_bridge(config, name, reply);
		return;
	}
	if (flag(params, "may-exist"))
		return;
	snprintf(object, sizeof(object), "bridge %s", name);
	rpc_fail(reply, REFUSED, object, "there is one of that name already");
}

static void run_bridge_del(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	struct bridge *bridge = named_bridge(config, params, reply);

	if (bridge)
		config_del_bridge(config, bridge, reply);
}

static void run_bridge_set(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	struct bridge *bridge = named_bridge(config, params, reply);
	uint32_t ageing, max_macs;

	if (!bridge)
		return;
	ageing = bridge->ageing;
	max_macs = bridge->max_macs;
	if (optional_number(params, "ageing", 1, AGEING_MAX, &ageing, reply) &&
	    optional_number(params, "max-macs", 1, MAX_MACS_MAX, &max_macs, reply))
		config_set_bridge(config, bridge, ageing, max_macs, reply);
}

static void run_bridge_show(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	struct bridge *bridge;

	if (!json_object_get(params, "name")) {
		reply->result = report_bridges(config);
		return;
	}
	bridge = named_bridge(config, params, reply);
	if (bridge)
		reply->result = json_pack("[o]", report_bridge(config, bridge));
}

/* ---- port ---- */

static bool wanted_mode(const char *text, const char *object, enum port_mode *out,
                        struct rpc_reply *reply)
{
	static const struct {
		const char *word;
		enum port_mode mode;
	} modes[] = {
		{ "auto", PORT_AUTO },
		{ "native", PORT_NATIVE },
		{ "generic", PORT_GENERIC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(text, modes[i].word)) {
			*out = modes[i].mode;
			return true;
		}
	if (!strcmp(text, "tc"))
		rpc_fail(reply, REFUSED, object,
		         "this version has no tc mode: use auto, native or generic");
	else
		bad_param(reply, "mode", "auto, tc, native or generic");
	return false;
}

static bool wanted_type(const char *text, const char *object, struct rpc_reply *reply)
{
	if (!strcmp(text, "netdev"))
		return true;
	rpc_fail(reply, REFUSED, object,
	         "this version makes no devices of type %s: make it with `ip link add`, "
	         "then add it as a netdev",
	         text);
	return false;
}

static void run_port_add(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	const char *mode = "auto", *type = "netdev";
	struct port_wish wish = { .master = BRIDGE_DEFAULT };
	const struct port *there;
	char object[64];

	if (!required_name(params, "name", &wish.name, reply) ||
	    !optional_string(params, "master", &wish.master, reply) ||
	    !optional_string(params, "type", &type, reply) ||
	    !optional_string(params, "mode", &mode, reply) ||
	    !optional_number(params, "queues", 1, QUEUE_MAX, &wish.queues, reply))
		return;
	snprintf(object, sizeof(object), "port %s", wish.name);
	if (!wanted_type(type, object, reply) || !wanted_mode(mode, object, &wish.mode, reply))
		return;
	if (!config_bridge(config, wish.master)) {
		missing(reply, "bridge", wish.master);
		return;
	}
	there = config_port(config, wish.name);
	if (!there)
		config_add_port(config, &wish, reply);
	else if (!flag(params, "may-exist") ||
	         strcmp(config->bridges[there->bridge]->name, wish.master) != 0)
		rpc_fail(reply, REFUSED, object, "it is a port of bridge %s already",
		         config->bridges[there->bridge]->name);
	else
		config_reply_state(there, reply);
}

static void run_port_del(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	struct port *port = named_port(config, params, "name", reply);

	if (port)
		config_del_port(config, port);
}

static void run_port_set(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	struct port *port = named_port(config, params, "name", reply);
	const char *state = NULL;
	bool learning, flood, isolated;

	if (!port)
		return;
	learning = port->learning;
	flood = port->flood;
	isolated = port->isolated;
	if (!optional_string(params, "state", &state, reply) ||
	    !optional_bool(params, "learning", &learning, reply) ||
	    !optional_bool(params, "flood", &flood, reply) ||
	    !optional_bool(params, "isolated", &isolated, reply))
		return;
	if (state && strcmp(state, "up") != 0 && strcmp(state, "down") != 0) {
		bad_param(reply, "state", "up or down");
		return;
	}
	if (state)
		port->enabled = !strcmp(state, "up");
	port->learning = learning;
	port->flood = flood;
	port->isolated = isolated;
	config_publish(config);
	if (state && port->enabled)
		config_reply_state(port, reply);
}

static void run_port_show(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	struct port *port;

	if (!json_object_get(params, "name")) {
		reply->result = report_ports(config);
		return;
	}
	port = named_port(config, params, "name", reply);
	if (port)
		reply->result = json_pack("[o]", report_port(config, port));
}

/* ---- fdb ---- */

/* Reads an optional port; false when it is named and not there. */
static bool optional_port(struct config *config, const json_t *params, const char *key,
                          const struct port **out, struct rpc_reply *reply)
{
	*out = json_object_get(params, key) ? named_port(config, params, key, reply) : NULL;
	return *out || !json_object_get(params, key);
}

static void run_fdb_add(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	struct port *port = named_port(config, params, "dev", reply);
	uint32_t vid = 0;
	uint64_t mac48;
	int ret;

	if (!port || !required_mac(params, &mac48, reply) ||
	    !optional_number(params, "vid", 1, 4094, &vid, reply))
		return;
	ret = fdb_add_static(config->bridges[port->bridge]->fdb, fdb_key(mac48, (uint16_t)vid),
	                     port->number);
	if (ret)
		rpc_fail(reply, REFUSED, "", "%s",
		         ret == -ENOSPC ? "the table is full of static addresses"
		                        : "a group or zero address has no port");
}

static void run_fdb_del(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	uint32_t vid = 0;
	uint64_t mac48;
	size_t n = 0;

	if (!required_mac(params, &mac48, reply) ||
	    !optional_number(params, "vid", 1, 4094, &vid, reply))
		return;
	for (uint32_t i = 0; i < BRIDGE_MAX; i++)
		if (config->bridges[i] &&
		    !fdb_del(config->bridges[i]->fdb, fdb_key(mac48, (uint16_t)vid)))
			n++;
	if (!n && !flag(params, "if-exists"))
		rpc_fail(reply, MISSING, "", "no such address%s",
		         vid ? " in that VLAN" : "; one in a VLAN needs: vid N");
}

static void run_fdb_flush(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	const struct port *port;
	uint32_t vid = FDB_ANY_VLAN;
	size_t n = 0;

	if (!optional_port(config, params, "dev", &port, reply) ||
	    !optional_number(params, "vid", 1, 4094, &vid, reply))
		return;
	for (uint32_t i = 0; i < BRIDGE_MAX; i++)
		if (config->bridges[i] && (!port || port->bridge == i))
			n += fdb_flush(config->bridges[i]->fdb, port ? port->number : FDB_ANY_PORT,
			               (uint16_t)vid);
	reply->result = json_pack("{s:I}", "flushed", (json_int_t)n);
}

static void run_fdb_show(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	const struct port *port;

	if (optional_port(config, params, "dev", &port, reply))
		reply->result = report_fdb(config, port);
}

/* ---- what is going on ---- */

static void run_worker_show(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	reply->result = report_workers(config);
}

static void run_drops_show(struct config *config, const json_t *params, struct rpc_reply *reply)
{
	const struct port *port;

	if (optional_port(config, params, "port", &port, reply))
		reply->result = report_drops(config, port);
}

static const struct {
	const char *name;
	method run;
} methods[] = {
	{ "show", run_show },
	{ "version", run_version },
	{ "shutdown", run_shutdown },
	{ "set", run_set },
	{ "bridge.add", run_bridge_add },
	{ "bridge.del", run_bridge_del },
	{ "bridge.set", run_bridge_set },
	{ "bridge.show", run_bridge_show },
	{ "port.add", run_port_add },
	{ "port.del", run_port_del },
	{ "port.set", run_port_set },
	{ "port.show", run_port_show },
	{ "fdb.add", run_fdb_add },
	{ "fdb.del", run_fdb_del },
	{ "fdb.flush", run_fdb_flush },
	{ "fdb.show", run_fdb_show },
	{ "worker.show", run_worker_show },
	{ "drops.show", run_drops_show },
};

void command_run(const char *name, const json_t *params, struct rpc_reply *reply, void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (strcmp(name, methods[i].name) != 0)
			continue;
		methods[i].run(arg, params, reply);
		if (!reply->code && !reply->result)
			reply->result = json_object();
		return;
	}
	rpc_fail(reply, RPC_NO_METHOD, "", "no method '%s'", name);
}
