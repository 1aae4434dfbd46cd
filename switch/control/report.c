/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/control/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "switch/base/clock.h"
#include "switch/base/macros.h"
#include "switch/control/words.h"

static const char *const steer_reasons[N_STEER_DROPS] = {
	[STEER_RUNT] = "runt",
	[STEER_NO_SOCKET] = "no-socket",
	[STEER_NO_PORT] = "no-port",
};

static void format_mac(const uint8_t mac[6], char out[18])
{
	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
	         mac[5]);
}

static void set_count(json_t *object, const char *key, uint64_t n)
{
	json_object_set_new(object, key, json_integer((json_int_t)n));
}

static json_t *packets_and_bytes(uint64_t packets, uint64_t bytes)
{
	json_t *both = json_object();

	set_count(both, "packets", packets);
	set_count(both, "bytes", bytes);
	return both;
}

/* ---- bridges ---- */

json_t *report_bridge(const struct config *config, const struct bridge *bridge)
{
	json_t *ports = json_array();
	struct fdb_stats stats;
	json_t *row;

	for (uint32_t i = 0; i < PORT_MAX; i++)
		if (config->ports[i] && config->ports[i]->bridge == bridge->number)
			json_array_append_new(ports, json_string(config->ports[i]->name));
	fdb_get_stats(bridge->fdb, &stats);
	row = json_pack("{s:s, s:I, s:I, s:I, s:o}", "ifname", bridge->name, "ageing",
	                (json_int_t)bridge->ageing, "max-macs", (json_int_t)bridge->max_macs,
	                "macs", (json_int_t)fdb_count(bridge->fdb), "ports", ports);
	set_count(row, "moved", stats.moved);
	set_count(row, "evicted", stats.evicted);
	set_count(row, "expired", stats.expired);
	return row;
}

json_t *report_bridges(const struct config *config)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < BRIDGE_MAX; i++)
		if (config->bridges[i])
			json_array_append_new(rows, report_bridge(config, config->bridges[i]));
	return rows;
}

/* ---- drops ---- */

static void set_if_any(json_t *object, const char *reason, uint64_t n)
{
	const uint64_t before = (uint64_t)json_integer_value(json_object_get(object, reason));

	if (n)
		set_count(object, reason, before + n);
}

static void add_steer_drops(json_t *drops, const struct steer_counters *steer)
{
	for (int i = 0; i < N_STEER_DROPS; i++)
		set_if_any(drops, steer_reasons[i], steer->drops[i]);
}

/* Every reason that took a frame of this port, with its count. */
static json_t *drops_of(const struct port_stats *stats, const struct steer_counters *steer,
                        const struct xsock_stats *socks)
{
	json_t *drops = json_object();

	add_steer_drops(drops, steer);
	set_if_any(drops, "rx-no-frame", socks->rx_no_frame);
	set_if_any(drops, "rx-ring-full", socks->rx_ring_full);
	set_if_any(drops, "rx-too-long", socks->rx_too_long);
	set_if_any(drops, "tx-invalid", socks->tx_invalid);
	for (int i = 0; i < N_FATES; i++)
		set_if_any(drops, fate_name((enum fate)i), stats->drops[i]);
	return drops;
}

static void append_drops(json_t *rows, const char *ifname, json_t *drops)
{
	const char *reason;
	json_t *n;

	json_object_foreach (drops, reason, n)
		json_array_append_new(rows, json_pack("{s:s, s:s, s:O}", "ifname", ifname, "reason",
		                                      reason, "packets", n));
	json_decref(drops);
}

json_t *report_drops(const struct config *config, const struct port *port)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < PORT_MAX; i++) {
		const struct port *p = config->ports[i];
		struct steer_counters steer;
		struct xsock_stats socks;
		struct port_stats stats;

		if (!p || (port && p != port))
			continue;
		crew_port_stats(config->kit.crew, p->number, &stats);
		port_kernel_stats(p, &config->kit, &steer, &socks);
		append_drops(rows, p->name, drops_of(&stats, &steer, &socks));
	}
	if (!port) {
		json_t *nobody = json_object();
		struct steer_counters steer;

		prog_counters(config->kit.prog, STEER_ROW_NO_PORT, &steer);
		add_steer_drops(nobody, &steer);
		append_drops(rows, "-", nobody);
	}
	return rows;
}

/* ---- ports ---- */

