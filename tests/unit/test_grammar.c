/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "ctl/grammar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switch/base/macros.h"

#define MAX_WORDS 32

/* Parses a line of words; "@" stands for an empty word. */
static enum grammar_outcome parse(const char *line, struct grammar_result *out)
{
	const char *words[MAX_WORDS];
	char copy[512];
	int n;

	snprintf(copy, sizeof(copy), "%s", line);
	n = grammar_split(copy, words, MAX_WORDS);
	assert_true(n >= 0);
	for (int i = 0; i < n; i++)
		if (!strcmp(words[i], "@"))
			words[i] = "";
	return grammar_parse(words, (size_t)n, out);
}

struct wanted {
	const char *line;
	const char *method;
	const char *params;
	const char *subject;
};

static void assert_command(const struct wanted *w)
{
	struct grammar_result result;
	const enum grammar_outcome outcome = parse(w->line, &result);
	char *params = json_dumps(result.params, JSON_COMPACT);

	if (outcome != GRAMMAR_COMMAND)
		print_error("%s: %s\n", w->line, result.error);
	assert_int_equal(outcome, GRAMMAR_COMMAND);
	assert_string_equal(result.method, w->method);
	assert_string_equal(params, w->params);
	assert_string_equal(result.subject, w->subject);
	free(params);
	grammar_free(&result);
}

