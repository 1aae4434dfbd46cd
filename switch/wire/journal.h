/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <linux/ethtool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/wire/netdev.h"

/*
 * journal: what did xswd change on devices that are not its own?
 *
 * A file of JSON that outlives the daemon, so that the next one can put things
 * back. It is replaced as a whole, so that a crash leaves the old or the new
 * one, and removed when there is nothing in it.
 *
 * Ownership  A port belongs to the journal until journal_del().
 *
 * Trust      The file is our own; what makes no sense in it is left out, with
 *            a warning.
 */

/* More than xswd has reason to change on one device. */
#define JOURNAL_SETTINGS_MAX 64

/* A feature of the device that was changed, and what was asked for before. */
struct journal_setting {
	char feature[ETH_GSTRING_LEN];
	bool was_asked;
};

/* A port with what was changed for it. */
struct journal_port {
	struct journal_port *next;
	int ifindex;
	char name[IFNAMSIZ];
	char kind[NETDEV_KIND_LEN];
	uint8_t mac[6];
	bool is_inherited; /* written by an earlier daemon */
	bool is_deaf;      /* nothing makes it a redirect target; not in the file */
	size_t n_settings;
	struct journal_setting settings[JOURNAL_SETTINGS_MAX];
};

struct journal {
	char *path;
	struct journal_port *ports;
};

/* Reads the journal 'path', which need not exist. Returns 0 or -errno. */
int journal_open(struct journal *out, const char *path);

/* Frees memory; the file stays. Called once more, it does nothing. */
void journal_close(struct journal *journal);

/* Returns the port with that number, or NULL. */
struct journal_port *journal_find(const struct journal *journal, int ifindex);

/* Adds a port with nothing changed. Returns NULL when there is no memory. */
struct journal_port *journal_add(struct journal *journal, const struct netdev_info *dev);

/* Notes that 'feature' is about to be changed. What was noted first stays.
 * Returns 0 or -ENOSPC. */
int journal_note(struct journal_port *port, const char *feature, bool was_asked);

/* Forgets what was noted of 'feature', if anything. */
void journal_unnote(struct journal_port *port, const char *feature);

/* Removes and frees 'port'. */
void journal_del(struct journal *journal, struct journal_port *port);

/* Writes ports that have settings to the file. Returns 0 or -errno, and then
 * the old file is still there. */
int journal_save(const struct journal *journal);
