/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "switch/base/log.h"

#define MAC_FORMAT "%02hhx:%02hhx:%02hhx:%02hhx:%02hhx:%02hhx"
#define MAC_SIZE   18

static bool parse_mac(const char *text, uint8_t mac[6])
{
	int end = 0;

	return sscanf(text, MAC_FORMAT "%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5],
	              &end) == 6 &&
	       !text[end];
}

static int parse_settings(struct journal_port *port, json_t *features)
{
	const char *feature;
	json_t *was_asked;

	json_object_foreach (features, feature, was_asked) {
		int ret;

		if (!json_is_boolean(was_asked) || strlen(feature) >= ETH_GSTRING_LEN)
			return -EINVAL;
		ret = journal_note(port, feature, json_is_true(was_asked));
		if (ret)
			return ret;
	}
	return 0;
}

static int parse_port(struct journal *journal, json_t *object)
{
	const char *name, *kind, *mac;
	struct netdev_info dev = { 0 };
	struct journal_port *port;
	json_t *features;
	int ret;

	if (json_unpack(object, "{s:i, s:s, s:s, s:s, s:o}", "ifindex", &dev.ifindex, "name", &name,
	                "kind", &kind, "mac", &mac, "features", &features))
		return -EINVAL;
	if (strlen(name) >= sizeof(dev.name) || strlen(kind) >= sizeof(dev.kind) ||
	    !parse_mac(mac, dev.mac))
		return -EINVAL;
	strcpy(dev.name, name);
	strcpy(dev.kind, kind);
	port = journal_add(journal, &dev);
	if (!port)
		return -ENOMEM;
	port->is_inherited = true;
	ret = parse_settings(port, features);
	if (ret)
		journal_del(journal, port);
	return ret;
}

static int parse(struct journal *journal, FILE *file)
{
	json_error_t error;
	json_t *root, *port;
	size_t i;
	int ret = 0;

	root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	if (!root || !json_is_array(json_object_get(root, "ports"))) {
		log_warn("%s is not a journal: ignored", journal->path);
		json_decref(root);
		return 0;
	}
	json_array_foreach (json_object_get(root, "ports"), i, port) {
		ret = parse_port(journal, port);
		if (ret == -ENOMEM)
			break;
		if (ret)
			log_warn("%s: entry %zu makes no sense: ignored", journal->path, i);
		ret = 0;
	}
	json_decref(root);
	return ret;
}

int journal_open(struct journal *out, const char *path)
{
	struct journal journal = { .path = strdup(path) };
	FILE *file;
	int ret;

	if (!journal.path)
		return -ENOMEM;
	file = fopen(path, "re");
	if (file) {
		ret = parse(&journal, file);
		fclose(file);
	} else {
		ret = errno == ENOENT ? 0 : -errno;
	}
	if (ret) {
		journal_close(&journal);
		return ret;
	}
	*out = journal;
	return 0;
}

void journal_close(struct journal *journal)
{
	while (journal->ports)
		journal_del(journal, journal->ports);
	free(journal->path);
	journal->path = NULL;
}

struct journal_port *journal_find(const struct journal *journal, int ifindex)
{
	struct journal_port *port = journal->ports;

	while (port && port->ifindex != ifindex)
		port = port->next;
	return port;
}

struct journal_port *journal_add(struct journal *journal, const struct netdev_info *dev)
{
	struct journal_port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->ifindex = dev->ifindex;
	memcpy(port->name, dev->name, sizeof(port->name));
	memcpy(port->kind, dev->kind, sizeof(port->kind));
	memcpy(port->mac, dev->mac, sizeof(port->mac));
	port->next = journal->ports;
	journal->ports = port;
	return port;
}

static struct journal_setting *find_setting(struct journal_port *port, const char *feature)
{
	for (size_t i = 0; i < port->n_settings; i++)
		if (!strcmp(port->settings[i].feature, feature))
			return &port->settings[i];
	return NULL;
}

int journal_note(struct journal_port *port, const char *feature, bool was_asked)
{
	struct journal_setting *setting;

	if (find_setting(port, feature))
		return 0;
	if (port->n_settings == JOURNAL_SETTINGS_MAX)
		return -ENOSPC;
	setting = &port->settings[port->n_settings++];
	snprintf(setting->feature, sizeof(setting->feature), "%s", feature);
	setting->was_asked = was_asked;
	return 0;
}

void journal_unnote(struct journal_port *port, const char *feature)
{
	struct journal_setting *setting = find_setting(port, feature);

	if (setting)
		*setting = port->settings[--port->n_settings];
}

void journal_del(struct journal *journal, struct journal_port *port)
{
	struct journal_port **link = &journal->ports;

	while (*link != port)
		link = &(*link)->next;
	*link = port->next;
	free(port);
}

static json_t *format_port(const struct journal_port *port)
{
	json_t *features = json_object();
	const uint8_t *m = port->mac;
	char mac[MAC_SIZE];

	for (size_t i = 0; i < port->n_settings; i++) {
		const struct journal_setting *s = &port->settings[i];

		if (!json_object_set_new(features, s->feature, json_boolean(s->was_asked)))
			continue;
		json_decref(features);
		return NULL;
	}
	snprintf(mac, sizeof(mac), MAC_FORMAT, m[0], m[1], m[2], m[3], m[4], m[5]);
	return json_pack("{s:i, s:s, s:s, s:s, s:o}", "ifindex", port->ifindex, "name", port->name,
	                 "kind", port->kind, "mac", mac, "features", features);
}

/* Returns NULL without memory, or for a name that is not UTF-8. */
static json_t *format(const struct journal *journal)
{
	json_t *ports = json_array();

	for (const struct journal_port *p = journal->ports; p; p = p->next) {
		if (!p->n_settings || !json_array_append_new(ports, format_port(p)))
			continue;
		json_decref(ports);
		return NULL;
	}
	return json_pack("{s:o}", "ports", ports);
}

/* A renamed file is safe only when its directory is, too. */
static int sync_dir_of(const char *path)
{
	char copy[PATH_MAX];
	int fd, ret;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = fsync(fd) ? -errno : 0;
	close(fd);
	return ret;
}

static int write_file(const char *path, const json_t *root)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *text = json_dumps(root, JSON_INDENT(2));
	int ret = 0;

	errno = 0;
	if (fd < 0 || !text || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fsync(fd))
		ret = errno ? -errno : -EIO;
	free(text);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int replace(const char *path, const json_t *root)
{
	char temporary[PATH_MAX];
	int ret;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary))
		return -ENAMETOOLONG;
	ret = write_file(temporary, root);
	if (!ret && rename(temporary, path))
		ret = -errno;
	if (ret) {
		unlink(temporary);
		return ret;
	}
	return sync_dir_of(path);
}

static bool is_empty(const struct journal *journal)
{
	for (const struct journal_port *p = journal->ports; p; p = p->next)
		if (p->n_settings)
			return false;
	return true;
}

int journal_save(const struct journal *journal)
{
	json_t *root;
	int ret;

	if (is_empty(journal))
		return unlink(journal->path) && errno != ENOENT ? -errno : 0;
	root = format(journal);
	if (!root)
		return -EINVAL;
	ret = replace(journal->path, root);
	json_decref(root);
	return ret;
}
