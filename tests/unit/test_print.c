/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "ctl/print.h"

#include <stdlib.h>
#include <string.h>

static const struct print_options plain;
static const struct print_options full = { .statistics = true, .detail = true };

/* clang-format off */
static const char ports[] =
	"[{'ifname':'p1','master':'br0','operstate':'up','mode':'tc','zerocopy':false,"
	"'armed':true,'truthful':true,'mtu':1500,'address':'02:00:00:00:00:99','driver':'veth',"
	"'admin':'up','learning':true,'flood':true,'isolated':false,"
	"'queues':[{'queue':0,'worker':0},{'queue':1,'worker':2},{'queue':2,'worker':0}],"
	"'rx':{'packets':1000000,'bytes':64000000},'tx':{'packets':7,'bytes':420},"
	"'drops':{'ttl':0,'no-room':3},'notes':[]},"
	"{'ifname':'veth-long','master':'br1','operstate':'absent','mode':'','queues':[],"
	"'rx':{'packets':0,'bytes':0},'tx':{'packets':0,'bytes':0},'drops':{},"
	"'notes':['no such device','native: the driver has none']}]";
static const char bridges[] =
	"[{'ifname':'br0','ageing':300,'max-macs':8192,'macs':2,'ports':['p1'],"
	"'moved':1,'evicted':0,'expired':5}]";
/* clang-format on */

/* Golden JSON is written with single quotes. */
static json_t *result_of(const char *text)
{
	char *quoted = strdup(text);
	json_t *result;

	for (char *c = quoted; *c; c++)
		if (*c == '\'')
			*c = '"';
	result = json_loads(quoted, JSON_DECODE_ANY, NULL);
	assert_non_null(result);
	free(quoted);
	return result;
}

static void assert_text(const char *method, const char *json, const struct print_options *options,
                        const char *expected)
{
	json_t *result = result_of(json);
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	print_text(file, method, result, options);
	fclose(file);
	assert_string_equal(text, expected);
	free(text);
	json_decref(result);
}

static void ports_are_a_table_with_notes(void **state)
{
	(void)state;
	assert_text("port.show", ports, &plain,
	            "PORT       MASTER  STATE   MODE  WORKER       RX  TX  DROPS\n"
	            "p1         br0     up      tc    0,2     1000000   7      3\n"
	            "veth-long  br1     absent  -     -             0   0      0\n"
	            "    no such device\n"
	            "    native: the driver has none\n");
	assert_text("port.show", "[]", &plain, "");
}

static void details_and_statistics_follow_the_row(void **state)
{
	(void)state;
	assert_text("port.show",
	            "[{'ifname':'p1','master':'br0','operstate':'up','mode':'tc','admin':'up',"
	            "'mtu':1500,'address':'02:00:00:00:00:99','driver':'veth','learning':true,"
	            "'armed':true,'queues':[{'queue':0,'worker':1}],'rx':{'packets':5,'bytes':300},"
	            "'tx':{'packets':6,'bytes':360},'drops':{'ttl':0,'no-room':3},'notes':[]}]",
	            &full,
	            "PORT  MASTER  STATE  MODE  WORKER  RX  TX  DROPS\n"
	            "p1    br0     up     tc    1        5   6      3\n"
	            "    admin up mtu 1500 address 02:00:00:00:00:99 driver veth\n"
	            "    learning on flood off isolated off\n"
	            "    zerocopy off armed on truthful off\n"
	            "    queue 0 worker 1\n"
	            "    rx packets 5 bytes 300\n"
	            "    tx packets 6 bytes 360\n"
	            "    dropped no-room 3\n");
}

static void addresses_come_in_a_stable_order(void **state)
{
	(void)state;
	assert_text("fdb.show",
	            "[{'mac':'02:00:00:00:00:01','ifname':'p1','vlan':10,'master':'br0',"
	            "'state':'dynamic','age':3},"
	            "{'mac':'02:00:00:00:00:02','ifname':'p1','master':'br1','state':'dynamic',"
	            "'age':0},"
	            "{'mac':'02:00:00:00:00:03','ifname':'p2','master':'br0','state':'static',"
	            "'age':9},"
	            "{'mac':'02:00:00:00:00:02','ifname':'p1','vlan':9,'master':'br0',"
	            "'state':'dynamic','age':1},"
	            "{'mac':'02:00:00:00:00:01','ifname':'p1','vlan':9,'master':'br0',"
	            "'state':'dynamic','age':2}]",
	            &plain,
	            "02:00:00:00:00:03 dev p2 master br0 static\n"
	            "02:00:00:00:00:01 dev p1 vlan 9 master br0 dynamic age 2\n"
	            "02:00:00:00:00:02 dev p1 vlan 9 master br0 dynamic age 1\n"
	            "02:00:00:00:00:01 dev p1 vlan 10 master br0 dynamic age 3\n"
	            "02:00:00:00:00:02 dev p1 master br1 dynamic age 0\n");
	assert_text("fdb.show", "[]", &plain, "");
	assert_text("fdb.flush", "{'flushed':3}", &plain, "3 flushed\n");
}

