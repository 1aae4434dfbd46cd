/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/print.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/print_parts.h"
#include "switch/base/macros.h"

const char *text_in(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

json_int_t number_in(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

void time_words(json_int_t seconds, char *out, size_t size)
{
	const long long days = seconds / 86400, rest = seconds % 86400;
	char before[24] = "";

	if (days)
		snprintf(before, sizeof(before), "%lldd ", days);
	snprintf(out, size, "%s%02lld:%02lld:%02lld", before, rest / 3600, rest / 60 % 60,
	         rest % 60);
}

/* --- addresses --- */

static int by_place(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	const json_int_t vlans = number_in(x, "vlan") - number_in(y, "vlan");
	const int masters = strcmp(text_in(x, "master"), text_in(y, "master"));

	if (masters)
		return masters;
	if (vlans)
		return vlans < 0 ? -1 : 1;
	return strcmp(text_in(x, "mac"), text_in(y, "mac"));
}

static void print_address(FILE *file, const json_t *entry)
{
	const char *state = text_in(entry, "state");

	fprintf(file, "%s dev %s", text_in(entry, "mac"), text_in(entry, "ifname"));
	if (number_in(entry, "vlan"))
		fprintf(file, " vlan %lld", number_in(entry, "vlan"));
	fprintf(file, " master %s %s", text_in(entry, "master"), state);
	if (strcmp(state, "static"))
		fprintf(file, " age %lld", number_in(entry, "age"));
	fputc('\n', file);
}

/* The daemon's order is that of its hash table. */
static void print_fdb(FILE *file, const json_t *entries, const struct print_options *options)
{
	const size_t n = json_array_size(entries);
	json_t **sorted = calloc(n ? n : 1, sizeof(*sorted));

	(void)options;
	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = json_array_get(entries, i);
	if (sorted)
		qsort(sorted, n, sizeof(*sorted), by_place);
	for (size_t i = 0; i < n; i++)
		print_address(file, sorted ? sorted[i] : json_array_get(entries, i));
	free(sorted);
}

static void print_flushed(FILE *file, const json_t *result, const struct print_options *options)
{
	(void)options;
	fprintf(file, "%lld flushed\n", number_in(result, "flushed"));
}

/* --- bridges --- */

static void print_bridge(FILE *file, const json_t *bridge, const struct print_options *options)
{
	put_colour(file, options->colourful, BOLD, text_in(bridge, "ifname"));
	fprintf(file, ": macs %lld max-macs %lld ageing %lld", number_in(bridge, "macs"),
	        number_in(bridge, "max-macs"), number_in(bridge, "ageing"));
	if (options->statistics)
		fprintf(file, " moved %lld evicted %lld expired %lld", number_in(bridge, "moved"),
		        number_in(bridge, "evicted"), number_in(bridge, "expired"));
	fputc('\n', file);
}

static void print_bridges(FILE *file, const json_t *bridges, const struct print_options *options)
{
	size_t i, n;
	json_t *bridge, *port;

	json_array_foreach (bridges, i, bridge) {
		print_bridge(file, bridge, options);
		json_array_foreach (json_object_get(bridge, "ports"), n, port)
			fprintf(file, "    %s\n", json_string_value(port));
	}
}

static void print_all_ports(FILE *file, const json_t *ports, const struct print_options *options)
{
	print_ports(file, ports, NULL, 0, true, options);
}

/* --- drops --- */

static void print_drops(FILE *file, const json_t *drops, const struct print_options *options)
{
	struct columns table = { .n_columns = 4, .number = 8, .colourful = options->colourful };
	size_t i;
	json_t *drop;

	json_array_foreach (drops, i, drop) {
		const json_int_t vlan = number_in(drop, "vlan");

		if (i == 0)
			for (size_t n = 0; n < 4; n++)
				columns_cell(&table, BOLD, "%s",
				             ((const char *[]){ "PORT", "VLAN", "REASON",
				                                "PACKETS" })[n]);
		columns_cell(&table, PLAIN, "%s", text_in(drop, "ifname"));
		if (vlan)
			columns_cell(&table, PLAIN, "%lld", vlan);
		else
			columns_cell(&table, PLAIN, "-");
		columns_cell(&table, PLAIN, "%s", text_in(drop, "reason"));
		columns_cell(&table, PLAIN, "%lld", number_in(drop, "packets"));
	}
	columns_print(&table, file);
}

/* --- workers --- */

static const char *const places[] = { "pool", "held", "rx", "tx" };

/* Only the frames of all workers add up: they hand frames to each other. */
static void print_ledger(FILE *file, const json_t *workers, const struct print_options *options)
{
	json_int_t sums[ARRAY_SIZE(places)] = { 0 }, sum = 0, total = 0;
	char words[64];
	size_t i;
	json_t *worker;

	json_array_foreach (workers, i, worker) {
		const json_t *frames = json_object_get(worker, "frames");

		for (size_t n = 0; n < ARRAY_SIZE(places); n++)
			sums[n] += number_in(frames, places[n]);
		total += number_in(frames, "total");
	}
	fputs("frames: ", file);
	for (size_t n = 0; n < ARRAY_SIZE(places); n++) {
		fprintf(file, "%s%s %lld", n ? " + " : "", places[n], sums[n]);
		sum += sums[n];
	}
	fprintf(file, " = %lld of %lld, ", sum, total);
	if (sum == total) {
		put_colour(file, options->colourful, GREEN, "balanced");
	} else {
		snprintf(words, sizeof(words), "%lld %s", llabs(total - sum),
		         sum < total ? "LOST" : "TOO MANY");
		put_colour(file, options->colourful, RED, words);
	}
	fputc('\n', file);
}

static void put_worker(struct columns *table, const json_t *worker)
{
	const json_t *frames = json_object_get(worker, "frames");
	const double busy = json_number_value(json_object_get(worker, "busy"));

	columns_cell(table, PLAIN, "%lld", number_in(worker, "worker"));
	columns_cell(table, PLAIN, "%lld", number_in(worker, "cpu"));
	columns_cell(table, PLAIN, "%lld", number_in(worker, "numa"));
	columns_cell(table, PLAIN, "%s", text_in(worker, "state"));
	columns_cell(table, PLAIN, "%.1f%%", busy * 100);
	columns_cell(table, PLAIN, "%lld", number_in(json_object_get(worker, "rx"), "packets"));
	columns_cell(table, PLAIN, "%lld", number_in(json_object_get(worker, "tx"), "packets"));
	for (size_t n = 0; n < ARRAY_SIZE(places); n++)
		columns_cell(table, PLAIN, "%lld", number_in(frames, places[n]));
}

/* How often it turned and slept, and which way frames left. */
static void put_sending(struct columns *table, const json_t *worker)
{
	const json_t *burst = json_object_get(worker, "burst");

	columns_text(table, PLAIN,
	             "    turns %lld sleeps %lld; by burst %lld in %lld runs, by socket %lld%s",
	             number_in(worker, "turns"), number_in(worker, "sleeps"),
	             number_in(burst, "frames"), number_in(burst, "runs"),
	             number_in(burst, "af-xdp-frames"),
	             json_is_false(json_object_get(burst, "possible")) ? "; bursts are not possible"
	                                                               : "");
}

/* What was measured: which way is cheaper for how many frames. */
static void put_costs(struct columns *table, const json_t *burst)
{
	size_t i;
	json_t *cost;

	json_array_foreach (json_object_get(burst, "costs"), i, cost)
		columns_text(table, PLAIN,
		             "    %3lld frames and more: socket %lld ns, burst %lld ns each",
		             number_in(cost, "frames"), number_in(cost, "af-xdp"),
		             number_in(cost, "burst"));
}

static void print_workers(FILE *file, const json_t *workers, const struct print_options *options)
{
	static const char *const heads[] = { "WORKER", "CPU",     "NUMA", "STATE", "BUSY", "RX",
		                             "TX",     "IN POOL", "HELD", "IN RX", "IN TX" };
	struct columns table = { .n_columns = ARRAY_SIZE(heads),
		                 .number = 0x7f7,
		                 .colourful = options->colourful };
	size_t i;
	json_t *worker;

	for (size_t n = 0; n < ARRAY_SIZE(heads); n++)
		columns_cell(&table, BOLD, "%s", heads[n]);
	json_array_foreach (workers, i, worker) {
		put_worker(&table, worker);
		if (options->statistics || options->detail)
			put_sending(&table, worker);
		if (options->detail)
			put_costs(&table, json_object_get(worker, "burst"));
	}
	columns_print(&table, file);
	print_ledger(file, workers, options);
}

/* --- the whole --- */

static void print_problems(FILE *file, const json_t *problems, const struct print_options *options)
{
	size_t i;
	json_t *problem;

	json_array_foreach (problems, i, problem) {
		put_colour(file, options->colourful, RED, "problem");
		fprintf(file, ": %s\n", json_string_value(problem));
	}
	if (!json_array_size(problems))
		fputs("nothing is wrong\n", file);
}

static void print_show(FILE *file, const json_t *all, const struct print_options *options)
{
	const json_t *bridges = json_object_get(all, "bridges");
	const json_t *workers = json_object_get(all, "workers");
	char uptime[48];
	size_t i;
	json_t *item;

	time_words((json_int_t)json_number_value(json_object_get(all, "uptime")), uptime,
	           sizeof(uptime));
	fprintf(file, "xsw %s, up %s, offload %s\n", text_in(all, "version"), uptime,
	        text_in(all, "offload"));
	json_array_foreach (bridges, i, item) {
		print_bridge(file, item, options);
		print_ports(file, json_object_get(all, "ports"), text_in(item, "ifname"), 4,
		            options->detail, options);
	}
	json_array_foreach (workers, i, item)
		fprintf(file, "worker %lld: cpu %lld %s busy %.1f%%\n", number_in(item, "worker"),
		        number_in(item, "cpu"), text_in(item, "state"),
		        json_number_value(json_object_get(item, "busy")) * 100);
	print_problems(file, json_object_get(all, "problems"), options);
}

static void print_version(FILE *file, const json_t *result, const struct print_options *options)
{
	(void)options;
	fprintf(file, "xswd %s, Linux %s\n", text_in(result, "version"), text_in(result, "kernel"));
}

/* Commands that are not here answer nothing that is to be said. */
static const struct {
	const char *method;
	void (*print)(FILE *file, const json_t *result, const struct print_options *options);
} printers[] = {
	{ "show", print_show },           { "version", print_version },
	{ "bridge.show", print_bridges }, { "port.show", print_all_ports },
	{ "fdb.show", print_fdb },        { "fdb.flush", print_flushed },
	{ "worker.show", print_workers }, { "drops.show", print_drops },
};

/* Control characters may come with names, and would reach the terminal. */
static void disarm(json_t *value)
{
	size_t i;
	const char *key;
	json_t *inner;
	char *text;

	json_array_foreach (value, i, inner)
		disarm(inner);
	json_object_foreach (value, key, inner)
		disarm(inner);
	text = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
	if (!text)
		return;
	for (char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	json_string_set(value, text);
	free(text);
}

void print_text(FILE *file, const char *method, const json_t *result,
                const struct print_options *options)
{
	json_t *harmless = json_deep_copy(result);

	disarm(harmless);
	for (size_t i = 0; i < ARRAY_SIZE(printers); i++)
		if (!strcmp(printers[i].method, method))
			printers[i].print(file, harmless, options);
	json_decref(harmless);
}

void print_json(FILE *file, const json_t *document, bool pretty)
{
	const size_t layout = pretty ? JSON_INDENT(4) : JSON_COMPACT;

	json_dumpf(document, file, layout | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	fputc('\n', file);
}
