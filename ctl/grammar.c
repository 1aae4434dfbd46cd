/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/grammar.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/grammar_table.h"

struct parser {
	const char *const *words;
	size_t n, at;
	const char *object;
	const struct command *command;
	bool wants_help; /* `help` came first: help port add */
	bool may_exist, if_exists;
	enum grammar_outcome outcome;
	struct grammar_result *out;
	void (*offer)(enum grammar_offer kind, const char *word, void *arg); /* or NULL */
	void *arg;
};

/* Functions that read words return whether to go on; if not, the outcome is
 * set. */

static const char *word_at(const struct parser *p)
{
	return p->at < p->n ? p->words[p->at] : NULL;
}

__attribute__((format(printf, 2, 3))) static bool fail(struct parser *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->out->error, sizeof(p->out->error), format, args);
	va_end(args);
	p->outcome = GRAMMAR_ERROR;
	return false;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "-h") || !strcmp(word, "--help");
}

static bool help(struct parser *p)
{
	p->out->help = help_text(p->object, p->command);
	p->outcome = GRAMMAR_HELP;
	return false;
}

static void offer_menu(struct parser *p, const struct menu *menu)
{
	for (size_t i = 0; i < menu->n; i++)
		p->offer(GRAMMAR_WORD, menu->words[i], p->arg);
}

static void offer_value(struct parser *p, const struct parameter *param)
{
	const struct menu menu = value_menu(param);

	switch (param->kind) {
	case VALUE_PORT:
		p->offer(GRAMMAR_PORT, NULL, p->arg);
		return;
	case VALUE_DEVICE:
		p->offer(GRAMMAR_DEVICE, NULL, p->arg);
		return;
	case VALUE_BRIDGE:
		p->offer(GRAMMAR_BRIDGE, NULL, p->arg);
		return;
	case VALUE_CHOICE:
	case VALUE_ON_OFF:
		offer_menu(p, &menu);
		return;
	case VALUE_MAC:
	case VALUE_NUMBER:
	case VALUE_NONE:
		return;
	}
}

/* The words ended where 'menu' could go on. */
static bool ended(struct parser *p, const char *what, const struct menu *menu)
{
	char list[160];

	if (p->offer)
		offer_menu(p, menu);
	if (p->wants_help)
		return help(p);
	menu_list(menu, list, sizeof(list));
	return fail(p, "missing %s, expected %s", what, list);
}

/* 'word' is none of 'menu', or could be several. */
static bool misunderstood(struct parser *p, const char *what, const char *word,
                          const struct menu *menu)
{
	struct menu meant;
	char quoted[64], list[160];
	const int i = menu_pick(menu, word, &meant);

	value_quote(word, quoted, sizeof(quoted));
	menu_list(i == MENU_AMBIGUOUS ? &meant : menu, list, sizeof(list));
	if (i == MENU_AMBIGUOUS)
		return fail(p, "%s may be %s", quoted, list);
	if (menu->n == 0)
		return fail(p, "%s %s, nothing more was expected", what, quoted);
	return fail(p, "%s %s, expected %s", what, quoted, list);
}

/* Only before the object: behind it, they could pass for the name of a port. */
static bool read_existence(struct parser *p)
{
	bool before = true;

	for (size_t i = 0; i < p->n; i++) {
		const bool may_exist = !strcmp(p->words[i], "--may-exist");
		const bool if_exists = !strcmp(p->words[i], "--if-exists");

		before = before && (may_exist || if_exists);
		if (!before && (may_exist || if_exists))
			return fail(p, "%s comes before the object", p->words[i]);
		p->may_exist |= may_exist;
		p->if_exists |= if_exists;
		p->at += before;
	}
	return true;
}

static bool read_object(struct parser *p)
{
	const char *word = word_at(p);
	struct menu menu = { 0 };
	int i;

	for (const struct object *o = grammar_objects; o->name; o++)
		menu_add(&menu, o->name);
	if (word && is_help(word)) {
		p->wants_help = true;
		p->at++;
		word = word_at(p);
	}
	if (!word)
		return ended(p, "object", &menu);
	i = menu_pick(&menu, word, NULL);
	if (i < 0)
		return misunderstood(p, "unknown object", word, &menu);
	p->object = menu.words[i];
	p->at++;
	return true;
}