static void bridges_list_their_ports(void **state)
{
	(void)state;
	assert_text("bridge.show", bridges, &plain,
	            "br0: macs 2 max-macs 8192 ageing 300\n    p1\n");
	assert_text("bridge.show", bridges, &full,
	            "br0: macs 2 max-macs 8192 ageing 300 moved 1 evicted 0 expired 5\n    p1\n");
}

static void drops_are_a_table(void **state)
{
	(void)state;
	assert_text("drops.show",
	            "[{'ifname':'p1','vlan':10,'reason':'vlan-not-allowed','packets':3},"
	            "{'ifname':'p1','reason':'ttl','packets':12345}]",
	            &plain,
	            "PORT  VLAN  REASON            PACKETS\n"
	            "p1    10    vlan-not-allowed        3\n"
	            "p1    -     ttl                 12345\n");
	assert_text("drops.show", "[]", &plain, "");
}

#define WORKERS(held)                                                                              \
	"[{'worker':0,'cpu':1,'numa':0,'state':'sleeping','busy':0.123,'turns':9,'sleeps':8,"      \
	"'frames':{'pool':4000,'held':" held ",'rx':90,'tx':6,'total':4096},"                      \
	"'rx':{'packets':55},'tx':{'packets':44}},"                                                \
	"{'worker':1,'cpu':12,'numa':0,'state':'spinning','busy':1,'turns':9,'sleeps':8,"          \
	"'frames':{'pool':4090,'held':3,'rx':0,'tx':0,'total':4096},"                              \
	"'rx':{'packets':1},'tx':{'packets':2}}]"

#define SENDING                                                                                    \
	"[{'worker':0,'cpu':1,'numa':0,'state':'sleeping','busy':0,'turns':9,'sleeps':8,"          \
	"'frames':{'pool':1,'held':0,'rx':0,'tx':0,'total':1},'rx':{'packets':5},"                 \
	"'tx':{'packets':5},'burst':{'possible':true,'runs':2,'frames':4,'af-xdp-frames':1,"       \
	"'costs':[{'frames':8,'af-xdp':1000,'burst':700}]}}]"

static void details_tell_how_frames_left(void **state)
{
	const struct print_options detailed = { .detail = true };

	(void)state;
	assert_text("worker.show", SENDING, &detailed,
	            "WORKER  CPU  NUMA  STATE     BUSY  RX  TX  IN POOL  HELD  IN RX  IN TX\n"
	            "     0    1     0  sleeping  0.0%   5   5        1     0      0      0\n"
	            "    turns 9 sleeps 8; by burst 4 in 2 runs, by socket 1\n"
	            "      8 frames and more: socket 1000 ns, burst 700 ns each\n"
	            "frames: pool 1 + held 0 + rx 0 + tx 0 = 1 of 1, balanced\n");
}

/* A frame may be with another worker: only the sums have to agree. */
static void ledger_says_whether_it_balances(void **state)
{
	(void)state;
	assert_text("worker.show", WORKERS("3"), &plain,
	            "WORKER  CPU  NUMA  STATE       BUSY  RX  TX  IN POOL  HELD  IN RX  IN TX\n"
	            "     0    1     0  sleeping   12.3%  55  44     4000     3     90      6\n"
	            "     1   12     0  spinning  100.0%   1   2     4090     3      0      0\n"
	            "frames: pool 8090 + held 6 + rx 90 + tx 6 = 8192 of 8192, balanced\n");
	assert_text("worker.show", WORKERS("1"), &plain,
	            "WORKER  CPU  NUMA  STATE       BUSY  RX  TX  IN POOL  HELD  IN RX  IN TX\n"
	            "     0    1     0  sleeping   12.3%  55  44     4000     1     90      6\n"
	            "     1   12     0  spinning  100.0%   1   2     4090     3      0      0\n"
	            "frames: pool 8090 + held 4 + rx 90 + tx 6 = 8190 of 8192, 2 LOST\n");
	assert_text("worker.show", "[]", &plain,
	            "WORKER  CPU  NUMA  STATE  BUSY  RX  TX  IN POOL  HELD  IN RX  IN TX\n"
	            "frames: pool 0 + held 0 + rx 0 + tx 0 = 0 of 0, balanced\n");
}