/* clang-format off */
static const struct wanted commands[] = {
	{ "show", "show", "{}", "show" },
	{ "version", "version", "{}", "version" },
	{ "shutdown", "shutdown", "{}", "shutdown" },
	{ "shutdown --detach", "shutdown", "{\"detach\":true}", "shutdown" },
	{ "bridge add br1", "bridge.add", "{\"name\":\"br1\"}", "bridge br1" },
	{ "bridge del br1", "bridge.del", "{\"name\":\"br1\"}", "bridge br1" },
	{ "bridge set br1 ageing 300 max-macs 10", "bridge.set",
	  "{\"name\":\"br1\",\"ageing\":300,\"max-macs\":10}", "bridge br1" },
	{ "bridge set br1 max-macs 10", "bridge.set", "{\"name\":\"br1\",\"max-macs\":10}",
	  "bridge br1" },
	{ "bridge show", "bridge.show", "{}", "bridge" },
	{ "bridge show br1", "bridge.show", "{\"name\":\"br1\"}", "bridge br1" },
	{ "port add p1", "port.add", "{\"name\":\"p1\"}", "port p1" },
	{ "port add p1 master br1 type veth mode tc queues 4", "port.add",
	  "{\"name\":\"p1\",\"master\":\"br1\",\"type\":\"veth\",\"mode\":\"tc\",\"queues\":4}",
	  "port p1" },
	{ "port add p1 queues 64 mode generic master br1", "port.add",
	  "{\"name\":\"p1\",\"queues\":64,\"mode\":\"generic\",\"master\":\"br1\"}", "port p1" },
	{ "port del p1", "port.del", "{\"name\":\"p1\"}", "port p1" },
	{ "port set p1 up", "port.set", "{\"name\":\"p1\",\"state\":\"up\"}", "port p1" },
	{ "port set p1 learning off down flood on isolated on", "port.set",
	  "{\"name\":\"p1\",\"learning\":false,\"state\":\"down\",\"flood\":true,\"isolated\":true}",
	  "port p1" },
	{ "port show", "port.show", "{}", "port" },
	{ "port show p1", "port.show", "{\"name\":\"p1\"}", "port p1" },
	{ "port show dev p1", "port.show", "{\"name\":\"p1\"}", "port p1" },
	{ "port show dev", "port.show", "{\"name\":\"dev\"}", "port dev" },
	{ "port show dev dev", "port.show", "{\"name\":\"dev\"}", "port dev" },
	{ "port show dev help", "port.show", "{\"name\":\"help\"}", "port help" },
	{ "fdb add 02:00:00:00:00:0A dev p1", "fdb.add",
	  "{\"mac\":\"02:00:00:00:00:0a\",\"dev\":\"p1\"}", "fdb 02:00:00:00:00:0a" },
	{ "fdb add 02-AB-cd-00-00-01 vid 4094 dev p1", "fdb.add",
	  "{\"mac\":\"02:ab:cd:00:00:01\",\"vid\":4094,\"dev\":\"p1\"}", "fdb 02:ab:cd:00:00:01" },
	{ "fdb del 02:00:00:00:00:01 vid 1", "fdb.del",
	  "{\"mac\":\"02:00:00:00:00:01\",\"vid\":1}", "fdb 02:00:00:00:00:01" },
	{ "fdb flush", "fdb.flush", "{}", "fdb" },
	{ "fdb flush vid 10 dev p1", "fdb.flush", "{\"vid\":10,\"dev\":\"p1\"}", "fdb" },
	{ "fdb show", "fdb.show", "{}", "fdb" },
	{ "fdb show dev p1", "fdb.show", "{\"dev\":\"p1\"}", "fdb" },
	{ "worker show", "worker.show", "{}", "worker" },
	{ "drops show", "drops.show", "{}", "drops" },
	{ "drops show p1", "drops.show", "{\"port\":\"p1\"}", "drops p1" },
	{ "set offload on", "set", "{\"offload\":true}", "set" },
	{ "set offload off flow-limit 1 log debug", "set",
	  "{\"offload\":false,\"flow-limit\":1,\"log\":\"debug\"}", "set" },

	/* Short words. */
	{ "v", "version", "{}", "version" },
	{ "sho", "show", "{}", "show" },
	{ "p a p1 ma br1 mo n t i q 2", "port.add",
	  "{\"name\":\"p1\",\"master\":\"br1\",\"mode\":\"native\",\"type\":\"internal\",\"queues\":2}",
	  "port p1" },
	{ "port se p1 u le of", "port.set",
	  "{\"name\":\"p1\",\"state\":\"up\",\"learning\":false}", "port p1" },
	{ "set log w", "set", "{\"log\":\"warn\"}", "set" },

	/* Words before the object. */
	{ "--may-exist port add p1", "port.add", "{\"name\":\"p1\",\"may-exist\":true}", "port p1" },
	{ "--may-exist bridge add b", "bridge.add", "{\"name\":\"b\",\"may-exist\":true}", "bridge b" },
	{ "--may-exist fdb add 02:00:00:00:00:01 dev p1", "fdb.add",
	  "{\"mac\":\"02:00:00:00:00:01\",\"dev\":\"p1\",\"may-exist\":true}", "fdb 02:00:00:00:00:01" },
	{ "--if-exists port del p1", "port.del", "{\"name\":\"p1\",\"if-exists\":true}", "port p1" },
	{ "--if-exists bridge del b", "bridge.del", "{\"name\":\"b\",\"if-exists\":true}", "bridge b" },
	{ "--if-exists fdb del 02:00:00:00:00:01", "fdb.del",
	  "{\"mac\":\"02:00:00:00:00:01\",\"if-exists\":true}", "fdb 02:00:00:00:00:01" },

	/* Names as the kernel takes them. */
	{ "port add 123456789012345", "port.add", "{\"name\":\"123456789012345\"}",
	  "port 123456789012345" },
	{ "port add ...", "port.add", "{\"name\":\"...\"}", "port ..." },
	{ "port add \xc3\xa9th", "port.add", "{\"name\":\"\xc3\xa9th\"}", "port \xc3\xa9th" },
	{ "port add a#b # a comment", "port.add", "{\"name\":\"a#b\"}", "port a#b" },
};

#define NAME_RULE " (1 to 15 bytes, no '/', ':' or space)"
#define OBJECTS "show, bridge, port, fdb, drops, worker, set, version or shutdown"
#define NOT_A_DEVICE(w) "NAME: \"" w "\" is not the name of a device" NAME_RULE
#define NOT_A_MAC(w) "MAC: \"" w "\" is not an address like 02:00:00:00:00:01"
#define NOT_A_VID(w) "vid: \"" w "\" is not a number from 1 to 4094"

