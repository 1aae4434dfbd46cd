/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/print_parts.h"

#include <string.h>

#define LIST_SIZE 512

static enum colour colour_of(const char *operstate)
{
	if (!strcmp(operstate, "up"))
		return GREEN;
	return strcmp(operstate, "down") ? RED : YELLOW;
}

static json_int_t sum_of(const json_t *numbers)
{
	json_int_t sum = 0;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)numbers, key, value)
		sum += json_integer_value(value);
	return sum;
}

/* Writes "0" or "0,2": the workers of the port's queues, each once. */
static void workers_of(const json_t *port, char *out, size_t size)
{
	const json_t *queues = json_object_get(port, "queues");
	unsigned long long seen = 0;
	size_t at = 0, i;
	json_t *queue;

	snprintf(out, size, "-");
	json_array_foreach (queues, i, queue) {
		const unsigned int worker = (unsigned int)number_in(queue, "worker") & 63;

		if (seen >> worker & 1 || at >= size)
			continue;
		seen |= 1ull << worker;
		at += (size_t)snprintf(out + at, size - at, "%s%u", at ? "," : "", worker);
	}
}

static void put_head(struct columns *table)
{
	static const char *const heads[] = { "PORT",   "MASTER", "STATE", "MODE",
		                             "WORKER", "RX",     "TX",    "DROPS" };

	for (int i = 0; i < table->n_columns; i++)
		columns_cell(table, BOLD, "%s", heads[i]);
}

static void put_row(struct columns *table, const json_t *port)
{
	const json_int_t drops = sum_of(json_object_get(port, "drops"));
	const char *state = text_in(port, "operstate"), *mode = text_in(port, "mode");
	char workers[64];

	workers_of(port, workers, sizeof(workers));
	columns_cell(table, BOLD, "%s", text_in(port, "ifname"));
	columns_cell(table, PLAIN, "%s", text_in(port, "master"));
	columns_cell(table, colour_of(state), "%s", state);
	columns_cell(table, PLAIN, "%s", *mode ? mode : "-");
	columns_cell(table, PLAIN, "%s", workers);
	columns_cell(table, PLAIN, "%lld", number_in(json_object_get(port, "rx"), "packets"));
	columns_cell(table, PLAIN, "%lld", number_in(json_object_get(port, "tx"), "packets"));
	columns_cell(table, drops ? YELLOW : PLAIN, "%lld", drops);
}

static const char *on_off(const json_t *port, const char *key)
{
	return json_is_true(json_object_get(port, key)) ? "on" : "off";
}

static void put_detail(struct columns *table, const json_t *port)
{
	const json_t *queues = json_object_get(port, "queues");
	size_t i;
	json_t *queue;

	columns_text(table, PLAIN, "    admin %s mtu %lld address %s driver %s",
	             text_in(port, "admin"), number_in(port, "mtu"), text_in(port, "address"),
	             text_in(port, "driver"));
	columns_text(table, PLAIN, "    learning %s flood %s isolated %s", on_off(port, "learning"),
	             on_off(port, "flood"), on_off(port, "isolated"));
	columns_text(table, PLAIN, "    zerocopy %s armed %s truthful %s", on_off(port, "zerocopy"),
	             on_off(port, "armed"), on_off(port, "truthful"));
	json_array_foreach (queues, i, queue)
		columns_text(table, PLAIN, "    queue %lld worker %lld", number_in(queue, "queue"),
		             number_in(queue, "worker"));
}

static void put_statistics(struct columns *table, const json_t *port)
{
	static const char *const ways[] = { "rx", "tx" };
	json_t *drops = json_object_get(port, "drops"), *value;
	const char *reason;

	for (size_t i = 0; i < 2; i++) {
		const json_t *way = json_object_get(port, ways[i]);

		columns_text(table, PLAIN, "    %s packets %lld bytes %lld", ways[i],
		             number_in(way, "packets"), number_in(way, "bytes"));
	}
	json_object_foreach (drops, reason, value)
		if (json_integer_value(value))
			columns_text(table, PLAIN, "    dropped %s %lld", reason,
			             json_integer_value(value));
}

void print_ports(FILE *file, const json_t *ports, const char *bridge, int indent, bool notes,
                 const struct print_options *options)
{
	struct columns table = {
		.n_columns = 8, .number = 7u << 5, .indent = indent, .colourful = options->colourful
	};
	size_t i, n;
	json_t *port, *note;

	json_array_foreach (ports, i, port) {
		if (bridge && strcmp(bridge, text_in(port, "master")))
			continue;
		if (!table.n_cells)
			put_head(&table);
		put_row(&table, port);
		if (options->detail)
			put_detail(&table, port);
		if (options->statistics)
			put_statistics(&table, port);
		json_array_foreach (json_object_get(port, "notes"), n, note)
			if (notes)
				columns_text(&table, PLAIN, "    %s", json_string_value(note));
	}
	columns_print(&table, file);
}