static void show_puts_all_on_one_screen(void **state)
{
	char json[4096];

	(void)state;
	snprintf(json, sizeof(json),
	         "{'version':'0.1','uptime':93784.5,'offload':'off','bridges':%s,'ports':%s,"
	         "'workers':[{'worker':0,'cpu':1,'state':'sleeping','busy':0.5}],"
	         "'problems':['p2: no such device']}",
	         bridges, ports);
	assert_text("show", json, &plain,
	            "xsw 0.1, up 1d 02:03:04, offload off\n"
	            "br0: macs 2 max-macs 8192 ageing 300\n"
	            "    PORT  MASTER  STATE  MODE  WORKER       RX  TX  DROPS\n"
	            "    p1    br0     up     tc    0,2     1000000   7      3\n"
	            "worker 0: cpu 1 sleeping busy 50.0%\n"
	            "problem: p2: no such device\n");
	assert_text("show", "{'version':'0.1','uptime':59,'offload':'on'}", &plain,
	            "xsw 0.1, up 00:00:59, offload on\nnothing is wrong\n");
}

static void colours_are_for_terminals(void **state)
{
	const struct print_options colourful = { .colourful = true };

	(void)state;
	assert_text("show", "{'version':'1','uptime':0,'offload':'on','problems':['x']}",
	            &colourful, "xsw 1, up 00:00:00, offload on\n\033[31mproblem\033[0m: x\n");
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	(void)state;
	assert_text("fdb.show",
	            "[{'mac':'02:00:00:00:00:01','ifname':'v\\u001b[2J','master':'b\\nr',"
	            "'state':'static'}]",
	            &plain, "02:00:00:00:00:01 dev v?[2J master b?r static\n");
	assert_text("show", "{'version':'1','uptime':0,'offload':'on','problems':['\\u007f']}",
	            &plain, "xsw 1, up 00:00:00, offload on\nproblem: ?\n");
}

/* A daemon of another version may answer with anything. */
static void strange_shapes_are_survived(void **state)
{
	static const char *const methods[] = { "show",       "version",     "bridge.show",
		                               "port.show",  "fdb.show",    "fdb.flush",
		                               "drops.show", "worker.show", "unheard.of" };
	static const char *const shapes[] = { "null",
		                              "[]",
		                              "{}",
		                              "7",
		                              "'x'",
		                              "[1,null,'x',[],{}]",
		                              "{'bridges':[1],'ports':5,'problems':[3],"
		                              "'workers':{}}",
		                              "[{'queues':7,'drops':[],'notes':[1],'ports':[{}],"
		                              "'frames':[]}]" };

	(void)state;
	for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++)
		for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
			json_t *result = result_of(shapes[s]);
			FILE *file = fopen("/dev/null", "w");

			print_text(file, methods[m], result, &full);
			fclose(file);
			json_decref(result);
		}
}

static void commands_that_just_work_say_nothing(void **state)
{
	(void)state;
	assert_text("port.add", "{'operstate':'up'}", &full, "");
	assert_text("bridge.add", "{}", &plain, "");
	assert_text("version", "{'version':'0.1','kernel':'6.1.0'}", &plain,
	            "xswd 0.1, Linux 6.1.0\n");
}

static void json_is_one_document(void **state)
{
	json_t *result = result_of("[{'b':0.1,'a':1}]");
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	print_json(file, result, false);
	print_json(file, result, true);
	fclose(file);
	assert_string_equal(text, "[{\"b\":0.1,\"a\":1}]\n"
	                          "[\n    {\n        \"b\": 0.1,\n        \"a\": 1\n    }\n]\n");
	free(text);
	json_decref(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_a_table_with_notes),
		cmocka_unit_test(details_and_statistics_follow_the_row),
		cmocka_unit_test(addresses_come_in_a_stable_order),
		cmocka_unit_test(bridges_list_their_ports),
		cmocka_unit_test(drops_are_a_table),
		cmocka_unit_test(ledger_says_whether_it_balances),
		cmocka_unit_test(details_tell_how_frames_left),
		cmocka_unit_test(show_puts_all_on_one_screen),
		cmocka_unit_test(colours_are_for_terminals),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(strange_shapes_are_survived),
		cmocka_unit_test(commands_that_just_work_say_nothing),
		cmocka_unit_test(json_is_one_document),
	};

	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