static const struct {
	const char *line;
	const char *subject;
	const char *error;
} errors[] = {
	{ "", "", "missing object, expected " OBJECTS },
	{ "prot", "", "unknown object \"prot\", expected " OBJECTS },
	{ "@", "", "unknown object \"\", expected " OBJECTS },
	{ "Show", "", "unknown object \"Show\", expected " OBJECTS },
	{ "port", "port", "missing verb, expected add, del, set or show" },
	{ "port remove", "port", "unknown verb \"remove\", expected add, del, set or show" },
	{ "worker set", "worker", "unknown verb \"set\", expected show" },
	{ "version now", "version", "unexpected word \"now\", nothing more was expected" },
	{ "show port", "show", "unexpected word \"port\", nothing more was expected" },
	{ "bridge del br1 now", "bridge del", "unexpected word \"now\", nothing more was expected" },
	{ "port show p1 p2", "port show", "unexpected word \"p2\", nothing more was expected" },
	{ "port add", "port add", "missing NAME, expected the name of a device" NAME_RULE },
	{ "bridge set", "bridge set", "missing NAME, expected the name of a bridge" NAME_RULE },
	{ "bridge set br1", "bridge set", "missing word, expected ageing or max-macs" },
	{ "set", "set", "missing word, expected offload, flow-limit or log" },
	{ "port set p1", "port set", "missing word, expected up, down, learning, flood or isolated" },
	{ "port add p1 fast", "port add",
	  "unexpected word \"fast\", expected master, type, mode or queues" },
	{ "port add p1 mode tc fast", "port add",
	  "unexpected word \"fast\", expected master, type or queues" },
	{ "port add p1 mode", "port add",
	  "missing value of mode, expected auto, tc, native or generic" },
	{ "port add p1 mode zero", "port add", "mode: \"zero\" is not auto, tc, native or generic" },
	{ "port add p1 mode tc mode tc", "port add", "mode: mode is given already" },
	{ "port set p1 up down", "port set", "down: state is given already" },
	{ "port set p1 learning maybe", "port set", "learning: \"maybe\" is not on or off" },
	{ "port set p1 learning", "port set", "missing value of learning, expected on or off" },
	{ "fdb add 02:00:00:00:00:01", "fdb add", "missing dev PORT" },
	{ "fdb add 02:00:00:00:00:01 vid 3", "fdb add", "missing dev PORT" },
	{ "fdb show p1", "fdb show", "unexpected word \"p1\", expected dev" },

	{ "port add p1 queues 0", "port add", "queues: \"0\" is not a number from 1 to 64" },
	{ "port add p1 queues 65", "port add", "queues: \"65\" is not a number from 1 to 64" },
	{ "port add p1 queues 0x10", "port add", "queues: \"0x10\" is not a number from 1 to 64" },
	{ "fdb flush vid 0", "fdb flush", NOT_A_VID("0") },
	{ "fdb flush vid 4095", "fdb flush", NOT_A_VID("4095") },
	{ "fdb flush vid -1", "fdb flush", NOT_A_VID("-1") },
	{ "fdb flush vid +1", "fdb flush", NOT_A_VID("+1") },
	{ "fdb flush vid 1e3", "fdb flush", NOT_A_VID("1e3") },
	{ "fdb flush vid @", "fdb flush", NOT_A_VID("") },
	{ "fdb flush vid 99999999999999999999999", "fdb flush", NOT_A_VID("99999999999999999999999") },

	{ "fdb del 02:00:00:00:00", "fdb del", NOT_A_MAC("02:00:00:00:00") },
	{ "fdb del 02:00:00:00:00:01:02", "fdb del", NOT_A_MAC("02:00:00:00:00:01:02") },
	{ "fdb del 02:00:00:00:00:0g", "fdb del", NOT_A_MAC("02:00:00:00:00:0g") },
	{ "fdb del 02:00-00:00:00:01", "fdb del", NOT_A_MAC("02:00-00:00:00:01") },
	{ "fdb del 02.00.00.00.00.01", "fdb del", NOT_A_MAC("02.00.00.00.00.01") },
	{ "fdb del 2:0:0:0:0:1", "fdb del", NOT_A_MAC("2:0:0:0:0:1") },
	{ "fdb del 0:200:00:00:00:01", "fdb del", NOT_A_MAC("0:200:00:00:00:01") },

	{ "port add 1234567890123456", "port add", NOT_A_DEVICE("1234567890123456") },
	{ "port add a/b", "port add", NOT_A_DEVICE("a/b") },
	{ "port add a:b", "port add", NOT_A_DEVICE("a:b") },
	{ "port add .", "port add", NOT_A_DEVICE(".") },
	{ "port add ..", "port add", NOT_A_DEVICE("..") },
	{ "port add @", "port add", NOT_A_DEVICE("") },
	{ "port add \xff\xfe", "port add", NOT_A_DEVICE("??") },
	{ "port add \xc3\xa0", "port add", NOT_A_DEVICE("\xc3\xa0") },
	{ "port\x1b[2J", "", "unknown object \"port?[2J\", expected " OBJECTS },
	{ "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee", "",
	  "unknown object \"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...\", expected " OBJECTS },

	{ "--may-exist port del p1", "port del", "--may-exist has no meaning here" },
	{ "--if-exists port add p1", "port add", "--if-exists has no meaning here" },
	{ "--if-exists show", "show", "--if-exists has no meaning here" },
	{ "port add --may-exist p1", "", "--may-exist comes before the object" },
	{ "port del p1 --if-exists", "", "--if-exists comes before the object" },

	{ "s", "", "\"s\" may be show, set or shutdown" },
	{ "sh", "", "\"sh\" may be show or shutdown" },
	{ "b s", "bridge", "\"s\" may be set or show" },
	{ "port add p1 m br1", "port add", "\"m\" may be master or mode" },
	{ "port set p1 learning o", "port set", "learning: \"o\" is not on or off" },
};
/* clang-format on */