static json_t *queues_of(const struct port *port)
{
	json_t *queues = json_array();

	for (uint32_t q = 0; q < port->n_queues; q++)
		json_array_append_new(queues, json_pack("{s:i, s:i}", "queue", (int)q, "worker",
		                                        (int)port->queues[q].worker));
	return queues;
}

static bool has_zerocopy(const struct port *port)
{
	return port->present && !(port->lacks & PORT_LACKS_ZEROCOPY);
}

static const char *mode_of(const struct port *port)
{
	static const char *const wanted[] = {
		[PORT_AUTO] = "auto",
		[PORT_NATIVE] = "native",
		[PORT_GENERIC] = "generic",
	};

	if (!port->present)
		return wanted[port->mode];
	return port->generic ? "generic" : "native";
}

/* What the device itself says; nothing for an absent one. */
static void add_device(json_t *row, const struct port *port)
{
	char mac[18];

	if (!port->present)
		return;
	format_mac(port->dev.mac, mac);
	set_count(row, "mtu", port->dev.mtu);
	json_object_set_new(row, "address", json_string(mac));
	json_object_set_new(row, "driver", json_string(port->driver));
}

static bool all_can_burst(const struct config *config)
{
	struct worker_info info;

	for (uint32_t i = 0; i < crew_n_workers(config->kit.crew); i++) {
		crew_worker_info(config->kit.crew, i, &info);
		if (!info.can_burst)
			return false;
	}
	return true;
}

json_t *report_port(const struct config *config, const struct port *port)
{
	struct steer_counters steer;
	struct xsock_stats socks;
	struct port_stats stats;
	json_t *row;

	crew_port_stats(config->kit.crew, port->number, &stats);
	port_kernel_stats(port, &config->kit, &steer, &socks);
	row = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:b, s:b, s:b}", "ifname",
	                port->name, "master", config->bridges[port->bridge]->name, "operstate",
	                !port->present             ? "absent"
	                : port_is_forwarding(port) ? "up"
	                                           : "down",
	                "mode", mode_of(port), "zerocopy", has_zerocopy(port), "armed",
	                port->present && port->armed.delivers && port->armed.truthful, "truthful",
	                port->present && port->armed.truthful, "admin",
	                port->enabled ? "up" : "down", "learning", port->learning, "flood",
	                port->flood, "isolated", port->isolated);
	add_device(row, port);
	json_object_set_new(row, "queues", queues_of(port));
	json_object_set_new(row, "rx", packets_and_bytes(steer.rx_packets, steer.rx_bytes));
	json_object_set_new(row, "tx", packets_and_bytes(stats.tx_packets, stats.tx_bytes));
	json_object_set_new(row, "drops", drops_of(&stats, &steer, &socks));
	json_object_set_new(row, "notes", words_notes(port, all_can_burst(config)));
	return row;
}

json_t *report_ports(const struct config *config)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < PORT_MAX; i++)
		if (config->ports[i])
			json_array_append_new(rows, report_port(config, config->ports[i]));
	return rows;
}

/* ---- addresses ---- */

static int by_vlan_and_mac(const void *a, const void *b)
{
	const struct fdb_entry *x = a, *y = b;
	const uint64_t kx = fdb_key(fdb_mac48(x->mac), x->vlan);
	const uint64_t ky = fdb_key(fdb_mac48(y->mac), y->vlan);

	return kx < ky ? -1 : kx > ky;
}

static json_t *report_entry(const struct config *config, const struct bridge *bridge,
                            const struct fdb_entry *e)
{
	const struct port *port = config->ports[e->port];
	const uint32_t now = clock_seconds();
	char mac[18];
	json_t *row;

	format_mac(e->mac, mac);
	row = json_pack("{s:s, s:s}", "mac", mac, "ifname", port ? port->name : "-");
	if (e->vlan)
		set_count(row, "vlan", e->vlan);
	json_object_set_new(row, "master", json_string(bridge->name));
	json_object_set_new(row, "state", json_string(e->is_static ? "static" : "dynamic"));
	if (!e->is_static)
		set_count(row, "age", now > e->seen ? now - e->seen : 0);
	return row;
}

