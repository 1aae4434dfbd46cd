/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/grammar_table.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define MAC_TEXT      (6 * 3 - 1)
#define LONGEST_QUOTE 40

void menu_add(struct menu *menu, const char *word)
{
	if (menu->n < MENU_MAX)
		menu->words[menu->n++] = word;
}

int menu_pick(const struct menu *menu, const char *word, struct menu *meant)
{
	struct menu begun = { 0 };
	int found = MENU_NONE;

	for (size_t i = 0; i < menu->n; i++) {
		if (!strcmp(menu->words[i], word))
			return (int)i;
		if (!*word || strncmp(menu->words[i], word, strlen(word)))
			continue;
		menu_add(&begun, menu->words[i]);
		found = (int)i;
	}
	if (begun.n < 2)
		return found;
	if (meant)
		*meant = begun;
	return MENU_AMBIGUOUS;
}

void menu_list(const struct menu *menu, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < menu->n && at < size; i++) {
		const char *before = i == 0 ? "" : i + 1 < menu->n ? ", " : " or ";
		const int n = snprintf(out + at, size - at, "%s%s", before, menu->words[i]);

		at += (size_t)n;
	}
}

struct menu value_menu(const struct parameter *p)
{
	struct menu menu = { 0 };

	for (const char *const *c = p->choices; c && *c; c++)
		menu_add(&menu, *c);
	return menu;
}

/* As the kernel's dev_valid_name(), whose isspace() counts 0xa0. */
static json_t *read_name(const char *word)
{
	const size_t size = strlen(word);

	if (size == 0 || size >= IFNAMSIZ || !strcmp(word, ".") || !strcmp(word, ".."))
		return NULL;
	for (const char *c = word; *c; c++)
		if (strchr("/: \t\n\v\f\r\xa0", *c))
			return NULL;
	return json_string(word);
}

static json_t *read_mac(const char *word)
{
	char mac[MAC_TEXT + 1];

	if (strlen(word) != MAC_TEXT || !strchr(":-", word[2]))
		return NULL;
	for (int i = 0; i < MAC_TEXT; i++) {
		const bool between = i % 3 == 2;

		if (between ? word[i] != word[2] : !isxdigit((unsigned char)word[i]))
			return NULL;
		mac[i] = between ? ':' : (char)tolower((unsigned char)word[i]);
	}
	mac[MAC_TEXT] = '\0';
	return json_string(mac);
}

static json_t *read_number(const struct parameter *p, const char *word)
{
	long long n;

	if (!*word || strspn(word, "0123456789") != strlen(word))
		return NULL;
	errno = 0;
	n = strtoll(word, NULL, 10);
	if (errno || n < p->min || n > p->max)
		return NULL;
	return json_integer(n);
}

static json_t *read_choice(const struct parameter *p, const char *word)
{
	const struct menu menu = value_menu(p);
	const int i = menu_pick(&menu, word, NULL);

	if (i < 0)
		return NULL;
	if (p->kind == VALUE_ON_OFF)
		return json_boolean(!strcmp(menu.words[i], "on"));
	return json_string(menu.words[i]);
}

json_t *value_read(const struct parameter *p, const char *word)
{
	switch (p->kind) {
	case VALUE_PORT:
	case VALUE_DEVICE:
	case VALUE_BRIDGE:
		return read_name(word);
	case VALUE_MAC:
		return read_mac(word);
	case VALUE_NUMBER:
		return read_number(p, word);
	case VALUE_CHOICE:
	case VALUE_ON_OFF:
		return read_choice(p, word);
	case VALUE_NONE:
		return json_true();
	}
	return NULL;
}

void value_expected(const struct parameter *p, char *out, size_t size)
{
	const char *name = "";
	struct menu menu;

	switch (p->kind) {
	case VALUE_PORT:
		name = "a port";
		break;
	case VALUE_DEVICE:
		name = "a device";
		break;
	case VALUE_BRIDGE:
		name = "a bridge";
		break;
	case VALUE_MAC:
		snprintf(out, size, "an address like 02:00:00:00:00:01");
		return;
	case VALUE_NUMBER:
		snprintf(out, size, "a number from %lld to %lld", p->min, p->max);
		return;
	case VALUE_CHOICE:
	case VALUE_ON_OFF:
		menu = value_menu(p);
		menu_list(&menu, out, size);
		return;
	case VALUE_NONE:
		break;
	}
	snprintf(out, size, "the name of %s (1 to %d bytes, no '/', ':' or space)", name,
	         IFNAMSIZ - 1);
}

static bool is_utf8(const char *word)
{
	json_t *text = json_string(word);

	json_decref(text);
	return text != NULL;
}

void value_quote(const char *word, char *out, size_t size)
{
	const bool cut = strlen(word) > LONGEST_QUOTE;
	const bool plain = cut || !is_utf8(word);

	snprintf(out, size, "\"%.*s%s\"", LONGEST_QUOTE, word, cut ? "..." : "");
	for (char *c = out; *c; c++)
		if (iscntrl((unsigned char)*c) || (plain && *c & 0x80))
			*c = '?';
}