static void commands_become_methods_and_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		assert_command(&commands[i]);
}

static void errors_name_the_word_and_what_was_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct grammar_result result;
		const enum grammar_outcome outcome = parse(errors[i].line, &result);

		if (outcome != GRAMMAR_ERROR)
			print_error("%s: no error\n", errors[i].line);
		assert_int_equal(outcome, GRAMMAR_ERROR);
		assert_string_equal(result.error, errors[i].error);
		assert_string_equal(result.subject, errors[i].subject);
		assert_null(result.method);
		grammar_free(&result);
	}
}

static void help_answers_at_every_level(void **state)
{
	static const struct {
		const char *line, *subject, *says;
	} cases[] = {
		{ "help", "", "bridge    add|del|set|show" },
		{ "-h", "", "bridge    add|del|set|show" },
		{ "--help", "", "shutdown" },
		{ "port help", "port", "xsw port set NAME [up|down] [learning on|off]" },
		{ "help port", "port", "xsw port show [NAME]" },
		{ "port -h", "port", "xsw port show [NAME]" },
		{ "port add help", "port add", "Usage: xsw port add NAME [master BRIDGE]" },
		{ "port add p1 help", "port add", "queues N           receive queues" },
		{ "port add p1 mode tc --help", "port add", "(1 to 64)" },
		{ "help port add", "port add", "mode auto|tc|native|generic" },
		{ "help port add p1", "port add", "--may-exist port add" },
		{ "help fdb flush", "fdb flush", "[dev PORT] [vid V]" },
		{ "help fdb add", "fdb add", "Usage: xsw fdb add MAC dev PORT [vid V]\n" },
		{ "help drops show", "drops show", "[PORT]" },
		{ "help show", "show", "Usage: xsw show\n" },
		{ "version help", "version", "Usage: xsw version\n" },
		{ "set help", "set", "log error|warn|info|debug" },
		{ "port del help", "port del", "--if-exists port del" },
		{ "shutdown help", "shutdown", "[--detach]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct grammar_result result;

		assert_int_equal(parse(cases[i].line, &result), GRAMMAR_HELP);
		assert_string_equal(result.subject, cases[i].subject);
		if (!strstr(result.help, cases[i].says))
			print_error("%s: %s\n", cases[i].line, result.help);
		assert_non_null(strstr(result.help, cases[i].says));
		grammar_free(&result);
	}
}

static void help_of_wrong_words_is_an_error(void **state)
{
	struct grammar_result result;

	(void)state;
	assert_int_equal(parse("help prot", &result), GRAMMAR_ERROR);
	grammar_free(&result);
	assert_int_equal(parse("help port remove", &result), GRAMMAR_ERROR);
	grammar_free(&result);
	assert_int_equal(parse("port add p1 mode help", &result), GRAMMAR_ERROR);
	grammar_free(&result);
}

static void collect(enum grammar_offer kind, const char *word, void *arg)
{
	static const char *const names[] = {
		[GRAMMAR_PORT] = "PORT",
		[GRAMMAR_BRIDGE] = "BRIDGE",
		[GRAMMAR_DEVICE] = "DEVICE",
	};
	char *list = arg;

	if (*list)
		strcat(list, " ");
	strcat(list, kind == GRAMMAR_WORD ? word : names[kind]);
}

static void completion_offers_what_the_parser_takes(void **state)
{
	static const struct {
		const char *line, *offers;
	} cases[] = {
		{ "", "show bridge port fdb drops worker set version shutdown" },
		{ "--may-exist", "show bridge port fdb drops worker set version shutdown" },
		{ "help", "show bridge port fdb drops worker set version shutdown" },
		{ "port", "add del set show" },
		{ "p", "add del set show" },
		{ "port add", "DEVICE" },
		{ "port del", "PORT" },
		{ "port show", "PORT" },
		{ "port show p1", "" },
		{ "bridge del", "BRIDGE" },
		{ "port add p1", "master type mode queues" },
		{ "port add p1 master", "BRIDGE" },
		{ "port add p1 mode", "auto tc native generic" },
		{ "port add p1 mode tc", "master type queues" },
		{ "port add p1 queues", "" },
		{ "port set p1", "up down learning flood isolated" },
		{ "port set p1 down", "learning flood isolated" },
		{ "port set p1 down flood", "on off" },
		{ "fdb add 02:00:00:00:00:01", "dev vid" },
		{ "fdb add 02:00:00:00:00:01 dev", "PORT" },
		{ "drops show", "PORT" },
		{ "shutdown", "--detach" },
		{ "version", "" },
		{ "port nonsense", "" },
		{ "port add p1 nonsense", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *words[MAX_WORDS];
		char copy[128], offers[256] = "";

		strcpy(copy, cases[i].line);
		grammar_complete(words, (size_t)grammar_split(copy, words, MAX_WORDS), collect,
		                 offers);
		assert_string_equal(offers, cases[i].offers);
	}
}

static void lines_are_cut_into_words(void **state)
{
	static const struct {
		const char *line;
		int n;
		const char *joined;
	} cases[] = {
		{ "", 0, "" },
		{ " \t\r\n", 0, "" },
		{ "# only a comment", 0, "" },
		{ "  port\tadd  p1\r\n", 3, "port|add|p1|" },
		{ "port show # all of them", 2, "port|show|" },
		{ "a#b #c", 1, "a#b|" },
		{ "1 2 3 4", 4, "1|2|3|4|" },
		{ "1 2 3 4 # 5", 4, "1|2|3|4|" },
		{ "1 2 3 4 5", -E2BIG, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *words[4];
		char copy[64], joined[64] = "";
		int n;

		strcpy(copy, cases[i].line);
		n = grammar_split(copy, words, 4);
		assert_int_equal(n, cases[i].n);
		for (int k = 0; k < n; k++)
			strcat(strcat(joined, words[k]), "|");
		assert_string_equal(joined, cases[i].joined);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_become_methods_and_parameters),
		cmocka_unit_test(errors_name_the_word_and_what_was_expected),
		cmocka_unit_test(help_answers_at_every_level),
		cmocka_unit_test(help_of_wrong_words_is_an_error),
		cmocka_unit_test(completion_offers_what_the_parser_takes),
		cmocka_unit_test(lines_are_cut_into_words),
	};

	return cmocka_run_group_tests_name("grammar", tests, NULL, NULL);
}
