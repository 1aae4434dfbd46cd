/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/complete.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/grammar.h"
#include "switch/base/macros.h"

/* Nobody waits longer than this for a word. */
#define PATIENCE 1

struct typing {
	const char *word; /* as far as it is there */
	const char *dir;
};

static void put(const struct typing *t, const char *word)
{
	if (!strncmp(word, t->word, strlen(t->word)))
		puts(word);
}

/* The names the daemon knows: those of its ports, or of its bridges. */
static void put_names(const struct typing *t, const char *method)
{
	json_t *none = json_object(), *item;
	struct client_answer answer;
	size_t i;

	client_call(t->dir, method, none, PATIENCE, &answer);
	json_array_foreach (answer.result, i, item) {
		const char *name = json_string_value(json_object_get(item, "ifname"));

		if (name)
			put(t, name);
	}
	json_decref(answer.result);
	json_decref(none);
}

static void put_devices(const struct typing *t)
{
	struct if_nameindex *all = if_nameindex();

	for (const struct if_nameindex *d = all; d && d->if_index; d++)
		if (strcmp(d->if_name, "lo"))
			put(t, d->if_name);
	if (all)
		if_freenameindex(all);
}

static void offer(enum grammar_offer kind, const char *word, void *arg)
{
	const struct typing *t = arg;

	switch (kind) {
	case GRAMMAR_WORD:
		put(t, word);
		return;
	case GRAMMAR_PORT:
		put_names(t, "port.show");
		return;
	case GRAMMAR_BRIDGE:
		put_names(t, "bridge.show");
		return;
	case GRAMMAR_DEVICE:
		put_devices(t);
		return;
	}
}

static void put_options(const struct typing *t)
{
	static const char *const options[] = {
		"--run", "-j",          "-p",          "-s",        "-d",
		"-t",    "--may-exist", "--if-exists", "--version", "--help",
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		put(t, options[i]);
}

static bool takes_value(const char *option)
{
	return !strcmp(option, "--run") || !strcmp(option, "-t");
}

void complete(const char *const words[], size_t n, const char *dir)
{
	struct typing typing = { .word = n ? words[n - 1] : "", .dir = dir };
	size_t at = 0;

	while (at + 1 < n && words[at][0] == '-') {
		if (!strncmp(words[at], "--run=", 6))
			typing.dir = words[at] + 6;
		else if (!strcmp(words[at], "--run") && at + 2 < n)
			typing.dir = words[at + 1];
		at += takes_value(words[at]) ? 2 : 1;
	}
	if (at >= n)
		return;
	if (at + 1 == n && typing.word[0] == '-')
		put_options(&typing);
	else
		grammar_complete(words + at, n - 1 - at, offer, &typing);
}
