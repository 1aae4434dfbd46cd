/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/grammar_table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WIDTH  80
#define WORD_SIZE   160
#define LABEL_WIDTH 18

/* Writes words, going on in a new line when one is full. */
struct line {
	FILE *file;
	int at, indent;
};

static void put_word(struct line *line, const char *word)
{
	const int size = (int)strlen(word);

	if (line->at > line->indent && line->at + 1 + size > LINE_WIDTH) {
		fprintf(line->file, "\n%*s", line->indent, "");
		line->at = line->indent;
	}
	line->at += fprintf(line->file, " %s", word);
}

/* Writes "a|b|c" or what stands for the value. */
static void value_synopsis(const struct parameter *p, char *out, size_t size)
{
	size_t at = 0;

	snprintf(out, size, "%s", p->what ? p->what : "");
	for (const char *const *c = p->choices; !p->what && c && *c && at < size; c++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", at ? "|" : "", *c);
}

/* Writes "[mode auto|tc]". */
static void param_synopsis(const struct parameter *p, char *out, size_t size)
{
	const bool has_word = p->place == BY_WORD, has_value = p->kind != VALUE_NONE;
	char value[WORD_SIZE];

	value_synopsis(p, value, sizeof(value));
	snprintf(out, size, "%s%s%s%s%s", p->required ? "" : "[", has_word ? p->key : "",
	         has_word && has_value ? " " : "", has_value ? value : "", p->required ? "" : "]");
}

static void put_synopsis(FILE *file, const char *before, const struct command *c)
{
	struct line line = { .file = file };
	char word[2 * WORD_SIZE];

	line.at = fprintf(file, "%sxsw %s", before, c->object);
	if (c->verb)
		line.at += fprintf(file, " %s", c->verb);
	line.indent = line.at;
	for (const struct parameter *p = c->params; p && p->key; p++) {
		param_synopsis(p, word, sizeof(word));
		put_word(&line, word);
	}
	fputc('\n', file);
}

static void put_sentence(FILE *file, const char *words)
{
	fprintf(file, "%c%s.\n", toupper((unsigned char)words[0]), words + 1);
}

static void put_param(FILE *file, const struct parameter *p)
{
	char value[WORD_SIZE], label[2 * WORD_SIZE];

	value_synopsis(p, value, sizeof(value));
	snprintf(label, sizeof(label), "%s%s%s", p->place == BY_WORD ? p->key : "",
	         p->place == BY_WORD && *value ? " " : "", value);
	if (strlen(label) > LABEL_WIDTH)
		fprintf(file, "  %s\n  %*s", label, LABEL_WIDTH + 1, "");
	else
		fprintf(file, "  %-*s", LABEL_WIDTH + 1, label);
	if (p->kind == VALUE_NUMBER)
		fprintf(file, "%s (%lld to %lld)\n", p->help, p->min, p->max);
	else
		fprintf(file, "%s\n", p->help);
}

static void help_command(FILE *file, const struct command *c)
{
	put_synopsis(file, "Usage: ", c);
	put_sentence(file, c->help);
	if (c->params)
		fputc('\n', file);
	for (const struct parameter *p = c->params; p && p->key; p++)
		put_param(file, p);
	if (c->takes == TAKES_MAY_EXIST)
		fprintf(file, "\nxsw --may-exist %s %s: no error if it is there already.\n",
		        c->object, c->verb);
	if (c->takes == TAKES_IF_EXISTS)
		fprintf(file, "\nxsw --if-exists %s %s: no error if it is not there.\n", c->object,
		        c->verb);
}

static void help_object(FILE *file, const char *object)
{
	for (const struct object *o = grammar_objects; o->name; o++)
		if (!strcmp(o->name, object))
			fprintf(file, "%s: %s\n\n", o->name, o->help);
	for (const struct command *c = grammar_commands; c->object; c++)
		if (!strcmp(c->object, object)) {
			put_synopsis(file, "  ", c);
			fprintf(file, "      %s\n", c->help);
		}
	fprintf(file, "\nMore about one of them: xsw %s VERB help\n", object);
}

static void help_all(FILE *file)
{
	for (const struct object *o = grammar_objects; o->name; o++) {
		char verbs[WORD_SIZE] = "";

		for (const struct command *c = grammar_commands; c->object; c++)
			if (!strcmp(c->object, o->name) && c->verb)
				snprintf(verbs + strlen(verbs), sizeof(verbs) - strlen(verbs),
				         "%s%s", *verbs ? "|" : "", c->verb);
		fprintf(file, "  %-9s %-20s %s\n", o->name, verbs, o->help);
	}
}

char *help_text(const char *object, const struct command *command)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	if (command)
		help_command(file, command);
	else if (object)
		help_object(file, object);
	else
		help_all(file);
	fclose(file);
	return text;
}
