/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/grammar_table.h"

const char *const grammar_on_off[] = { "on", "off", NULL };

static const char *const levels[] = { "error", "warn", "info", "debug", NULL };
static const char *const modes[] = { "auto", "tc", "native", "generic", NULL };
static const char *const states[] = { "up", "down", NULL };
static const char *const types[] = { "netdev", "veth", "tap", "internal", NULL };

/* Rows of a table read best side by side. */
/* clang-format off */

#define END { .key = NULL }

/* First words of a command. */
#define NAME(of, words) \
	{ .key = "name", .place = IN_PLACE, .kind = of, .required = true, .what = "NAME", .help = words }
#define ANY_NAME(of, words) \
	{ .key = "name", .place = IN_PLACE, .kind = of, .what = "NAME", .help = words }
#define MAC_ADDRESS \
	{ .key = "mac", .place = IN_PLACE, .kind = VALUE_MAC, .required = true, .what = "MAC", \
	  .help = "a unicast address" }

/* Words and their values. */
#define ON_OFF(word, words) \
	{ .key = word, .kind = VALUE_ON_OFF, .choices = grammar_on_off, .help = words }
#define CHOICE(word, of, words) \
	{ .key = word, .kind = VALUE_CHOICE, .choices = of, .help = words }
#define NUMBER(word, unit, least, most, words) \
	{ .key = word, .kind = VALUE_NUMBER, .what = unit, .min = least, .max = most, .help = words }
#define DEV(words) \
	{ .key = "dev", .kind = VALUE_PORT, .what = "PORT", .help = words }
#define VID(words) NUMBER("vid", "V", 1, 4094, words)

static const struct parameter shutdown_params[] = {
	{ .key = "--detach", .kind = VALUE_NONE, .help = "removes also what was to stay in the kernel" },
	END,
};

static const struct parameter bridge_name_params[] = {
	NAME(VALUE_BRIDGE, "the bridge"),
	END,
};

static const struct parameter bridge_set_params[] = {
	NAME(VALUE_BRIDGE, "the bridge"),
	NUMBER("ageing", "SECONDS", 1, 1000000, "silence after which an address is forgotten"),
	NUMBER("max-macs", "N", 1, 1 << 20, "addresses at most"),
	END,
};

static const struct parameter bridge_show_params[] = {
	ANY_NAME(VALUE_BRIDGE, "only this bridge"),
	END,
};

static const struct parameter port_add_params[] = {
	NAME(VALUE_DEVICE, "the device"),
	{ .key = "master", .kind = VALUE_BRIDGE, .what = "BRIDGE",
	  .help = "the bridge it joins; br0 if not given" },
	CHOICE("type", types, "an existing device (netdev, the default), or one to be made"),
	CHOICE("mode", modes, "how frames are taken from it; auto, the default, is the best there is"),
	NUMBER("queues", "N", 1, 64, "receive queues to use; all if not given"),
	END,
};

static const struct parameter port_name_params[] = {
	NAME(VALUE_PORT, "the port"),
	END,
};

static const struct parameter port_show_params[] = {
	ANY_NAME(VALUE_PORT, "only this port"),
	END,
};

static const struct parameter port_set_params[] = {
	NAME(VALUE_PORT, "the port"),
	{ .key = "state", .place = BARE, .kind = VALUE_CHOICE, .choices = states,
	  .help = "whether it forwards at all" },
	ON_OFF("learning", "whether source addresses are learnt here"),
	ON_OFF("flood", "whether frames to unknown addresses leave here"),
	ON_OFF("isolated", "whether it is cut off from other isolated ports"),
	END,
};

static const struct parameter fdb_add_params[] = {
	MAC_ADDRESS,
	{ .key = "dev", .kind = VALUE_PORT, .required = true, .what = "PORT",
	  .help = "the port it is behind" },
	VID("its VLAN; untagged if not given"),
	END,
};

static const struct parameter fdb_del_params[] = {
	MAC_ADDRESS,
	VID("its VLAN; untagged if not given"),
	END,
};

static const struct parameter fdb_flush_params[] = {
	DEV("only those behind this port"),
	VID("only those in this VLAN"),
	END,
};

static const struct parameter fdb_show_params[] = {
	DEV("only those behind this port"),
	END,
};

static const struct parameter drops_show_params[] = {
	{ .key = "port", .place = IN_PLACE, .kind = VALUE_PORT, .what = "PORT",
	  .help = "only those of this port" },
	END,
};

static const struct parameter set_params[] = {
	ON_OFF("offload", "whether known traffic is forwarded in the kernel"),
	NUMBER("flow-limit", "N", 1, 1 << 20, "flows at most in the kernel"),
	CHOICE("log", levels, "how much the daemon writes to its log"),
	END,
};

const struct object grammar_objects[] = {
	{ "show",     "bridges, ports and what is wrong, on one screen" },
	{ "bridge",   "learning domains; br0 is there from the start" },
	{ "port",     "devices that belong to a bridge" },
	{ "fdb",      "which address is behind which port" },
	{ "drops",    "frames that were dropped, and why" },
	{ "worker",   "the threads that forward" },
	{ "set",      "settings of the whole switch" },
	{ "version",  "versions of the switch and of the kernel" },
	{ "shutdown", "ends the daemon" },
	{ NULL, NULL },
};

const struct command grammar_commands[] = {
	{ "show", NULL, "show", .help = "shows bridges, ports and what is wrong, on one screen" },
	{ "bridge", "add", "bridge.add", .help = "makes a bridge",
	  .params = bridge_name_params, .takes = TAKES_MAY_EXIST },
	{ "bridge", "del", "bridge.del", .help = "removes a bridge",
	  .params = bridge_name_params, .takes = TAKES_IF_EXISTS },
	{ "bridge", "set", "bridge.set", .help = "changes a bridge",
	  .params = bridge_set_params, .needs_one = true },
	{ "bridge", "show", "bridge.show", .help = "shows bridges",
	  .params = bridge_show_params },
	{ "port", "add", "port.add", .help = "puts a device on a bridge",
	  .params = port_add_params, .takes = TAKES_MAY_EXIST },
	{ "port", "del", "port.del", .help = "takes a port off its bridge",
	  .params = port_name_params, .takes = TAKES_IF_EXISTS },
	{ "port", "set", "port.set", .help = "changes a port",
	  .params = port_set_params, .needs_one = true },
	{ "port", "show", "port.show", .help = "shows ports, and why they are not faster",
	  .params = port_show_params },
	{ "fdb", "add", "fdb.add", .help = "ties an address to a port",
	  .params = fdb_add_params, .takes = TAKES_MAY_EXIST },
	{ "fdb", "del", "fdb.del", .help = "removes an address",
	  .params = fdb_del_params, .takes = TAKES_IF_EXISTS },
	{ "fdb", "flush", "fdb.flush", .help = "forgets learnt addresses",
	  .params = fdb_flush_params },
	{ "fdb", "show", "fdb.show", .help = "shows addresses and their ports",
	  .params = fdb_show_params },
	{ "drops", "show", "drops.show", .help = "shows how many frames were dropped, and why",
	  .params = drops_show_params },
	{ "worker", "show", "worker.show", .help = "shows workers and where their frames are" },
	{ "set", NULL, "set", .help = "changes settings of the whole switch",
	  .params = set_params, .needs_one = true },
	{ "version", NULL, "version", .help = "shows the versions of the switch and of the kernel" },
	{ "shutdown", NULL, "shutdown", .help = "ends the daemon",
	  .params = shutdown_params },
	{ .object = NULL },
};
