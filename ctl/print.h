/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * print: how does an answer look to people, and to programs?
 *
 * Text in the manner of ip and bridge: one thing a line, words of the grammar,
 * nothing said when there is nothing to say. JSON is the daemon's result as it
 * came. The shapes are those of switch/control/command.h; what is missing in
 * them is left out or shown as 0.
 *
 * Trust    Names come from elsewhere: control characters are shown as '?'.
 */
struct print_options {
	bool statistics; /* -s */
	bool detail;     /* -d */
	bool colourful;
};

/* Writes the 'result' of 'method' as text. */
void print_text(FILE *file, const char *method, const json_t *result,
                const struct print_options *options);

/* Writes one JSON document and the end of its line. */
void print_json(FILE *file, const json_t *document, bool pretty);
