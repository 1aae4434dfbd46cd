/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ctl/grammar.h"

/*
 * grammar_table: which commands are there, and which words do they take?
 *
 * A command is a row of the table: its words, the method it becomes and its
 * parameters. Parameters IN_PLACE come first and in order; the others follow
 * in any order. For parser, help and completion alike a new command is a new
 * row, a new kind of value a case in grammar_value.c. Only grammar*.c
 * includes this.
 */

enum value_kind {
	VALUE_PORT,   /* the name of a port */
	VALUE_DEVICE, /* the name of a device that may become a port */
	VALUE_BRIDGE, /* the name of a bridge */
	VALUE_MAC,    /* six bytes in hex, with colons or hyphens */
	VALUE_NUMBER, /* decimal, from min to max */
	VALUE_CHOICE, /* one of choices */
	VALUE_ON_OFF, /* on, off: a boolean */
	VALUE_NONE,   /* true when its keyword is there */
};

enum value_place {
	BY_WORD,  /* its keyword, then the value */
	IN_PLACE, /* the value alone, at its place */
	BARE,     /* a choice alone, without keyword, among the others */
};

struct parameter {
	const char *key; /* in the parameters; also the keyword BY_WORD */
	enum value_place place;
	enum value_kind kind;
	bool required;
	const char *what; /* stands for the value in help: "NAME" */
	const char *help;
	long long min, max;
	const char *const *choices; /* ends with NULL */
};

/* Which of --may-exist and --if-exists a command takes. */
enum existence { TAKES_NEITHER, TAKES_MAY_EXIST, TAKES_IF_EXISTS };

struct command {
	const char *object;
	const char *verb; /* NULL: the object alone is the command */
	const char *method;
	const char *help;
	const struct parameter *params; /* ends with a key of NULL; may be NULL */
	enum existence takes;
	bool needs_one; /* of the parameters that are not IN_PLACE */
};

struct object {
	const char *name;
	const char *help;
};

/* Both end with a row of NULL. The commands of an object stand together. */
extern const struct object grammar_objects[];
extern const struct command grammar_commands[];

/* on, off. */
extern const char *const grammar_on_off[];

/* A set of words to choose from. */
#define MENU_MAX 64
struct menu {
	size_t n;
	const char *words[MENU_MAX];
};

enum { MENU_NONE = -1, MENU_AMBIGUOUS = -2 };

/* Adds a word; a menu has room for all of any table. */
void menu_add(struct menu *menu, const char *word);

/* Returns the index of 'word' or of the only one it begins, or MENU_NONE or
 * MENU_AMBIGUOUS; 'meant', if not NULL, then gets the words it may mean. */
int menu_pick(const struct menu *menu, const char *word, struct menu *meant);

/* Writes "a, b or c". */
void menu_list(const struct menu *menu, char *out, size_t size);

/* Returns the words of a choice or of on, off. */
struct menu value_menu(const struct parameter *p);

/* Reads a value from its word. Returns a new reference, or NULL: then the word
 * is not what value_expected() says. */
json_t *value_read(const struct parameter *p, const char *word);

/* Says what a value is: "a number from 1 to 4094". */
void value_expected(const struct parameter *p, char *out, size_t size);

/* Writes 'word' for an error: in quotes, printable, not too long. */
void value_quote(const char *word, char *out, size_t size);

/* Returns the help for everything, for an object, or for a command (then
 * 'object' is not looked at). The caller frees it. */
char *help_text(const char *object, const struct command *command);