static void append_fdb(json_t *rows, const struct config *config, const struct bridge *bridge,
                       const struct port *port)
{
	const size_t room = bridge->max_macs;
	struct fdb_entry *entries = malloc(room * sizeof(*entries));
	size_t n;

	if (!entries)
		return;
	n = MIN(room, fdb_list(bridge->fdb, entries, room));
	qsort(entries, n, sizeof(*entries), by_vlan_and_mac);
	for (size_t i = 0; i < n; i++)
		if (!port || entries[i].port == port->number)
			json_array_append_new(rows, report_entry(config, bridge, &entries[i]));
	free(entries);
}

json_t *report_fdb(const struct config *config, const struct port *port)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < BRIDGE_MAX; i++)
		if (config->bridges[i] && (!port || port->bridge == i))
			append_fdb(rows, config, config->bridges[i], port);
	return rows;
}

/* ---- workers ---- */

/* The depots belong to nobody: every worker's row shows its part of them, and
 * of the whole. The first takes what cannot be divided. */
static uint32_t part_of(uint32_t whole, uint32_t row, uint32_t n_rows)
{
	return whole / n_rows + (row ? 0 : whole % n_rows);
}

/* Sizes of a flush, as the chooser sorts them, and what either way costs. */
static json_t *costs_of(const struct worker_info *info)
{
	json_t *rows = json_array();

	for (int size = 0; size < CHOOSER_SIZES; size++)
		if (info->cost[WAY_AF_XDP][size] || info->cost[WAY_BURST][size])
			json_array_append_new(rows,
			                      json_pack("{s:i, s:i, s:i}", "frames", 1 << size,
			                                "af-xdp", (int)info->cost[WAY_AF_XDP][size],
			                                "burst", (int)info->cost[WAY_BURST][size]));
	return rows;
}

/* How the worker sends; costs are nanoseconds a frame. */
static json_t *burst_of(const struct worker_info *info)
{
	json_t *burst = json_object();

	json_object_set_new(burst, "possible", json_boolean(info->can_burst));
	set_count(burst, "runs", info->burst_runs);
	set_count(burst, "frames", info->burst_frames);
	set_count(burst, "af-xdp-frames", info->af_xdp_frames);
	json_object_set_new(burst, "costs", costs_of(info));
	return burst;
}

json_t *report_workers(const struct config *config)
{
	struct crew *crew = config->kit.crew;
	const uint32_t n = crew_n_workers(crew);
	struct ledger rows[WORKER_MAX];
	json_t *report = json_array();

	crew_ledger(crew, rows);
	for (uint32_t i = 0; i < n; i++) {
		struct worker_info info;
		json_t *row, *frames = json_object();

		crew_worker_info(crew, i, &info);
		set_count(frames, "pool", part_of(rows[0].pool, i, n));
		set_count(frames, "held", rows[i].held);
		set_count(frames, "rx", rows[i].rx);
		set_count(frames, "tx", rows[i].tx);
		set_count(frames, "total", part_of(crew_total(crew), i, n));
		row = json_pack("{s:i, s:i, s:i, s:s, s:f, s:o}", "worker", (int)i, "cpu", info.cpu,
		                "numa", info.node, "state", info.sleeping ? "sleeping" : "spinning",
		                "busy", config->busy[i], "frames", frames);
		set_count(row, "turns", info.turns);
		set_count(row, "sleeps", info.sleeps);
		json_object_set_new(row, "burst", burst_of(&info));
		json_object_set_new(
			row, "tx",
			json_pack("{s:I}", "packets",
		                  (json_int_t)(info.burst_frames + info.af_xdp_frames)));
		json_object_set_new(row, "rx",
		                    json_pack("{s:I}", "packets", (json_int_t)info.rx_packets));
		json_array_append_new(report, row);
	}
	return report;
}

/* ---- everything ---- */

static json_t *problems_of(const struct config *config)
{
	json_t *problems = json_array();
	char why[256], line[320];

	for (uint32_t i = 0; i < PORT_MAX; i++) {
		if (!config->ports[i])
			continue;
		words_not_forwarding(config->ports[i], why, sizeof(why));
		if (!why[0])
			continue;
		snprintf(line, sizeof(line), "port %s: %s", config->ports[i]->name, why);
		json_array_append_new(problems, json_string(line));
	}
	return problems;
}

json_t *report_overview(const struct config *config)
{
	return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o}", "version", XSW_VERSION, "uptime",
	                 (json_int_t)(clock_seconds() - config->started), "offload", "off",
	                 "bridges", report_bridges(config), "ports", report_ports(config),
	                 "workers", report_workers(config), "problems", problems_of(config));
}
