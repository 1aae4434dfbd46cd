/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <linux/ethtool.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "switch/wire/netns.h"

/*
 * ethtool: which offloads does a device do, and which was it asked to do?
 *
 * The two differ: a feature that was asked for stays off while another one
 * that it needs is off, and comes on again by itself with that one. So what
 * is to be restored is what was asked for, not what is on.
 *
 * Threads  The control thread only.
 */
struct ethtool_feature {
	char name[ETH_GSTRING_LEN];
	bool on;         /* it is done now */
	bool asked;      /* it was asked for; ethtool_write() asks anew */
	bool changeable; /* the device lets it be changed */
};

/* A device's features, as they were when read or written last. */
struct ethtool {
	int fd;              /* a socket where the device is */
	char name[IFNAMSIZ]; /* the device's there */
	bool is_up;          /* it was, when opened */
	size_t n_features;
	struct ethtool_feature *features;
};

/* Reads the features of the device with number 'ifindex' inside 'ns' (NULL:
 * our own), which is not needed afterwards. Returns 0, -ENODEV, -EPERM when the namespace may not
 * be entered, or another -errno. */
int ethtool_open(struct ethtool *out, const struct netns *ns, int ifindex);

/* Ends a successful ethtool_open(). */
void ethtool_close(struct ethtool *e);

/* Returns the feature of that name, or NULL. */
struct ethtool_feature *ethtool_find(const struct ethtool *e, const char *name);

/* Asks for every changeable feature what its 'asked' says, all at once, and
 * reads them again. What the kernel did not grant shows in 'on'. Returns 0,
 * -EPERM, or another -errno. */
int ethtool_write(struct ethtool *e);
