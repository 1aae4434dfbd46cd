/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <jansson.h>

#include "switch/control/config.h"

/*
 * report: what does the switch look like, as JSON?
 *
 * The results of the `show` commands; shapes in command.h. Counters are summed
 * when asked. Each returns a new reference.
 */
json_t *report_bridge(const struct config *config, const struct bridge *bridge);
json_t *report_port(const struct config *config, const struct port *port);

/* All bridges, or all ports, in the order of their numbers. */
json_t *report_bridges(const struct config *config);
json_t *report_ports(const struct config *config);

/* Addresses of all bridges, sorted by VLAN and address; behind 'port' only,
 * unless it is NULL. */
json_t *report_fdb(const struct config *config, const struct port *port);

json_t *report_workers(const struct config *config);

/* Drops with at least one frame; of 'port' only, unless it is NULL. */
json_t *report_drops(const struct config *config, const struct port *port);

/* Everything on one screen. */
json_t *report_overview(const struct config *config);