/* Commands without a verb have all their words already. */
static bool read_verb(struct parser *p)
{
	const struct command *owners[MENU_MAX];
	const char *word = word_at(p);
	struct menu menu = { 0 };
	int i;

	snprintf(p->out->subject, sizeof(p->out->subject), "%s", p->object);
	for (const struct command *c = grammar_commands; c->object; c++) {
		if (strcmp(c->object, p->object))
			continue;
		if (!c->verb) {
			p->command = c;
			return true;
		}
		menu_add(&menu, c->verb);
		owners[menu.n - 1] = c;
	}
	if (!word)
		return ended(p, "verb", &menu);
	if (is_help(word))
		return help(p);
	i = menu_pick(&menu, word, NULL);
	if (i < 0)
		return misunderstood(p, "unknown verb", word, &menu);
	p->command = owners[i];
	p->at++;
	snprintf(p->out->subject, sizeof(p->out->subject), "%s %s", p->object, menu.words[i]);
	return true;
}

static const char *label_of(const struct parameter *param)
{
	return param->place == IN_PLACE ? param->what : param->key;
}

static const char *key_of(const struct parameter *param)
{
	return param->key + strspn(param->key, "-");
}

/* Reads the word that is the value of 'param'. */
static bool read_value(struct parser *p, const struct parameter *param)
{
	const char *word = word_at(p);
	char expected[160], quoted[64];
	json_t *value;

	value_expected(param, expected, sizeof(expected));
	if (!word) {
		if (p->offer)
			offer_value(p, param);
		return fail(p, "missing %s%s, expected %s",
		            param->place == IN_PLACE ? "" : "value of ", label_of(param), expected);
	}
	value = value_read(param, word);
	if (!value) {
		value_quote(word, quoted, sizeof(quoted));
		return fail(p, "%s: %s is not %s", label_of(param), quoted, expected);
	}
	json_object_set_new(p->out->params, key_of(param), value);
	p->at++;
	return true;
}

/* `port show dev p1`, as in ip. A port called dev is `dev dev`, or the last word. */
static bool skip_dev(struct parser *p, const struct parameter *param)
{
	const char *word = word_at(p);

	if (param->kind != VALUE_PORT && param->kind != VALUE_DEVICE)
		return false;
	if (!word || strcmp(word, "dev") || p->at + 1 >= p->n)
		return false;
	p->at++;
	return true;
}

static bool read_places(struct parser *p, const struct parameter **rest)
{
	const struct parameter *param = p->command->params;

	for (; param && param->key && param->place == IN_PLACE; param++) {
		const bool skipped = skip_dev(p, param);
		const char *word = word_at(p);

		if (word ? !skipped && is_help(word) : p->wants_help)
			return help(p);
		if ((word || param->required || p->offer) && !read_value(p, param))
			return false;
	}
	*rest = param;
	return true;
}

/* The words that can come now; 'owners' says whose they are. */
static struct menu menu_of(const struct parser *p, const struct parameter *params,
                           const struct parameter *owners[MENU_MAX], bool all)
{
	struct menu menu = { 0 };

	for (const struct parameter *param = params; param && param->key; param++) {
		const struct menu choices = value_menu(param);
		const size_t before = menu.n;

		if (!all && json_object_get(p->out->params, key_of(param)))
			continue;
		if (param->place == BY_WORD)
			menu_add(&menu, param->key);
		for (size_t i = 0; param->place == BARE && i < choices.n; i++)
			menu_add(&menu, choices.words[i]);
		for (size_t i = before; i < menu.n; i++)
			owners[i] = param;
	}
	return menu;
}

