/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a line of a configuration file, and as words to complete. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(enum grammar_offer kind, const char *word, void *arg)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grammar_result result;
	const char *words[32];
	char *line = malloc(size + 1);
	int n;

	memcpy(line, data, size);
	line[size] = '\0';
	n = grammar_split(line, words, 32);
	if (n >= 0) {
		grammar_complete(words, (size_t)n, ignore, NULL);
		grammar_parse(words, (size_t)n, &result);
		grammar_free(&result);
	}
	free(line);
	return 0;
}
