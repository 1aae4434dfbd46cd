/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <jansson.h>
#include <stddef.h>

/*
 * grammar: what do these words ask for?
 *
 * Turns the words of one command, `port add p1 master br1`, into the method
 * and the parameters of command.h. The command line, the configuration file
 * and completion share it, so whatever one of them takes, all take. Pure: it
 * prints nothing and asks nobody; the tables are in grammar_table.c.
 *
 * Words    Objects, verbs, keywords and choices may be cut short while they
 *          stay unambiguous; a complete word always means itself. Words at the
 *          end of a command come in any order, each once. `help` (-h, --help)
 *          ends a command at any level and asks for its help instead.
 *          --may-exist and --if-exists come before the object.
 *
 * Trust    Words may be anything. What is not understood is named in the error,
 *          in printable UTF-8.
 */

enum grammar_outcome {
	GRAMMAR_COMMAND, /* method, params and subject are set */
	GRAMMAR_HELP,    /* help is set; subject, "port add", unless it is all of it */
	GRAMMAR_ERROR,   /* error is set, and subject as far as it was understood */
};

/* What the words meant. Freed with grammar_free(). */
struct grammar_result {
	const char *method; /* "port.add", static */
	json_t *params;     /* an object; may be taken (set to NULL) */
	char *help;         /* lines of text */
	char subject[64];   /* of a command "port p1", else "port add" */
	char error[256];    /* words: what is wrong and what was expected */
};

/* Reads 'n' words. Fills in 'out', whatever the outcome. */
enum grammar_outcome grammar_parse(const char *const words[], size_t n, struct grammar_result *out);

/* Frees what 'result' holds, not 'result' itself. */
void grammar_free(struct grammar_result *result);

/* Cuts 'line' into words in place, at blanks; `#` at the beginning of a word
 * starts a comment. Returns how many, or -E2BIG if there are more than 'max'. */
int grammar_split(char *line, const char *words[], size_t max);

/* What can stand where a word is completed: the word itself, or a name of
 * some kind, which the caller finds out. */
enum grammar_offer { GRAMMAR_WORD, GRAMMAR_PORT, GRAMMAR_BRIDGE, GRAMMAR_DEVICE };

/* Calls 'offer' for everything that can follow the 'n' words; 'word' is NULL
 * but for GRAMMAR_WORD. Nothing follows words that are wrong. */
void grammar_complete(const char *const words[], size_t n,
                      void (*offer)(enum grammar_offer kind, const char *word, void *arg),
                      void *arg);