/* Reads one keyword and its value. */
static bool read_keyword(struct parser *p, const struct parameter *params)
{
	const struct parameter *owners[MENU_MAX];
	const struct menu all = menu_of(p, params, owners, true);
	const int i = menu_pick(&all, word_at(p), NULL);
	const struct parameter *param;

	if (i < 0 && is_help(word_at(p)))
		return help(p);
	if (i < 0) {
		const struct menu left = menu_of(p, params, owners, false);

		return misunderstood(p, "unexpected word", word_at(p),
		                     i == MENU_AMBIGUOUS ? &all : &left);
	}
	param = owners[i];
	if (json_object_get(p->out->params, key_of(param)))
		return fail(p, "%s: %s is given already", all.words[i], key_of(param));
	if (param->place == BY_WORD && param->kind != VALUE_NONE)
		p->at++;
	return read_value(p, param);
}

/* Is everything there that the command needs? */
static bool check_complete(struct parser *p, const struct parameter *params, size_t n_before)
{
	const struct parameter *owners[MENU_MAX];
	const struct menu left = menu_of(p, params, owners, false);

	if (p->wants_help)
		return help(p);
	if (p->offer) {
		offer_menu(p, &left);
		return true;
	}
	for (const struct parameter *param = params; param && param->key; param++)
		if (param->required && !json_object_get(p->out->params, key_of(param)))
			return fail(p, "missing %s %s", param->key, param->what);
	if (p->command->needs_one && json_object_size(p->out->params) == n_before)
		return ended(p, "word", &left);
	return true;
}

static bool read_params(struct parser *p)
{
	const struct parameter *rest = NULL;
	size_t n_before;

	if (!read_places(p, &rest))
		return false;
	n_before = json_object_size(p->out->params);
	while (word_at(p))
		if (!read_keyword(p, rest))
			return false;
	return check_complete(p, rest, n_before);
}

static bool apply_existence(struct parser *p)
{
	const enum existence takes = p->command->takes;

	if (p->may_exist && takes != TAKES_MAY_EXIST)
		return fail(p, "--may-exist has no meaning here");
	if (p->if_exists && takes != TAKES_IF_EXISTS)
		return fail(p, "--if-exists has no meaning here");
	if (p->may_exist)
		json_object_set_new(p->out->params, "may-exist", json_true());
	if (p->if_exists)
		json_object_set_new(p->out->params, "if-exists", json_true());
	return true;
}

/* "port p1": the object and what was given IN_PLACE. */
static void name_subject(struct parser *p)
{
	const struct parameter *first = p->command->params;
	const char *name = NULL;

	if (first && first->place == IN_PLACE)
		name = json_string_value(json_object_get(p->out->params, first->key));
	snprintf(p->out->subject, sizeof(p->out->subject), "%s%s%s", p->object, name ? " " : "",
	         name ? name : "");
}

static void parse(struct parser *p)
{
	memset(p->out, 0, sizeof(*p->out));
	p->out->params = json_object();
	if (!read_existence(p) || !read_object(p) || !read_verb(p) || !read_params(p) ||
	    !apply_existence(p))
		return;
	p->out->method = p->command->method;
	name_subject(p);
	p->outcome = GRAMMAR_COMMAND;
}

enum grammar_outcome grammar_parse(const char *const words[], size_t n, struct grammar_result *out)
{
	struct parser p = { .words = words, .n = n, .out = out };

	parse(&p);
	return p.outcome;
}

void grammar_free(struct grammar_result *result)
{
	json_decref(result->params);
	free(result->help);
	result->params = NULL;
	result->help = NULL;
}

void grammar_complete(const char *const words[], size_t n,
                      void (*offer)(enum grammar_offer kind, const char *word, void *arg),
                      void *arg)
{
	struct grammar_result result;
	struct parser p = { .words = words, .n = n, .out = &result, .offer = offer, .arg = arg };

	parse(&p);
	grammar_free(&result);
}

int grammar_split(char *line, const char *words[], size_t max)
{
	static const char blanks[] = " \t\r\n\v\f";
	size_t n = 0;

	for (;;) {
		line += strspn(line, blanks);
		if (!*line || *line == '#')
			return (int)n;
		if (n == max)
			return -E2BIG;
		words[n++] = line;
		line += strcspn(line, blanks);
		if (*line)
			*line++ = '\0';
	}
}
