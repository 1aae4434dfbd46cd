/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/control/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/grammar.h"
#include "switch/base/log.h"
#include "switch/control/command.h"
#include "switch/control/config.h"

#define WORDS_MAX 64

/* Runs one parsed command. Returns true when it was accepted. */
static bool run(struct config *config, const struct grammar_result *command, const char *path,
                int line)
{
	struct rpc_reply reply = { 0 };
	const char *reason;

	command_run(command->method, command->params, &reply, config);
	if (reply.code)
		log_error("%s:%d: %s: %s", path, line, command->subject, reply.message);
	reason = json_string_value(json_object_get(reply.result, "reason"));
	if (reason)
		log_warn("%s:%d: %s: %s", path, line, command->subject, reason);
	json_decref(reply.result);
	return !reply.code;
}

static bool run_line(struct config *config, char *text, const char *path, int line)
{
	const char *words[WORDS_MAX];
	const int n = grammar_split(text, words, WORDS_MAX);
	struct grammar_result command;
	bool accepted = false;

	if (n == 0)
		return true;
	if (n < 0) {
		log_error("%s:%d: more than %d words", path, line, WORDS_MAX);
		return false;
	}
	switch (grammar_parse(words, (size_t)n, &command)) {
	case GRAMMAR_COMMAND:
		accepted = run(config, &command, path, line);
		break;
	case GRAMMAR_HELP:
		log_error("%s:%d: help is for the command line", path, line);
		break;
	case GRAMMAR_ERROR:
		log_error("%s:%d: %s", path, line, command.error);
		break;
	}
	grammar_free(&command);
	return accepted;
}

int load_file(struct config *config, const char *path)
{
	FILE *file = fopen(path, "re");
	bool accepted = true;
	char *text = NULL;
	size_t size = 0;

	if (!file) {
		log_error("cannot read %s: %s", path, strerror(errno));
		return -1;
	}
	config->absent_allowed = true;
	for (int line = 1; accepted && getline(&text, &size, file) >= 0; line++)
		accepted = run_line(config, text, path, line);
	config->absent_allowed = false;
	if (ferror(file)) {
		log_error("cannot read %s: %s", path, strerror(errno));
		accepted = false;
	}
	free(text);
	fclose(file);
	return accepted ? 0 : -1;
}
