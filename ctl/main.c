/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/complete.h"
#include "ctl/grammar.h"
#include "ctl/print.h"
#include "switch/base/macros.h"

#define RUN_DIR     "/run/xsw"
#define TIMEOUT     30
#define TIMEOUT_MAX 86400

struct options {
	const char *dir;
	bool json, pretty, may_exist, if_exists;
	bool is_done; /* --version was all */
	int seconds;
	struct print_options print;
};

enum { OPTION_RUN = 256, OPTION_MAY_EXIST, OPTION_IF_EXISTS, OPTION_VERSION, OPTION_DRY_RUN };

static const struct option long_options[] = {
	{ "run", required_argument, NULL, OPTION_RUN },
	{ "may-exist", no_argument, NULL, OPTION_MAY_EXIST },
	{ "if-exists", no_argument, NULL, OPTION_IF_EXISTS },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	"Usage: xsw [OPTIONS] OBJECT [VERB] ...\n"
	"\n"
	"Options\n"
	"  --run DIR      the daemon's directory (" RUN_DIR ", or what XSW_RUN says)\n"
	"  -j             print JSON\n"
	"  -p             print JSON with line breaks\n"
	"  -s             print statistics\n"
	"  -d             print details\n"
	"  -t SECONDS     give up after this time (30)\n"
	"  --may-exist    no error if what is added is there already\n"
	"  --if-exists    no error if what is deleted is not there\n"
	"  --version      print the version of this command\n"
	"  -h, --help     print this text\n"
	"\n"
	"Objects and their verbs\n";

static const char more_help[] =
	"\n"
	"Words may be cut short. More: xsw OBJECT help, xsw OBJECT VERB help\n";

/* Writes the error to stderr and, with -j, to stdout. Returns the exit code. */
__attribute__((format(printf, 4, 5))) static int fail(const struct options *o, enum exit_code code,
                                                      const char *object, const char *format, ...)
{
	char words[640];
	json_t *document;
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	for (char *c = words; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	fprintf(stderr, "xsw: %s%s%s\n", object, *object ? ": " : "", words);
	if (!o->json)
		return code;
	document = json_pack("{s:{s:i, s:s, s:s}}", "error", "code", code, "object", object,
	                     "message", words);
	if (document)
		print_json(stdout, document, o->pretty);
	json_decref(document);
	return code;
}

/* --- options --- */

static int set_timeout(struct options *o, const char *word)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(word, &end, 10);
	if (errno || end == word || *end || n < 1 || n > TIMEOUT_MAX)
		return fail(o, EXIT_USAGE, "", "-t: not a number of seconds from 1 to %d",
		            TIMEOUT_MAX);
	o->seconds = (int)n;
	return EXIT_OK;
}

static int later(const struct options *o, const char *what)
{
	return fail(o, EXIT_USAGE, "", "%s: not in this release, it comes with a later one", what);
}

/* A short option may stand among others, as in -jx. */
static int bad_option(const struct options *o, const char *why, char *const argv[])
{
	const char letter[] = { '-', (char)optopt, '\0' };
	const bool is_short = optopt > 0 && optopt < OPTION_RUN;

	return fail(o, EXIT_USAGE, "", "%s: %s", is_short ? letter : argv[optind - 1], why);
}

static int set_option(struct options *o, int option, char *const argv[])
{
	switch (option) {
	case 'j':
		o->json = true;
		return EXIT_OK;
	case 'p':
		o->json = o->pretty = true;
		return EXIT_OK;
	case 's':
		o->print.statistics = true;
		return EXIT_OK;
	case 'd':
		o->print.detail = true;
		return EXIT_OK;
	case 't':
		return set_timeout(o, optarg);
	case 'b':
		return later(o, "-b");
	case OPTION_RUN:
		o->dir = optarg;
		return EXIT_OK;
	case OPTION_MAY_EXIST:
		o->may_exist = true;
		return EXIT_OK;
	case OPTION_IF_EXISTS:
		o->if_exists = true;
		return EXIT_OK;
	case OPTION_DRY_RUN:
		return later(o, "--dry-run");
	case OPTION_VERSION:
		puts("xsw " XSW_VERSION);
		o->is_done = true;
		return EXIT_OK;
	case ':':
		return bad_option(o, "its value is missing", argv);
	default:
		return bad_option(o, "unknown option (see xsw help)", argv);
	}
}

/* -h and --help are words of the grammar and end the options, as the object does. */
static bool ends_options(const char *word)
{
	return !strcmp(word, "-h") || !strcmp(word, "--help");
}

static int read_options(struct options *o, int argc, char *const argv[])
{
	const char *dir = getenv("XSW_RUN");

	o->dir = dir && *dir ? dir : RUN_DIR;
	o->seconds = TIMEOUT;
	opterr = 0;
	while (optind < argc && !ends_options(argv[optind])) {
		const int option = getopt_long(argc, argv, "+:jpsdt:b", long_options, NULL);
		int code;

		if (option < 0)
			break;
		code = set_option(o, option, argv);
		if (code || o->is_done)
			return code;
	}
	if (optind > 1 && !strcmp(argv[optind - 1], "--"))
		return later(o, "--");
	return EXIT_OK;
}

/* Options behind the object would pass for names. */
static int check_words(const struct options *o, char *const words[], int n)
{
	static const char *const ours[] = { "-j", "-p", "-s", "-d", "-t", "--run", "--version" };

	for (int i = 0; i < n; i++) {
		if (!strcmp(words[i], "--") || !strcmp(words[i], "-b") ||
		    !strcmp(words[i], "--dry-run"))
			return later(o, words[i]);
		for (size_t k = 0; k < ARRAY_SIZE(ours); k++)
			if (!strcmp(words[i], ours[k]))
				return fail(o, EXIT_USAGE, "", "%s comes before the object",
				            words[i]);
	}
	return EXIT_OK;
}

/* --- commands --- */

/* Whether the answer is that of a port that should forward now and can't. */
static bool is_unready(const struct grammar_result *command, const json_t *result)
{
	const char *state = json_string_value(json_object_get(result, "operstate"));
	const char *wish = json_string_value(json_object_get(command->params, "state"));

	if (!state || !strcmp(state, "up"))
		return false;
	if (!strcmp(command->method, "port.add"))
		return true;
	return !strcmp(command->method, "port.set") && wish && !strcmp(wish, "up");
}

static int print_answer(const struct options *o, const struct grammar_result *command,
                        const json_t *result)
{
	const struct options on_stderr = { .json = false };
	const char *reason = json_string_value(json_object_get(result, "reason"));

	if (o->json)
		print_json(stdout, result, o->pretty);
	else
		print_text(stdout, command->method, result, &o->print);
	if (!is_unready(command, result))
		return EXIT_OK;
	return fail(&on_stderr, EXIT_NOT_OPERATIONAL, command->subject, "%s",
	            reason ? reason : "it is not operational");
}

static int run(const struct options *o, const struct grammar_result *command)
{
	struct client_answer answer;
	const char *object;
	int code;

	client_call(o->dir, command->method, command->params, o->seconds, &answer);
	if (!answer.result) {
		object = answer.object;
		if (!*object && answer.code != EXIT_NOT_RUNNING && answer.code != EXIT_TIMEOUT)
			object = command->subject;
		return fail(o, answer.code, object, "%s", answer.message);
	}
	code = print_answer(o, command, answer.result);
	json_decref(answer.result);
	return code;
}

static int print_help(const struct grammar_result *result)
{
	const bool is_all = !result->subject[0];

	printf("%s%s%s", is_all ? usage : "", result->help ? result->help : "",
	       is_all ? more_help : "");
	return EXIT_OK;
}

static int run_words(const struct options *o, const char *const words[], size_t n)
{
	struct grammar_result result;
	int code = EXIT_OK;

	switch (grammar_parse(words, n, &result)) {
	case GRAMMAR_COMMAND:
		code = run(o, &result);
		break;
	case GRAMMAR_HELP:
		code = print_help(&result);
		break;
	case GRAMMAR_ERROR:
		code = fail(o, EXIT_USAGE, result.subject, "%s", result.error);
		break;
	}
	grammar_free(&result);
	return code;
}

/* The grammar takes --may-exist and --if-exists as words before the object. */
static int run_command(const struct options *o, char *const argv[], int n)
{
	const char **words = calloc((size_t)n + 2, sizeof(*words));
	size_t at = 0;
	int code;

	if (!words)
		return fail(o, EXIT_REFUSED, "", "out of memory");
	if (o->may_exist)
		words[at++] = "--may-exist";
	if (o->if_exists)
		words[at++] = "--if-exists";
	for (int i = 0; i < n; i++)
		words[at++] = argv[i];
	code = run_words(o, words, at);
	free(words);
	return code;
}

int main(int argc, char *argv[])
{
	struct options o = { 0 };
	int code = read_options(&o, argc, argv);

	if (code || o.is_done)
		return code;
	if (optind == argc)
		return fail(&o, EXIT_USAGE, "", "a command is missing (see xsw help)");
	if (!strcmp(argv[optind], "__complete")) {
		complete((const char *const *)argv + optind + 1, (size_t)(argc - optind - 1),
		         o.dir);
		return EXIT_OK;
	}
	code = check_words(&o, argv + optind, argc - optind);
	if (code)
		return code;
	o.print.colourful = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	return run_command(&o, argv + optind, argc - optind);
}
